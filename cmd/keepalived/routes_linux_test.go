package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// routed has routes and rules of every kind, while master and for good.
const routed = `static_ipaddress {
 10.88.0.1/24 dev eth0
 10.88.1.1/24 brd + dev up0 scope link
 fd88::1/64 dev eth0
}
static_routes {
 10.90.0.0/16 via 10.88.0.2 dev eth0
 10.90.0.0/16 via 10.88.0.3 dev eth0 metric 50
 blackhole 10.91.0.0/16
 unreachable 10.92.0.0/16 table 100
 fd90::/32 via fd88::2 dev eth0 metric 7 pref high
}
static_rules {
 from 10.90.0.0/16 table 100 preference 500
 to 10.91.0.0/16 blackhole preference 501
 inet6 from fd90::/32 table 101 preference 502
}
vrrp_instance VI_1 {
 interface eth0
 version 3
 virtual_router_id 51
 priority 100
 advert_int 0.1
 virtual_ipaddress {
  10.77.0.100/24
 }
 virtual_ipaddress_excluded {
  fd77::100/64
 }
 virtual_routes {
  10.60.0.0/16 via 10.77.0.2 src 10.77.0.100
  10.61.0.0/16 dev eth0 scope link tos 0x10 table 200 metric 9
  to 10.62/16 dev eth0 mtu 1400 advmss lock 1300 hoplimit 9 window 5000 initcwnd 20 initrwnd 30 quickack 1
  10.63.0.0/16 via 10.77.0.2 rtt 300ms rttvar 200ms rto_min 400ms ssthresh 10 reordering 5 cwnd lock 7 features ecn
  prohibit 10.64.0.0/16
  throw 10.65.0.0/16 table 201
  default via 10.77.0.2 table 202 onlink dev eth0
  10.66.0.0/16 nexthop via 10.77.0.2 dev eth0 weight 3 nexthop via 10.77.0.3 weight 5 onlink dev eth0
  10.67.0.0/16 dev eth0 realms 5/6 congctl reno
  fd60::/64 via fd77::2 dev eth0 expires 1000
  inet6 default via fd77::3 dev eth0 table 203 metric 11
  fd61::/64 dev eth0 mtu 1300 hoplimit 5
  append 10.68.0.0/16 dev eth0
  10.51.0.0/16 encap ip id 7 dst 10.77.0.5 src 10.77.0.1 tos 0x10 ttl 9 dev eth0
  fd51::/64 encap ip6 id 8 dst fd77::5 src fd77::100 tc 4 hoplimit 3 dev eth0
  add 10.69.0.0/16 dev eth0 no_track protocol 99
 }
 virtual_rules {
  from 10.60.0.0/16 to 10.61.0.0/16 table 200 preference 600
  from 10.60.1.0/24 iif eth0 lookup 200 order 601
  not from 10.60.2.0/24 fwmark 5/7 tos 0x10 table main priority 602
  oif eth0 prohibit preference 603
  to 10.60.3.0/24 goto 700 preference 604
  nop preference 700
  from 10.60.4.0/24 table 200 suppress_prefixlength 8 preference 605
  from all uidrange 100-200 ipproto tcp sport 10-20 dport 30-40 table 200 preference 606
  inet6 from fd60::/64 unreachable preference 607
  inet6 to fd61::/64 table 203 preference 608 no_track protocol 77
  from 10.60.5.0/24 realms 3/4 table 200 preference 609
 }
}
`

// routedForDebians is the same in the words of keepalived 2.2.7, which cannot read an address in short nor what follows inet6.
var routedForDebians = strings.NewReplacer("10.62/16", "10.62.0.0/16", "inet6 default", "::/0", "inet6 ", "").Replace(routed)

// routesOf returns what a daemon has put in place, as ip shows it.
func (r *router) routesOf() []string {
	var out []string
	for _, family := range []string{"-4", "-6"} {
		for _, proto := range []string{"18", "99"} {
			for line := range strings.Lines(r.IP(family + " -d -N route show table all proto " + proto)) {
				// The time that is left goes by.
				head, _, _ := strings.Cut(line, " expires ")
				out = append(out, strings.Join(strings.Fields(head), " "))
			}
		}
		for line := range strings.Lines(r.IP(family + " -d -N rule show")) {
			if strings.Contains(line, "proto 18") || strings.Contains(line, "proto 77") {
				out = append(out, strings.Join(strings.Fields(line), " "))
			}
		}
	}
	slices.Sort(out)
	return out
}

