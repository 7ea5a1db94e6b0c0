// Package mail sends one alert by SMTP.
package mail

import (
	"context"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// Server is where alerts are handed in, and by whom.
type Server struct {
	Host    string // address or name
	Port    uint16
	Helo    string        // the name of this machine
	Timeout time.Duration // of the connection, and of each answer; above 0
}

// Message is one alert.
type Message struct {
	From    string
	To      []string // at least one
	Subject string
	Body    string // lines end with \n
	Date    time.Time
}

// session is the dialogue of RFC 5321 with one server.
type session struct {
	conn    net.Conn
	text    *textproto.Conn
	timeout time.Duration
}

// Send hands the message in. It speaks plain SMTP, with HELO, and does not try again. An error names the command that the
// server did not accept.
func Send(ctx context.Context, to Server, m Message) error {
	dialer := net.Dialer{Timeout: to.Timeout}
	addr := net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port)))
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot connect to SMTP server %s: %w", addr, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	s := &session{conn: conn, text: textproto.NewConn(conn), timeout: to.Timeout}
	if err := s.deliver(to, m); err != nil {
		return fmt.Errorf("SMTP server %s: %w", addr, err)
	}
	return nil
}

// deliver goes through the dialogue (RFC 5321 section 3.3).
func (s *session) deliver(to Server, m Message) error {
	if err := s.expect(220, "greeting"); err != nil {
		return err
	}
	steps := []struct {
		line string
		code int
	}{{"HELO " + to.Helo, 250}, {"MAIL FROM:<" + m.From + ">", 250}}
	for _, rcpt := range m.To {
		steps = append(steps, struct {
			line string
			code int
		}{"RCPT TO:<" + rcpt + ">", 250})
	}
	steps = append(steps, struct {
		line string
		code int
	}{"DATA", 354})
	for _, step := range steps {
		if err := s.command(step.code, clean(step.line)); err != nil {
			return err
		}
	}
	w := s.text.DotWriter()
	if _, err := w.Write([]byte(m.text())); err != nil {
		return fmt.Errorf("cannot send: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("cannot send: %w", err)
	}
	if err := s.expect(250, "message"); err != nil {
		return err
	}
	return s.command(221, "QUIT")
}

func (s *session) command(code int, line string) error {
	if err := s.text.PrintfLine("%s", line); err != nil {
		return fmt.Errorf("cannot send: %w", err)
	}
	word, _, _ := strings.Cut(line, " ")
	return s.expect(code, word)
}

// expect reads an answer, which must have the code.
func (s *session) expect(code int, to string) error {
	if err := s.conn.SetDeadline(time.Now().Add(s.timeout)); err != nil {
		return err
	}
	if _, _, err := s.text.ReadResponse(code); err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	return nil
}

// text returns headers and body; the dialogue turns the ends of lines into those of SMTP.
func (m *Message) text() string {
	return "Date: " + m.Date.Format(time.RFC1123Z) + "\n" +
		"From: " + clean(m.From) + "\n" +
		"Subject: " + clean(m.Subject) + "\n" +
		"X-Mailer: Keepalived\n" +
		"To: " + clean(strings.Join(m.To, ", ")) + "\n\n" + m.Body
}

// clean keeps a name from ending its line.
func clean(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }
