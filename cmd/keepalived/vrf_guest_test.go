//go:build guest

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// inVRF is an instance in a routing domain of its own.
const inVRF = `vrrp_instance VI_1 {
 vrf vrf1
 version 3
 virtual_router_id 51
 priority PRIORITY
 advert_int 0.1
 unicast_src_ip NET1OWN
 unicast_peer {
  NET1PEER
 }
 virtual_ipaddress {
  NET1100/PREFIX dev eth0
 }
 virtual_routes {
  OTHER via NET1VIA dev eth0 vrf vrf1
 }
}
static_routes {
 10.88.0.0/16 dev eth0 vrf vrf1
}
`

// routersInVRF returns two hosts whose interface is in a VRF with table 10.
func routersInVRF(t *testing.T) []*router {
	lab := nettest.NewLab(t, "a", "b")
	var rs []*router
	for i, name := range []string{"a", "b"} {
		r := &router{Host: lab.Hosts[name], t: t}
		r.IP("link add vrf1 type vrf table 10")
		r.IP("link set vrf1 up")
		r.IP("link set eth0 master vrf1")
		r.IP(fmt.Sprintf("addr add 10.77.0.%d/24 dev eth0", i+1))
		r.IP(fmt.Sprintf("addr add fd77::%d/64 dev eth0 nodad", i+1))
		rs = append(rs, r)
	}
	return rs
}

func (r *router) inVRF(net, own, peer string, priority int) string {
	prefix, other := "24", "10.60.0.0/16"
	if strings.Contains(net, ":") {
		prefix, other = "64", "fd60::/64"
	}
	return replace(inVRF, "PRIORITY", itoa(priority), "NET1OWN", net+own, "NET1PEER", net+peer, "NET1VIA", net+"9", "NET1100", net+"100",
		"PREFIX", prefix, "OTHER", other)
}

// Debian's keepalived 2.2.7 refuses an instance that has a VRF and no interface.
func TestInstancesInAVRFHearEachOther(t *testing.T) {
	t.Parallel()
	for net, prefix := range map[string]string{"10.77.0.": "/24", "fd77::": "/64"} {
		t.Run(net, func(t *testing.T) {
			t.Parallel()
			rs := routersInVRF(t)
			a, b := rs[0], rs[1]
			addr := net + "100" + prefix
			a.ours(a.inVRF(net, "1", "2", 200))
			holds(t, rs, addr, a)
			b.ours(b.inVRF(net, "2", "1", 100))
			b.waitFor("master set to " + net + "1")
			if b.count("Entering MASTER STATE") > 0 {
				t.Error("the backup does not hear the master")
			}
			a.proc.Kill()
			nettest.Eventually(t, 60*time.Second, "b takes over", func() bool { return b.Has(addr) })
			table := func() string { return b.IP("-4 route show table 10") + b.IP("-6 route show table 10") }
			nettest.Eventually(t, 60*time.Second, "the routes in the table of the VRF", func() bool {
				return strings.Contains(table(), "10.60.0.0/16") || strings.Contains(table(), "fd60::/64")
			})
			if !strings.Contains(table(), "10.88.0.0/16") {
				t.Error("the static route is missing")
			}
			b.terminate()
			if left := table(); strings.Contains(left, "fd60") || strings.Contains(left, "10.60") || strings.Contains(left, "10.88") {
				t.Errorf("left behind:\n%s", left)
			}
		})
	}
}

func TestRoutesFollowAVRFThatComesLater(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours("global_defs {\n dynamic_interfaces\n}\n" + replace(fast, " virtual_ipaddress {", " virtual_routes {\n  10.60.0.0/16 dev eth0 vrf vrf1\n }\n virtual_ipaddress {"))
	nettest.Eventually(t, 30*time.Second, "the address", func() bool { return r.Has(vip) })
	r.IP("link add vrf1 type vrf table 11")
	r.IP("link set vrf1 up")
	nettest.Eventually(t, 30*time.Second, "the route", func() bool { return strings.Contains(r.IP("route show table 11"), "10.60.0.0/16") })
	r.terminate()
}
