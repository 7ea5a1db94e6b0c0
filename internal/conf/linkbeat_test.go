package conf

import (
	"maps"
	"testing"
)

func TestLinksThatArePolled(t *testing.T) {
	const one = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\ntrack_interface {\nup0\n}\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n"
	const two = "vrrp_instance W {\ninterface eth1\nlinkbeat_use_polling\nvirtual_router_id 6\nvirtual_ipaddress {\n192.0.2.2\n}\n}\n"
	for _, c := range []struct {
		name, text, report string
		want               map[string]LinkPoll
	}{
		{"none", one, "", nil},
		{"by name", "linkbeat_interfaces {\neth0 MII\nup0\n}\n" + one, "", map[string]LinkPoll{"eth0": PollMII, "up0": PollAny}},
		{"every one", "linkbeat_use_polling\nlinkbeat_interfaces {\nup0 ETHTOOL\n}\n" + one, "",
			map[string]LinkPoll{"eth0": PollAny, "up0": PollEthtool}},
		{"of an instance", one + two, "(W) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block",
			map[string]LinkPoll{"eth1": PollAny}},
		{"not used", "linkbeat_interfaces {\neth1 IOCTL\n}\n" + one, "Turning off linkbeat for eth1 since not used for tracking", nil},
		{"not there", "linkbeat_interfaces {\nnope\n}\n" + one, "unknown interface nope specified for linkbeat interface", nil},
		{"too much", "linkbeat_interfaces {\neth0 MII x\n}\n" + one, "extra characters x in linkbeat interface", map[string]LinkPoll{"eth0": PollMII}},
		{"unknown", "linkbeat_interfaces {\neth0 x\n}\n" + one, "extra characters x in linkbeat interface", map[string]LinkPoll{"eth0": PollAny}},
	} {
		cfg, ds := build(c.text, newMachine("eth0", "eth1", "up0"))
		if !maps.Equal(cfg.PolledLinks, c.want) {
			t.Errorf("%s: %v", c.name, cfg.PolledLinks)
		}
		got := ""
		for _, d := range ds {
			got += d.Text
		}
		if got != c.report {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
