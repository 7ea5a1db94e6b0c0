// Package check probes real servers: a Runner repeats what a configuration asks for.
package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// probe is a checker that waits for what it asks for, in a goroutine of its own. A nil error means that the server is up;
// adjust is what is added to its weight then, or with misc_dynamic the weight itself plus 1. The end of the context ends the
// check. A checker with urls gets the one with the number.
type probe interface {
	check(ctx context.Context, url int) (adjust int, err error)
}

// Options are what checkers share.
type Options struct {
	// TLS is how SSL_GET speaks TLS from its next check on; nil: as with an empty SSL block.
	TLS        *atomic.Pointer[tls.Config]
	ScriptUser conf.User
	// Remark hears what is odd about a server without making it fail; nil: nobody does. Several goroutines call it.
	Remark func(text string)
}

// newChecker returns the dialogue or probe that the configuration describes; nil for what does not ask a server, such as
// BFD_CHECK.
func newChecker(c *conf.Check, o Options) (any, error) {
	switch c.Kind {
	case "TCP_CHECK":
		return tcpCheck{c}, nil
	case "HTTP_GET", "SSL_GET":
		return newHTTP(c, o)
	case "SMTP_CHECK":
		return smtpCheck{target(c), c.HELO}, nil
	case "DNS_CHECK":
		return newDNS(c)
	case "UDP_CHECK":
		return udpCheck{target(c), c}, nil
	case "PING_CHECK":
		return pingCheck{target(c)}, nil
	case "MISC_CHECK":
		return newMisc(c, o)
	}
	return nil, nil
}

// The reasons of failures that log lines tell apart. What else goes wrong is in the error's text.
var (
	ErrRefused = errors.New("connection refused")
	ErrTimeout = errors.New("timeout")
	ErrCutOff  = errors.New("the answer is cut off")
	ErrAnswer  = errors.New("unexpected answer")
	ErrTooLong = errors.New("the answer is too long")
	ErrPanic   = errors.New("the check has panicked")
)

// LocalError means that a server was not asked, as this machine cannot do that: it says nothing about the server.
type LocalError struct {
	What Lack
	Link string // of NoInterface
	Err  error
}

// Lack is what this machine cannot do.
type Lack uint8

// What may be lacking: a socket, what it is to be bound to, the right to mark it, or a connection that can be begun at all.
const (
	NoSocket Lack = iota
	NoAddress
	NoInterface
	NoMark
	NoConnection
)

// Error returns what is lacking.
func (e LocalError) Error() string {
	what := [...]string{"open a socket", "bind to the address", "bind to interface " + e.Link, "mark the socket", "begin to connect"}
	return "cannot " + what[e.What] + ": " + e.Err.Error()
}

// Unwrap returns what the system says.
func (e LocalError) Unwrap() error { return e.Err }

// reason turns an error of the network into one of the sentinels where it is one.
func reason(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, unix.ETIMEDOUT), errors.Is(err, os.ErrClosed): // by its context
		return ErrTimeout
	case errors.Is(err, unix.ECONNREFUSED):
		return ErrRefused
	case errors.Is(err, unix.ECONNRESET), errors.Is(err, unix.EPIPE):
		return fmt.Errorf("%w: connection reset", ErrCutOff)
	}
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
