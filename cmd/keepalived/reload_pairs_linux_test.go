package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// pick returns each item with a probability of two thirds, so that two picks share about half.
func pick(rnd *rand.Rand, items ...string) string {
	var b strings.Builder
	for _, item := range items {
		if rnd.IntN(3) > 0 {
			b.WriteString("  " + item + "\n")
		}
	}
	return b.String()
}

// randomConfig returns a configuration of address owners, which are masters at once.
func randomConfig(rnd *rand.Rand) string {
	var b strings.Builder
	fmt.Fprintf(&b, "static_ipaddress {\n  10.88.9.9/24 dev eth0\n%s}\n", pick(rnd, "10.88.0.1/24 dev eth0", "10.88.0.2/24 dev eth0", "fd88::1/64 dev eth0"))
	fmt.Fprintf(&b, "static_routes {\n%s}\n", pick(rnd, "blackhole 10.91.0.0/16", "10.92.0.0/16 dev eth0 metric 5", "unreachable 10.93.0.0/16 table 100"))
	fmt.Fprintf(&b, "static_rules {\n%s}\n", pick(rnd, "from 10.91.0.0/16 table 100 preference 500", "to 10.92.0.0/16 blackhole preference 501"))
	for i := range 3 {
		if rnd.IntN(4) == 0 && i > 0 {
			continue
		}
		fmt.Fprintf(&b, "vrrp_instance VI_%d {\n interface eth0\n version 3\n virtual_router_id %d\n priority 255\n advert_int 0.1\n garp_master_delay 0\n", i, 10+i)
		fmt.Fprintf(&b, " virtual_ipaddress {\n  10.70.%d.1/24\n%s }\n", i, pick(rnd, fmt.Sprintf("10.70.%d.2/24", i), fmt.Sprintf("10.70.%d.3/24 label eth0:%d", i, i)))
		fmt.Fprintf(&b, " virtual_ipaddress_excluded {\n%s }\n", pick(rnd, fmt.Sprintf("fd70:%d::1/64", i)))
		fmt.Fprintf(&b, " virtual_routes {\n%s }\n", pick(rnd, fmt.Sprintf("10.71.%d.0/24 dev eth0", i), fmt.Sprintf("10.72.%d.0/24 via 10.70.%d.1 dev eth0 metric %d", i, i, 1+rnd.IntN(2))))
		fmt.Fprintf(&b, " virtual_rules {\n%s }\n}\n", pick(rnd, fmt.Sprintf("from 10.71.%d.0/24 table 200 preference %d", i, 600+i)))
	}
	return b.String()
}

// kernelState is the addresses, routes and rules of the host.
func (r *router) kernelState() []string {
	state := r.routesOf()
	for line := range strings.Lines(r.IP("-o addr show dev eth0")) {
		f := strings.Fields(line)
		if !strings.HasPrefix(f[3], "fe80") {
			state = append(state, strings.Join(slices.DeleteFunc(f[3:], func(s string) bool { return s == "secondary" }), " "))
		}
	}
	slices.Sort(state)
	return state
}

// settled waits until the state does not change any more, and returns it.
func (r *router) settled() []string {
	r.t.Helper()
	before, since := r.kernelState(), time.Now()
	for deadline := time.Now().Add(20 * time.Second); time.Since(since) < 300*time.Millisecond; time.Sleep(20 * time.Millisecond) {
		if now := r.kernelState(); !cmp.Equal(before, now) {
			before, since = now, time.Now()
		}
		if time.Now().After(deadline) {
			r.t.Fatal("the state does not settle")
		}
	}
	return before
}

