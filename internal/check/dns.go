package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// dnsCheck asks a question by UDP (RFC 1035 section 4.2.1).
type dnsCheck struct {
	endpoint
	question dnsmessage.Question
}

func newDNS(c *conf.Check) (probe, error) {
	name, err := dnsmessage.NewName(strings.TrimSuffix(c.Name, ".") + ".")
	if err != nil {
		return nil, fmt.Errorf("cannot ask for %s: %w", c.Name, err)
	}
	return dnsCheck{target(c), dnsmessage.Question{Name: name, Type: dnsmessage.Type(c.DNSType), Class: dnsmessage.ClassINET}}, nil
}

// check asks and waits for an answer with the response code 0.
func (d dnsCheck) check(ctx context.Context, _ int) (int, error) {
	c, err := d.dial(ctx, unix.SOCK_DGRAM, 0)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	id := uint16(rand.Uint32())
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: true}, Questions: []dnsmessage.Question{d.question}}
	packed, err := m.Pack()
	if err != nil {
		return 0, fmt.Errorf("cannot write the question: %w", err)
	}
	if _, err := c.Write(packed); err != nil {
		return 0, reason(err)
	}
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return 0, reason(err)
		}
		if n >= 2 && binary.BigEndian.Uint16(buf) != id {
			continue // an answer to an earlier question
		}
		return 0, answered(buf[:n])
	}
}

// DNSError is a response code other than 0 (RFC 1035 section 4.1.1).
type DNSError uint16

// Error returns the name of the code.
func (e DNSError) Error() string { return strings.TrimPrefix(dnsmessage.RCode(e).String(), "RCode") }

func answered(b []byte) error {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	switch {
	case err != nil:
		return errors.Join(ErrAnswer, err)
	case !h.Response:
		return fmt.Errorf("%w: not a response", ErrAnswer)
	case h.RCode != dnsmessage.RCodeSuccess:
		return fmt.Errorf("%w: %w", ErrAnswer, DNSError(h.RCode))
	}
	return nil
}
