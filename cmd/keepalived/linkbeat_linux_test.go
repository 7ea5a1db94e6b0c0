package main

import "testing"

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
			r := master(t, c.conf)
			r.waitFor(c.log)
			r.IP("link set eth0 down")
			r.waitFor("Linkbeat reports eth0 down")
			r.waitFor("Entering FAULT STATE")
			r.IP("link set eth0 up")
			r.waitFor("Linkbeat reports eth0 up")
			r.becomesMasterAgain(2)
			if n := r.count("Netlink reports eth0"); n > 0 {
				t.Errorf("netlink was believed %d times", n)
			}
			r.terminate()
		})
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
