package conf

import (
	"reflect"
	"testing"
	"time"
)

func TestExtraInterfacesOfAnInstance(t *testing.T) {
	for _, c := range []struct {
		global, line string
		want         ExtraIf
	}{
		{"", "", ExtraIf{}},
		{"vrrp_garp_extra_if all 5", "", ExtraIf{5 * time.Second, true}},
		{"vrrp_garp_extra_if 5", "", ExtraIf{5 * time.Second, false}},
		{"vrrp_vmac_garp_intvl all 7", "", ExtraIf{7 * time.Second, true}},
		{"vrrp_garp_extra_if all 5", "garp_extra_if 9", ExtraIf{9 * time.Second, false}},
		{"vrrp_garp_extra_if all 5", "garp_extra_if 0", ExtraIf{}},
		{"", "vmac_garp_intvl all 86400", ExtraIf{24 * time.Hour, true}},
		{"", "garp_extra_if all 86401", ExtraIf{0, true}},
	} {
		if got, _ := instance(t, c.global, c.line); got.ExtraIf != c.want {
			t.Errorf("%q, %q: %+v", c.global, c.line, got.ExtraIf)
		}
	}
}

func TestGroupsOfAnnouncements(t *testing.T) {
	c, ds := build("garp_group {\ngarp_interval 0.5\ninterfaces {\neth0 eth1\n}\n}\ngarp_group {\ngna_interval 0.000001\ninterface up0\n}\n"+
		"garp_group {\ninterface eth1\n}\n", newMachine("eth0", "eth1", "up0"))
	want := []GARPGroup{{GARPInterval: 500 * time.Millisecond, Links: []string{"eth0", "eth1"}}, {GNAInterval: time.Microsecond, Links: []string{"up0"}}}
	if !reflect.DeepEqual(c.GARPGroups, want) {
		t.Errorf("%+v", c.GARPGroups)
	}
	if len(ds) != 2 || ds[0].Text != "garp_group already specified for eth1 - ignoring" {
		t.Errorf("%v", ds)
	}
}
