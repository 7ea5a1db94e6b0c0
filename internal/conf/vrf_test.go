package conf

import (
	"strings"
	"testing"
)

// unicastAlone is an instance without interface.
const unicastAlone = "vrrp_instance V {\nvirtual_router_id 5\nunicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.2\n}\n" +
	"virtual_ipaddress {\n192.0.2.9 dev eth0\n}\n"

func TestVRFOfAnInstance(t *testing.T) {
	for _, c := range []struct{ global, lines, vrf, report string }{
		{"", "vrf vrf1", "vrf1", ""},
		{"", "interface eth0\nvrf vrf1", "", "(V) Cannot specify VRF interface and interface - ignoring"},
		{"", "vrf vrf1\ninterface eth0", "", "(V) vrf can only be specified without interface - clearing"},
		{"", "vrf vrf1\nvrf vrf2", "vrf1", "(V) VRF interface already specified as 'vrf1' - ignoring"},
		{"", "vrf lo", "", "(V) cannot use a loopback interface (lo) for VRF - ignoring"},
		{"", "vrf nope", "nope", "(V) WARNING - VRF interface nope doesn't exist\nNon-existent interface specified in configuration"},
		{"dynamic_interfaces", "vrf nope", "nope", ""},
	} {
		cfg, ds := build("global_defs {\n"+c.global+"\n}\n"+unicastAlone+c.lines+"\n}\n", newMachine("eth0", "vrf1", "vrf2"))
		if got := cfg.Instances[0].VRF; got != c.vrf || texts(ds) != c.report {
			t.Errorf("%s: %q, %q", c.lines, got, texts(ds))
		}
	}
}

func TestVRFOfARoute(t *testing.T) {
	for _, c := range []struct{ global, route, vrf, report string }{
		{"", "10.0.0.0/8 dev eth0 vrf vrf1", "vrf1", ""},
		{"", "10.0.0.0/8 dev eth0 vrf eth0", "-", "Route specified VRF eth0 is not a VRF"},
		{"", "10.0.0.0/8 dev eth0 vrf nope", "-", "VRF nope not found for route"},
		{"dynamic_interfaces", "10.0.0.0/8 dev eth0 vrf nope", "nope", ""},
	} {
		cfg, ds := build("global_defs {\n"+c.global+"\n}\nstatic_routes {\n"+c.route+"\n}\n", newMachine("eth0", "vrf1"))
		got := "-"
		for _, r := range cfg.StaticRoutes {
			got = r.VRF
		}
		if got != c.vrf || texts(ds) != c.report {
			t.Errorf("%s: %q, %q", c.route, got, texts(ds))
		}
	}
}

func TestInstancesOfTwoVRFsDoNotClash(t *testing.T) {
	second := strings.NewReplacer("vrrp_instance V", "vrrp_instance W", "192.0.2.9", "192.0.2.8").Replace(unicastAlone)
	for vrf, clash := range map[string]bool{"vrf1": true, "vrf2": false} {
		_, ds := build(unicastAlone+"vrf vrf1\n}\n"+second+"vrf "+vrf+"\n}\n", newMachine("eth0", "vrf1", "vrf2"))
		if len(ds) > 0 != clash {
			t.Errorf("%s: %v", vrf, ds)
		}
	}
}
