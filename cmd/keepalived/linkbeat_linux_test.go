package main

import (
	"testing"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

func TestPolledLinkIsAFaultWhileItIsDown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ conf, log string }{
		"by name":     {"linkbeat_interfaces {\n eth0 IOCTL\n}\n" + fast, ""},
		"every one":   {"linkbeat_use_polling\n" + fast, ""},
		"of instance": {replace(fast, "interface eth0", "interface eth0\n linkbeat_use_polling"), "deprecated"},
		"unsupported": {"linkbeat_interfaces {\n eth0 MII\n}\n" + fast, "(eth0): Configured linkbeat type MII not supported, using ETHTOOL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, rs := routers(t, "a")
			r := rs[0]
			r.ours(c.conf)
			r.survivesLinkDown(c.log)
			r.terminate()
		})
	}
	t.Run("Debians", func(t *testing.T) {
		t.Parallel()
		nettest.Debian(t)
		_, rs := routers(t, "a")
		rs[0].debians("linkbeat_interfaces {\n eth0 MII\n}\n" + fast)
		rs[0].survivesLinkDown("(eth0): Configured linkbeat type MII not supported, using ETHTOOL")
		rs[0].terminate()
	})
}

// survivesLinkDown takes the link of a router that polls it down and up again.
func (r *router) survivesLinkDown(log string) {
	r.t.Helper()
	r.becomesMasterAgain(1)
	r.waitFor(log)
	r.IP("link set eth0 down")
	r.waitFor("Linkbeat reports eth0 down")
	r.waitFor("Entering FAULT STATE")
	r.IP("link set eth0 up")
	r.waitFor("Linkbeat reports eth0 up")
	r.becomesMasterAgain(2)
	if n := r.count("Netlink reports eth0"); n > 0 {
		r.t.Errorf("netlink was believed %d times", n)
	}
}

func TestReloadEndsPolling(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	r.reload("linkbeat_use_polling\n" + fast)
	r.IP("link set eth0 down")
	r.waitFor("Linkbeat reports eth0 down")
	r.reload(fast)
	r.IP("link set eth0 up")
	r.waitFor("Netlink reports eth0 up")
	r.becomesMasterAgain(2)
	if n := r.count("Linkbeat reports eth0 up"); n > 0 {
		t.Error("it is polled still")
	}
}
