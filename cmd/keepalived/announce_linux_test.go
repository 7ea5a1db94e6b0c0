package main

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// many are addresses on three interfaces.
const many = ` virtual_ipaddress {
  10.78.0.100/24 dev up0
  10.78.0.101/24 dev up0
  fd77::100/64 dev up0
  10.79.0.100/24 dev other0
`

func (r *router) addLinks(names ...string) {
	for _, n := range names {
		r.IP("link add " + n + " type veth peer name " + n + "p")
		r.IP("link set " + n + "p up")
		r.IP("link set " + n + " up")
	}
}

// both runs a test with this keepalived and with Debian's.
func both(t *testing.T, conf string, test func(t *testing.T, r *router)) {
	t.Helper()
	for _, name := range []string{"ours", "Debians"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, rs := routers(t, "a")
			r := rs[0]
			r.addLinks("up0", "other0")
			if name == "ours" {
				r.ours(conf)
			} else {
				nettest.Debian(t)
				r.debians(conf)
			}
			test(t, r)
			r.terminate()
		})
	}
}

func TestAGroupOfInterfacesIsPacedTogether(t *testing.T) {
	t.Parallel()
	conf := "garp_group {\n garp_interval 1000\n interfaces {\n  eth0\n  up0\n }\n}\nglobal_defs {\n vrrp_gna_interval 1000\n}\n" +
		replace(fast, " virtual_ipaddress {\n", replace(many, "  fd77::100/64 dev up0\n", ""), "virtual_router_id",
			"virtual_ipaddress_excluded {\n  fd77::100/64 dev up0\n }\n virtual_router_id")
	both(t, conf, func(t *testing.T, r *router) {
		nettest.Eventually(t, 30*time.Second, "five of everything that is not paced", func() bool {
			return r.count("Sending gratuitous ARP on other0 for 10.79.0.100") >= 5 && r.count("Sending unsolicited Neighbour Advert on up0 for") >= 5
		})
		if n := r.count("Sending gratuitous ARP on eth0") + r.count("Sending gratuitous ARP on up0"); n != 1 {
			t.Errorf("%d gratuitous ARPs in the group, want 1", n)
		}
	})
}

func TestFurtherInterfacesAreAnnouncedAgain(t *testing.T) {
	t.Parallel()
	conf := "global_defs {\n vrrp_min_garp\n vrrp_garp_extra_if all 1\n}\n" +
		replace(fast, " virtual_ipaddress {\n", replace(many, "  fd77::100/64 dev up0\n", ""))
	both(t, conf, func(t *testing.T, r *router) {
		nettest.Eventually(t, 30*time.Second, "two more", func() bool {
			return r.count("Sending gratuitous ARP on other0 for 10.79.0.100") >= 3 && r.count("Sending gratuitous ARP on up0 for 10.78.0.100") >= 3
		})
		if n := r.count("Sending gratuitous ARP on up0 for 10.78.0.101") + r.count("Sending gratuitous ARP on eth0 for 10.77.0.100"); n != 2 {
			t.Errorf("other addresses were announced %d times, want 2", n)
		}
	})
}
