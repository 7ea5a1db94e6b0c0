package linkbeat

import (
	"fmt"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/nettest"
)

func TestDriversAreAsked(t *testing.T) {
	nettest.Enter(t)
	nettest.IP(t, "link add e0 type veth peer name e1")
	nettest.IP(t, "link set e0 up")
	is := func(what string, want bool) {
		t.Helper()
		for _, how := range []conf.LinkPoll{conf.PollEthtool, conf.PollIOCTL} {
			nettest.Eventually(t, 5*time.Second, fmt.Sprintf("%s: up is %t by %v", what, want, how), func() bool {
				up, err := (machine{}).Link("e0", how)
				return up == want && err == nil
			})
		}
	}
	is("the other end is down", false)
	nettest.IP(t, "link set e1 up")
	is("both ends are up", true)
	nettest.IP(t, "link set e0 down")
	is("this end is down", false)
	b := beat{name: "e0"}
	b.look(machine{}, func(s string) { t.Error(s) })
	if b.how != conf.PollEthtool {
		t.Errorf("a veth, which has no transceiver, is polled by %v", b.how)
	}
	nettest.IP(t, "link del e0")
	if _, err := (machine{}).Link("e0", conf.PollMII); err != errNoDevice {
		t.Errorf("an interface that is gone: %v", err)
	}
}
