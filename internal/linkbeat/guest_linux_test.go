//go:build guest

package linkbeat

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/nettest"
)

// A bond answers for a transceiver, which no other device without hardware does.
func TestTransceiverIsAsked(t *testing.T) {
	nettest.Enter(t)
	for _, c := range []string{"link add e0 type veth peer name e1", "link set e1 up",
		"link add bond9 type bond mode active-backup miimon 50", "link set e0 master bond9", "link set bond9 up"} {
		nettest.IP(t, c)
	}
	b := beat{name: "bond9"}
	is := func(want bool) {
		t.Helper()
		nettest.Eventually(t, 10*time.Second, "the link changes", func() bool {
			b.look(machine{}, func(s string) { t.Error(s) })
			return b.up == want && b.how == conf.PollMII
		})
	}
	is(true)
	nettest.IP(t, "link set e1 down")
	is(false)
	nettest.IP(t, "link set e1 up")
	is(true)
}
