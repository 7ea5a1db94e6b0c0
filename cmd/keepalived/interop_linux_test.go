package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// dialect is one way in which two routers talk.
type dialect struct{ name, version, interval, extra string }

var dialects = []dialect{
	{"v2 PASS multicast", "2", "1", "authentication {\n auth_type PASS\n auth_pass geheim12\n }"},
	{"v2 PASS unicast", "2", "1", "authentication {\n auth_type PASS\n auth_pass 1111\n }\n unicast_src_ip @IP@\n unicast_peer {\n @PEER@\n }"},
	{"v3 multicast", "3", "0.3", ""},
	{"v3 unicast", "3", "0.3", "unicast_src_ip @IP@\n unicast_peer {\n @PEER@\n }"},
	{"IPv6 multicast", "3", "0.3", ""},
}

func (d dialect) v6() bool { return strings.HasPrefix(d.name, "IPv6") }

// vip returns the address that is watched.
func (d dialect) vip() string {
	if d.v6() {
		return "2001:db8::101/64"
	}
	return "10.77.0.101/24"
}

// config returns the configuration of router n of two.
func (d dialect) config(n, priority int) string {
	vips := "10.77.0.100/24\n  " + d.vip()
	if d.v6() {
		vips = "fe80::100/64\n  " + d.vip()
	}
	ip, peer := fmt.Sprintf("10.77.0.%d", n+1), fmt.Sprintf("10.77.0.%d", 2-n)
	return replace(fmt.Sprintf(`vrrp_instance VI_1 {
 state BACKUP
 interface eth0
 version %s
 virtual_router_id 77
 priority %d
 advert_int %s
 %s
 virtual_ipaddress {
  %s
 }
}
`, d.version, priority, d.interval, d.extra, vips), "@IP@", ip, "@PEER@", peer)
}

func TestWorksBesideDebiansKeepalived(t *testing.T) {
	for _, d := range dialects {
		for _, role := range []string{"ours is master", "ours is backup"} {
			t.Run(d.name+", "+role, func(t *testing.T) {
				t.Parallel()
				interoperate(t, d, role == "ours is master")
			})
		}
	}
}

func interoperate(t *testing.T, d dialect, oursIsMaster bool) {
	nettest.NeedRoot(t)
	nettest.Debian(t)
	_, rs := routers(t, "better", "worse")
	better, worse := rs[0], rs[1]
	startBetter := func() { better.ours(d.config(0, 150)) }
	startWorse := func() { worse.debians(d.config(1, 100)) }
	if !oursIsMaster {
		startBetter = func() { better.debians(d.config(0, 150)) }
		startWorse = func() { worse.ours(d.config(1, 100)) }
	}
	vip := d.vip()
	startWorse()
	holds(t, rs, vip, worse)
	startBetter()
	holds(t, rs, vip, better) // it preempts, and the other one yields
	better.proc.Kill()
	nettest.Eventually(t, 30*time.Second, "the worse router takes over", func() bool { return worse.Has(vip) })
	if !oursIsMaster { // Debian's daemon takes the zombie of its child for a running one
		for _, name := range []string{"p.pid", "v.pid"} {
			_ = os.Remove(better.file(name))
		}
	}
	startBetter()
	holds(t, rs, vip, better)
	better.terminate()
	holds(t, rs, vip, worse)
	for _, bad := range []string{"checksum", "mismatch", "nvalid", "wrong", "Expected"} {
		for _, r := range rs {
			if r.logged(bad)() {
				t.Errorf("%s logs %q:\n%s", r.Name, bad, r.proc.Output())
			}
		}
	}
}
