package mail

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// sink is an SMTP server that notes what it is told and refuses the command that begins with bad.
func sink(t *testing.T, bad string) (Server, <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	said := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		said <- talk(c, bad)
	}()
	a := l.Addr().(*net.TCPAddr)
	return Server{Host: "127.0.0.1", Port: uint16(a.Port), Helo: "host.example", Timeout: 5 * time.Second}, said
}

func talk(c net.Conn, bad string) string {
	var all strings.Builder
	answer := func(s string) { _, _ = c.Write([]byte(s + "\r\n")) }
	answer("220 sink")
	data := false
	for in := bufio.NewScanner(c); in.Scan(); {
		line := in.Text()
		all.WriteString(line + "\n")
		switch {
		case data && line != ".":
		case bad != "" && strings.HasPrefix(line, bad):
			answer("550 no")
		case line == "DATA":
			data = true
			answer("354 go on")
		case line == "QUIT":
			answer("221 bye")
			return all.String()
		default:
			data = false
			answer("250 ok")
		}
	}
	return all.String()
}

func alert() Message {
	return Message{From: "from@example.com", To: []string{"one@example.com", "two@example.com"},
		Subject: "[RTR] VRRP Group G - Entering BACKUP state", Body: "=> All <=\n.dot\n\n",
		Date: time.Date(2026, 11, 20, 10, 58, 33, 0, time.UTC)}
}

// TestDialogue holds the dialogue against one that was recorded from keepalived.
func TestDialogue(t *testing.T) {
	to, said := sink(t, "")
	if err := Send(context.Background(), to, alert()); err != nil {
		t.Fatal(err)
	}
	const want = `HELO host.example
MAIL FROM:<from@example.com>
RCPT TO:<one@example.com>
RCPT TO:<two@example.com>
DATA
Date: Fri, 20 Nov 2026 10:58:33 +0000
From: from@example.com
Subject: [RTR] VRRP Group G - Entering BACKUP state
X-Mailer: Keepalived
To: one@example.com, two@example.com

=> All <=
..dot

.
QUIT
`
	if got := <-said; got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestRefusalIsNamed(t *testing.T) {
	to, _ := sink(t, "RCPT")
	err := Send(context.Background(), to, alert())
	if err == nil || !strings.HasSuffix(err.Error(), "RCPT: 550 \"no\"") {
		t.Errorf("got %v", err)
	}
}

func TestSilentServerIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to := Server{Host: "127.0.0.1", Port: uint16(l.Addr().(*net.TCPAddr).Port), Timeout: 20 * time.Millisecond}
	if err := Send(context.Background(), to, alert()); err == nil || !strings.Contains(err.Error(), "greeting") {
		t.Errorf("got %v", err)
	}
	to.Timeout = time.Hour
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := Send(ctx, to, alert()); err == nil {
		t.Error("a cancelled context did not end it")
	}
}

func TestLineEndsCannotBeSmuggledIn(t *testing.T) {
	to, said := sink(t, "")
	m := alert()
	m.Subject = "a\nX-Evil: yes"
	m.To = []string{"a@b>\r\nRCPT TO:<c@d"}
	if err := Send(context.Background(), to, m); err != nil {
		t.Fatal(err)
	}
	if got := <-said; strings.Contains(got, "\nX-Evil") || strings.Contains(got, "\nRCPT TO:<c@d") {
		t.Errorf("got\n%s", got)
	}
}
