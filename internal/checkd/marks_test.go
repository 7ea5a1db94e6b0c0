package checkd

import (
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/nettest"
)

// wall is a firewall that stands still until its question is read.
type wall chan string

// Apply waits.
func (w wall) Apply(m *lvs.Marking) error {
	w <- m.String()
	return nil
}

// Intact tells that all is well.
func (w wall) Intact() (bool, error) { return true, nil }

// Remove tells that it was asked.
func (w wall) Remove() error {
	w <- "remove"
	return nil
}

// The members of a group are marked by the firewall; while that does not answer, checks and reloads go on.
func TestFirewallHoldsUpNothing(t *testing.T) {
	path, state := script(t)
	set(t, state, "0")
	text := func(member string) string {
		return "global_defs {\nscript_user root\nnftables_ipvs\n}\nvirtual_server_group G {\n" + member + " 80\n}\nvirtual_server group G {\nprotocol TCP\n" +
			"lb_algo rr\nlb_kind NAT\ndelay_loop 0.05\nwarmup 0\nreal_server 127.0.0.2 80 {\nMISC_CHECK {\nmisc_path " + path + "\n}\n}\n}\n"
	}
	nettest.NeedRoot(t)
	c := start(t, text("10.0.0.1"))
	has := func() bool { return strings.Contains(c.kernel.String(), "-a -f 1000 -r 127.0.0.2:80") }
	nettest.Eventually(t, 10*time.Second, "service of the mark", has)
	set(t, state, "1")
	nettest.Eventually(t, 10*time.Second, "removal", func() bool { return !has() })
	c.reload(text("10.0.0.2"))
	c.reload(text("10.0.0.3-9"))
	if err := c.parent.Send(control.Ping, -1); err != nil {
		t.Fatal(err)
	}
	c.expect(control.Pong)
	const first, last = "keepalived_ipvs priority -1, 10.0.0.1 port 80 tcp 1000", "keepalived_ipvs priority -1, 10.0.0.3-10.0.0.9 port 80 tcp 1000"
	if got := <-c.walls; got != first {
		t.Errorf("at first: %s", got)
	}
	if got := <-c.walls; got != last {
		t.Errorf("after the reloads: %s", got)
	}
	c.cancel()
	if got := <-c.walls; got != "remove" {
		t.Errorf("in the end: %s", got)
	}
}
