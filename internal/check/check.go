// Package check probes one real server once; a Runner repeats it.
package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// A Checker probes a server once. A nil error means that it is up; adjust is what is added to its weight then, or with
// misc_dynamic the weight itself plus 1. The context carries the timeout of the whole probe.
type Checker interface {
	Check(ctx context.Context) (adjust int, err error)
}

// Options are what checkers share.
type Options struct {
	// TLS is how SSL_GET speaks TLS from its next check on; nil: as with an empty SSL block.
	TLS        *atomic.Pointer[tls.Config]
	ScriptUser conf.User
}

// New returns the checker that the configuration describes; nil for one that does not probe, such as BFD_CHECK.
func New(c *conf.Check, o Options) (Checker, error) {
	t := target(c)
	switch c.Kind {
	case "TCP_CHECK":
		return tcpCheck{t}, nil
	case "HTTP_GET", "SSL_GET":
		return newHTTP(c, t, o)
	case "SMTP_CHECK":
		return smtpCheck{t, c.HELO}, nil
	case "DNS_CHECK":
		return newDNS(c, t)
	case "UDP_CHECK":
		return udpCheck{t, c}, nil
	case "PING_CHECK":
		return pingCheck{t}, nil
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

// endpoint is where a checker connects to, and from where.
type endpoint struct {
	addr netip.AddrPort
	bind netip.AddrPort // zero: the system's choice
	link string
	mark uint32
}

func target(c *conf.Check) endpoint {
	e := endpoint{addr: netip.AddrPortFrom(c.Target, c.Port), link: c.BindLink, mark: c.Mark}
	switch {
	case c.Bind.IsValid():
		e.bind = netip.AddrPortFrom(c.Bind, c.BindPort)
	case c.BindPort != 0 && c.Target.Is6():
		e.bind = netip.AddrPortFrom(netip.IPv6Unspecified(), c.BindPort)
	case c.BindPort != 0:
		e.bind = netip.AddrPortFrom(netip.IPv4Unspecified(), c.BindPort)
	}
	return e
}

// dial connects by tcp or udp until the context ends. Whatever the connection does later ends with it as well.
func (e endpoint) dial(ctx context.Context, network string) (net.Conn, error) {
	d := net.Dialer{Control: e.control, KeepAliveConfig: net.KeepAliveConfig{Enable: false}, KeepAlive: -1}
	if e.bind.IsValid() && network == "tcp" {
		d.LocalAddr = net.TCPAddrFromAddrPort(e.bind)
	} else if e.bind.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(e.bind)
	}
	addr := e.addr
	if a := addr.Addr(); a.IsLinkLocalUnicast() && a.Is6() && e.link != "" {
		addr = netip.AddrPortFrom(a.WithZone(e.link), addr.Port())
	}
	c, err := d.DialContext(ctx, network, addr.String())
	if err != nil {
		return nil, reason(err)
	}
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	return c, nil
}

// control sets what the socket needs before it connects.
func (e endpoint) control(_, _ string, c syscall.RawConn) error {
	var err error
	outer := c.Control(func(fd uintptr) { err = e.prepare(int(fd)) })
	return errors.Join(outer, err)
}

func (e endpoint) prepare(fd int) error {
	if e.link != "" {
		if err := unix.BindToDevice(fd, e.link); err != nil {
			return fmt.Errorf("cannot bind to interface %s: %w", e.link, err)
		}
	}
	if e.mark != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, int(e.mark)); err != nil {
			return fmt.Errorf("cannot set mark %d: %w", e.mark, err)
		}
	}
	if e.bind.Port() != 0 {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	return nil
}

// reason turns an error of the network into one of the sentinels where it is one.
func reason(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, unix.ETIMEDOUT):
		return ErrTimeout
	case errors.Is(err, unix.ECONNREFUSED):
		return ErrRefused
	case errors.Is(err, unix.ECONNRESET), errors.Is(err, unix.EPIPE):
		return fmt.Errorf("%w: connection reset", ErrCutOff)
	}
	var e net.Error
	if errors.As(err, &e) && e.Timeout() {
		return ErrTimeout
	}
	return err
}