func (r *router) prepareRouting() {
	r.IP("link add up0 type veth peer name peer0")
	r.IP("link set peer0 up")
	r.IP("link set up0 up")
}

func TestRoutesAndRulesAreDebians(t *testing.T) {
	t.Parallel()
	nettest.NeedRoot(t)
	nettest.Debian(t)
	var found [2][]string
	for i, start := range []func(r *router){
		func(r *router) { r.debians(routedForDebians) }, func(r *router) { r.ours(routed) },
	} {
		_, rs := routers(t, "a")
		r := rs[0]
		r.prepareRouting()
		start(r)
		nettest.Eventually(t, 30*time.Second, "the address", func() bool { return r.Has(vip) })
		nettest.Eventually(t, 10*time.Second, "the last rule", func() bool { return strings.Contains(r.IP("rule show"), "609:") })
		found[i] = r.routesOf()
		r.terminate()
		if left := r.routesOf(); len(left) > 0 {
			t.Errorf("left behind after the stop:\n%s", strings.Join(left, "\n"))
		}
		if i == 1 && (r.Has("10.88.0.1/24") || r.Has("fd88::1/64")) {
			t.Error("static addresses are left behind")
		}
	}
	if diff := cmp.Diff(found[0], found[1]); diff != "" {
		t.Errorf("(-theirs +ours)\n%s", diff)
	}
	if len(found[1]) < 30 {
		t.Errorf("only %d routes and rules", len(found[1]))
	}
}

func TestWhatSomeoneRemovesComesBack(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.prepareRouting()
	r.ours(routed)
	nettest.Eventually(t, 30*time.Second, "the last rule", func() bool { return strings.Contains(r.IP("rule show"), "609:") })
	all := r.routesOf()
	again := func(what string) {
		t.Helper()
		nettest.Eventually(t, 30*time.Second, what, func() bool { return cmp.Equal(all, r.routesOf()) && r.Has("10.88.0.1/24") })
	}
	r.IP("route del blackhole 10.91.0.0/16")
	again("the static route")
	r.IP("rule del preference 500")
	again("the static rule")
	r.IP("addr del 10.88.1.1/24 dev up0")
	nettest.Eventually(t, 10*time.Second, "the static address", func() bool { return r.Has("10.88.1.1/24") })
	if n := r.count("Entering BACKUP STATE"); n != 1 {
		t.Errorf("static things have demoted the master: %d", n)
	}
	r.IP("route del 10.60.0.0/16")
	r.waitFor("(VI_1) route 10.60.0.0/16, no longer exist")
	again("the virtual route")
	r.IP("rule del preference 600")
	r.waitFor("(VI_1) rule 600, no longer exist")
	again("the virtual rule")
	if n := r.count("Entering BACKUP STATE"); n != 3 {
		t.Errorf("%d times backup, want 3", n)
	}
	r.IP("link set eth0 down")
	r.waitFor("Entering FAULT STATE")
	r.IP("link set eth0 up")
	again("everything, after the interface was down")
}

func TestTwoHundredRoutesGoInAtOnceAndReloadTouchesOnlyWhatChanges(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "  10.100.%d.0/24 dev eth0\n", i)
		}
		return replace(fast, " virtual_ipaddress {", " virtual_routes {\n"+b.String()+" }\n virtual_ipaddress {")
	}
	r.ours(many(200))
	nettest.Eventually(t, 30*time.Second, "200 routes", func() bool { return len(r.routesOf()) == 200 })
	look := r.monitor()
	r.reload(many(201))
	nettest.Eventually(t, 30*time.Second, "201 routes", func() bool { return len(r.routesOf()) == 201 })
	r.reload(many(201))
	netlink, _ := look()
	if n := strings.Count(netlink, "10.100."); n != 1 || !strings.Contains(netlink, "10.100.200.0/24") {
		t.Errorf("one route more made\n%s", netlink)
	}
}

func TestTrackGroupFaultsWithTheInterfaceOfWhatIsStatic(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.prepareRouting()
	r.ours("track_group T {\n group {\n  VI_1\n }\n}\nstatic_ipaddress {\n 10.88.0.1/24 dev up0 track_group T\n}\n" + fast)
	nettest.Eventually(t, 30*time.Second, "the address", func() bool { return r.Has(vip) })
	r.IP("link set up0 down")
	r.waitFor("Entering FAULT STATE")
	r.IP("link set up0 up")
	nettest.Eventually(t, 30*time.Second, "the address again", func() bool { return r.Has(vip) && r.Has("10.88.0.1/24") })
}
