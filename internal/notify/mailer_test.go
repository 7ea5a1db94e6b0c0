package notify

import (
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