// TestReloadLeadsToWhatAStartLeadsTo goes from one random configuration to another, and compares with a start of that.
// What both have is not touched meanwhile.
func TestReloadLeadsToWhatAStartLeadsTo(t *testing.T) {
	t.Parallel()
	nettest.NeedRoot(t)
	pairs := uint64(8)
	if testing.Short() {
		pairs = 2
	}
	for seed := range pairs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			from, to := randomConfig(rnd), randomConfig(rnd)
			_, rs := routers(t, "a", "b")
			a, b := rs[0], rs[1]
			a.ours(from)
			a.waitFor("Entering MASTER STATE")
			before := a.settled()
			mon := a.Start("ip", "-o", "monitor", "address", "route", "rule")
			a.reload(to)
			after := a.settled()
			b.IP("addr del 10.77.0.2/24 dev eth0")
			b.IP("addr add 10.77.0.1/24 dev eth0 noprefixroute")
			b.ours(to)
			b.waitFor("Entering MASTER STATE")
			start := slices.DeleteFunc(b.settled(), func(s string) bool { return strings.HasPrefix(s, "10.77.0.") })
			reloaded := slices.DeleteFunc(slices.Clone(after), func(s string) bool { return strings.HasPrefix(s, "10.77.0.") })
			if diff := cmp.Diff(start, reloaded); diff != "" {
				t.Errorf("(-start +reload)\n%s\nfrom\n%s\nto\n%s", diff, from, to)
			}
			if len(start) < 6 {
				t.Errorf("hardly anything is in place: %v", start)
			}
			for _, s := range before {
				key, _, _ := strings.Cut(s, " ")
				if slices.Contains(after, s) && strings.Contains(mon.Output(), " "+key+" ") && strings.Contains(key, "/") && !strings.Contains(key, ":") {
					t.Errorf("%s was touched:\n%s", s, mon.Output())
				}
			}
		})
	}
}

// cpu returns the processor time of a process in ms.
func cpu(t *testing.T, pid int) int {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return (user + system) * 10 // in ticks of 1/100 s
}

// TestOneAddressMoreAmongThousands adds an address to 200 instances with 20 each, and counts what that causes.
func TestOneAddressMoreAmongThousands(t *testing.T) {
	if testing.Short() {
		t.Skip("it sets 4000 addresses")
	}
	const instances, each = 200, 20
	config := func(more string) string {
		var b strings.Builder
		for i := range instances {
			fmt.Fprintf(&b, "vrrp_instance VI_%d {\n interface eth0\n version 3\n virtual_router_id %d\n priority 255\n advert_int 20\n garp_master_delay 0\n garp_master_repeat 1\n virtual_ipaddress {\n",
				i, 1+i)
			for k := range each {
				fmt.Fprintf(&b, "  11.%d.%d.1/32\n", i, k)
			}
			if i == 0 {
				b.WriteString(more)
			}
			b.WriteString(" }\n}\n")
		}
		return b.String()
	}
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours(config(""))
	nettest.Eventually(t, 60*time.Second, "all addresses", func() bool {
		return strings.Count(r.IP("-o addr show dev eth0"), " 11.") == instances*each
	})
	look := r.monitor()
	arps := func() int {
		_, packets := look()
		return strings.Count(packets, "ARP, ")
	}
	nettest.Eventually(t, 60*time.Second, "all announcements are out", func() bool {
		n := arps()
		time.Sleep(time.Second)
		return n == arps()
	})
	quiet := arps()
	child := r.pid("v.pid")
	before := cpu(t, child)
	r.reload(config("  10.99.0.1/32\n"))
	nettest.Eventually(t, 10*time.Second, "the address", func() bool { return r.Has("10.99.0.1/32") })
	t.Logf("processor time of the reload in the child: %d ms", cpu(t, child)-before)
	nettest.Eventually(t, 10*time.Second, "its announcement", func() bool { return arps() > quiet })
	netlink, packets := look()
	if strings.Count(netlink, "\n") > 2 || !strings.Contains(netlink, "10.99.0.1/32") {
		t.Errorf("kernel messages:\n%s", netlink)
	}
	if n := arps() - quiet; n != 1 || !strings.Contains(packets, "who-has 10.99.0.1") {
		t.Errorf("%d announcements", n)
	}
}
