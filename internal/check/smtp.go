package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"golang.org/x/sys/unix"
)

// smtpCheck reads the greeting, says HELO and QUIT (RFC 5321 section 4.3).
type smtpCheck struct {
	endpoint
	helo string
}

// maxLine bounds a line of an answer: RFC 5321 section 4.5.3.1.5 has 512 octets.
const maxLine = 4096

// check holds the dialogue.
func (s smtpCheck) check(ctx context.Context, _ int) (int, error) {
	c, err := s.dial(ctx, unix.SOCK_STREAM, 0)
	if err != nil {
		return 0, SMTPError{"Could not connect to", err}
	}
	defer c.Close()
	r := bufio.NewReader(io.LimitReader(c, 64<<10))
	for _, step := range []struct{ name, say, want string }{
		{"greeting banner", "", "220"}, {"HELO response", "HELO " + s.helo + "\r\n", "250"}, {"QUIT response", "QUIT\r\n", "221"},
	} {
		err := s.exchange(c, r, step.say, step.want)
		switch {
		case err == nil:
		case errors.Is(err, ErrTimeout):
			return 0, SMTPError{"Read timeout from", err}
		case errors.Is(err, ErrAnswer), errors.Is(err, ErrTooLong):
			return 0, SMTPError{"Bad " + step.name + " from", err}
		default:
			return 0, SMTPError{"Read failure from", err}
		}
	}
	return 0, nil
}

// SMTPError is how a dialogue has failed: What goes before "server" in log lines.
type SMTPError struct {
	What string
	Err  error
}

// Error returns the reason.
func (e SMTPError) Error() string { return e.What + " server: " + e.Err.Error() }

// Unwrap returns what has gone wrong in the network.
func (e SMTPError) Unwrap() error { return e.Err }

func (s smtpCheck) exchange(c net.Conn, r *bufio.Reader, say, want string) error {
	if say != "" {
		if _, err := io.WriteString(c, say); err != nil {
			return reason(err)
		}
	}
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case err == bufio.ErrBufferFull || len(line) > maxLine:
			return ErrTooLong
		case err == io.EOF:
			return ErrCutOff
		case err != nil:
			return reason(err)
		case len(line) < 4:
			return fmt.Errorf("%w: %q", ErrAnswer, strings.TrimSpace(string(line)))
		case string(line[:3]) != want:
			return fmt.Errorf("%w: %q in place of %s", ErrAnswer, strings.TrimSpace(string(line)), want)
		case line[3] != '-': // a hyphen: more lines follow (RFC 5321 section 4.2.1)
			return nil
		}
	}
}
