//go:build guest

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// encapsulated are routes into tunnels of every kind. ILA wants an identifier that is no interface's.
var encapsulated = []string{
	"10.51.0.0/16 encap mpls 100 via 10.77.0.2 dev eth0",
	"10.52.0.0/16 via 10.77.0.2 dev eth0 encap mpls 100/200",
	"10.53.0.0/16 encap mpls 1048575 via 10.77.0.2 dev eth0",
	"10.54.0.0/16 encap mpls 16 dev eth0",
	"fd51::/64 encap mpls 100/200 via fd77::2 dev eth0",
	"fd52::/64 encap mpls 0/1048575 via fd77::2 dev eth0 table 88 metric 7",
	"10.55.0.0/16 encap mpls 100 via 10.77.0.2 dev eth0 ttl-propagate enabled",
	"fd53:0:0:1:2000::1/128 encap ila 1:2:3:4 via fd77::2 dev eth0",
	"fd54:0:0:1:2000::1/128 encap ila abcd:0:1:ffff dev eth0",
	"10.56.0.0/16 encap ip id 7 dst 10.77.0.5 src 10.77.0.1 tos 0x10 ttl 9 dev eth0",
	"10.57.0.0/16 encap ip dst 10.77.0.5 dev eth0",
	"10.58.0.0/16 encap ip6 id 8 dst fd77::5 src fd77::100 tc 4 hoplimit 3 via 10.77.0.2 dev eth0",
	"10.59.0.0/16 encap ip id 9 dst 10.77.0.5 ttl 255 tos 255 dev eth0 table 77 metric 5 mtu 1400",
	"fd55::/64 encap ip6 id 8 dst fd77::5 src fd77::100 tc 4 hoplimit 3 dev eth0",
	"fd56::/64 encap ip id 8 dst 10.77.0.5 tos 4 ttl 3 dev eth0",
}

// encapsulatedBetter are those that keepalived 2.2.7 does not do as they say, with what is put in place.
var encapsulatedBetter = map[string]string{
	// It knows two labels at most,
	"10.60.0.0/16 encap mpls 100/200/300 via 10.77.0.2 dev eth0": "encap mpls 100/200/300 via 10.77.0.2",
	// forgets the tunnels of several gateways,
	"10.61.0.0/16 nexthop via 10.77.0.2 dev eth0 weight 3 encap mpls 100 nexthop encap ip id 5 dst 10.77.0.9 via 10.77.0.3 dev eth0": "nexthop encap mpls 100 via 10.77.0.2 dev eth0 weight 3",
	// takes numbers of 64 bits for those of 32,
	"10.62.0.0/16 encap ip id 4294967296 dst 10.77.0.5 dev eth0": "encap ip id 4294967296",
	// and turns the flags round, so that the kernel knows none of them.
	"10.63.0.0/16 encap ip id 7 dst 10.77.0.5 flags 8 dev eth0": "ttl 0 tos 0 seq",
}

func encapConfig(routes []string) string {
	return "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n priority 100\n advert_int 1\n virtual_ipaddress {\n  10.77.0.100/24\n }\n" +
		" virtual_ipaddress_excluded {\n  fd77::100/64\n }\n virtual_routes {\n  " + strings.Join(routes, "\n  ") + "\n }\n}\n"
}

// loadTunnels loads the modules of MPLS and ILA.
func loadTunnels(t *testing.T) {
	t.Helper()
	for _, module := range []string{"mpls_iptunnel", "ila", "ip_tunnel", "ip6_tunnel"} {
		nettest.Run(t, "modprobe", module)
	}
}

// Routes into tunnels are what Debian's keepalived makes of the same lines, and nothing of them is left after the stop.
func TestEncapsulationsAreDebians(t *testing.T) {
	t.Parallel()
	loadTunnels(t)
	var found [2][]string
	for i, start := range []func(r *router){func(r *router) { r.debians(encapConfig(encapsulated)) }, func(r *router) { r.ours(encapConfig(encapsulated)) }} {
		_, rs := routers(t, "a")
		r := rs[0]
		start(r)
		nettest.Eventually(t, 30*time.Second, "the address", func() bool { return r.Has(vip) })
		nettest.Eventually(t, 30*time.Second, "the last route", func() bool { return strings.Contains(strings.Join(r.routesOf(), "\n"), "fd56::") })
		found[i] = r.routesOf()
		r.terminate()
		if left := r.routesOf(); len(left) > 0 {
			t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
		}
	}
	if diff := cmp.Diff(found[0], found[1]); diff != "" {
		t.Errorf("(-theirs +ours)\n%s", diff)
	}
	for _, line := range encapsulated {
		if dst, _, _ := strings.Cut(strings.Fields(line)[0], "/"); !strings.Contains(strings.Join(found[1], "\n"), dst[:5]) {
			t.Errorf("no route %s in\n%s", line, strings.Join(found[1], "\n"))
		}
	}
}

// What keepalived 2.2.7 gets wrong is put in place as it is written.
func TestEncapsulationsAreAsWritten(t *testing.T) {
	t.Parallel()
	loadTunnels(t)
	_, rs := routers(t, "a")
	r := rs[0]
	var routes []string
	for line := range encapsulatedBetter {
		routes = append(routes, line)
	}
	r.ours(encapConfig(routes))
	for line, want := range encapsulatedBetter {
		nettest.Eventually(t, 30*time.Second, line, func() bool { return strings.Contains(strings.Join(r.routesOf(), "\n"), want) })
	}
}
