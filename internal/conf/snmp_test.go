package conf

import (
	"testing"
	"time"
)

func TestSNMP(t *testing.T) {
	service := "virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nsnmp_name web\nreal_server 192.0.2.2 80 {\nsnmp_name one\n}\nreal_server 192.0.2.3 80 {\nsnmp_name two words\n}\n}\n"
	c, ds := build("global_defs {\nsnmp_socket /run/a\nsnmp_socket /run/b\nenable_snmp_checker\nenable_traps\n"+
		"snmp_vs_stats_update_interval 0.25\n}\nvirtual_server_group UNUSED {\n10.0.0.1 80\n}\n"+service, newMachine())
	want := SNMP{Socket: "/run/a", Traps: true, Checker: true, ServiceStats: 250 * time.Millisecond, ServerStats: 250 * time.Millisecond}
	if c.Global.SNMP != want {
		t.Errorf("got %+v, want %+v", c.Global.SNMP, want)
	}
	v := c.VirtualServers[0]
	if v.SNMPName != "web" || v.Servers[0].SNMPName != "one" || v.Servers[1].SNMPName != "" {
		t.Errorf("names: %q, %q, %q", v.SNMPName, v.Servers[0].SNMPName, v.Servers[1].SNMPName)
	}
	if len(ds.Counted()) != 2 || len(c.Groups) != 1 || c.Groups[0].Name != "UNUSED" {
		t.Errorf("diagnostics %v, groups %v", ds.Counted(), c.Groups)
	}
}

func TestSNMPIsOffUnlessSaid(t *testing.T) {
	c, _ := build("global_defs {\n}\n", newMachine())
	want := SNMP{ServiceStats: 5 * time.Second, ServerStats: 5 * time.Second}
	if c.Global.SNMP != want {
		t.Errorf("got %+v, want %+v", c.Global.SNMP, want)
	}
}
