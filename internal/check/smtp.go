package check

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
)

// smtpCheck reads the greeting, says HELO and QUIT (RFC 5321 section 4.3).
type smtpCheck struct {
	endpoint
	helo string
}

// maxLine bounds a line of an answer: RFC 5321 section 4.5.3.1.5 has 512 octets.
const maxLine = 4096

// Check holds the dialogue.
func (s smtpCheck) Check(ctx context.Context) (int, error) {
	c, err := s.dial(ctx, "tcp")
	if err != nil {
		return 0, err
	}
	defer c.Close()
	r := bufio.NewReader(io.LimitReader(c, 64<<10))
	for _, step := range []struct{ say, want string }{
		{"", "220"}, {"HELO " + s.helo + "\r\n", "250"}, {"QUIT\r\n", "221"},
	} {
		if err := s.exchange(c, r, step.say, step.want); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

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
