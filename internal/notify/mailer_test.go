package notify

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func TestSubjectsAndBodies(t *testing.T) {
	for _, c := range []struct{ kind, state, subject, body string }{
		{"INSTANCE", "MASTER", "[R] VRRP Instance N - Entering MASTER state", "=> VRRP Instance is now owning VRRP VIPs <="},
		{"INSTANCE", "BACKUP", "[R] VRRP Instance N - Entering BACKUP state", "=> VRRP Instance is no longer owning VRRP VIPs <="},
		{"INSTANCE", "FAULT", "[R] VRRP Instance N - Entering FAULT state", "=> VRRP Instance is no longer owning VRRP VIPs <="},
		{"INSTANCE", "STOP", "[R] VRRP Instance N - Stopping", "=> VRRP Instance stopping <="},
		{"INSTANCE", "DELETED", "[R] VRRP Instance N - Deleted", "=> VRRP Deleted at reload <="},
		{"GROUP", "FAULT", "[R] VRRP Group N - Entering FAULT state", "=> All VRRP group instances are now in FAULT state <="},
		{"GROUP", "STOP", "[R] VRRP Group N - Stopping", "=> All VRRP group instances are now stopping <="},
		{"INSTANCE", "MASTER_RX_LOWER_PRI", "", ""},
	} {
		subject, body, ok := Note{Type: c.kind, Name: "N", State: c.state}.mailOf("R")
		if subject != c.subject || body != c.body || ok != (c.subject != "") {
			t.Errorf("%s %s: %q, %q", c.kind, c.state, subject, body)
		}
	}
}

// TestSilentMailServerHoldsUpNobody tells of many changes while the server accepts and says nothing.
func TestSilentMailServerHoldsUpNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n, reports := newNotifier(t)
	g := &conf.Global{RouterID: "R", Mail: conf.Mail{Server: "127.0.0.1", Port: uint16(l.Addr().(*net.TCPAddr).Port),
		From: "a@b", To: []string{"c@d"}, Timeout: 50 * time.Millisecond}}
	n.Configure(g)
	start := time.Now()
	for range 1000 {
		n.Tell(Note{Type: "INSTANCE", Name: "VI_1", State: "MASTER", Scripts: &conf.Notify{}, Mail: true})
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("telling took %v", d)
	}
	if r := <-reports; !strings.Contains(r, "was not sent") {
		t.Error(r)
	}
	n.Close(0)
}

// Alerts of the checker child wait for a server that is away and arrive in order when it is back; one that it refuses for
// good is given up.
func TestAlertsWaitForTheServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	reports := make(chan string, 100)
	n := NewForServers(conf.User{}, func(text string) { reports <- text })
	n.mailer.retry = 10 * time.Millisecond
	n.Configure(&conf.Global{RouterID: "R", Mail: conf.Mail{Server: "127.0.0.1", Port: uint16(addr.Port), From: "a@b", To: []string{"c@d"}, Timeout: 5 * time.Second}})
	defer n.Close(0)
	for _, subject := range []string{"one", "two", "three"} {
		n.Alert(subject, "=> text <=")
	}
	if r := <-reports; !strings.Contains(r, "'[R] one' waits for its server") {
		t.Error(r)
	}
	if l, err = net.Listen("tcp", addr.String()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 3)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			got <- takeMail(c)
		}
	}()
	for _, want := range []string{"[R] one", "[R] two", "[R] three"} {
		if subject := <-got; subject != want {
			t.Errorf("got %s, want %s", subject, want)
		}
	}
	for _, want := range []string{"successfully", "'[R] two' was not sent", "successfully"} {
		if r := <-reports; !strings.Contains(r, want) {
			t.Errorf("got %s, want %s", r, want)
		}
	}
}

// takeMail takes one mail and returns its subject; that of the second is refused for good.
func takeMail(c net.Conn) (subject string) {
	defer c.Close()
	answer := func(s string) { _, _ = c.Write([]byte(s + "\r\n")) }
	answer("220 here")
	data := false
	for in := bufio.NewScanner(c); in.Scan(); {
		line := in.Text()
		switch s, ok := strings.CutPrefix(line, "Subject: "); {
		case ok:
			subject = s
		case line == "DATA":
			data = true
			answer("354 go on")
		case line == "." && subject == "[R] two":
			answer("554 no")
			return subject
		case line == ".":
			data = false
			answer("250 ok")
		case line == "QUIT":
			answer("221 bye")
			return subject
		case !data:
			answer("250 ok")
		}
	}
	return subject
}
