package conf

import (
	"net/netip"
	"testing"
	"time"
)

func TestInstanceTakesItsValues(t *testing.T) {
	c, ds := build(`
global_defs {
	router_id R1 # comment
	vrrp_garp_master_repeat 2
}
vrrp_instance VI_1 {
	state MASTER
	interface eth0
	virtual_router_id 51
	priority 150
	advert_int 2
	authentication {
		auth_type PASS
		auth_pass 1111
	}
	virtual_ipaddress {
		192.0.2.1/24 dev eth0 label eth0:1
		192.0.2.2
	}
	notify_master "/bin/echo 'a b'"
}`, newMachine("eth0"))
	if code := ds.ExitCode(); code != 6 {
		t.Errorf("exit code %d, want 6:\n%v", code, ds)
	}
	if len(c.Instances) != 1 {
		t.Fatalf("%d instances", len(c.Instances))
	}
	i := c.Instances[0]
	if i.VRID != 51 || i.Priority != 150 || !i.WantMaster || i.AdvertInterval != 2*time.Second || i.Announce.Repeat != 2 || i.Version != 2 {
		t.Errorf("got %+v", i)
	}
	if i.Auth.Type != AuthPass || string(i.Auth.Pass[:4]) != "1111" {
		t.Errorf("authentication %+v", i.Auth)
	}
	if want := netip.MustParsePrefix("192.0.2.1/24"); i.Addrs[0].Prefix != want || i.Addrs[0].Label != "eth0:1" || i.Addrs[1].Dev != "eth0" {
		t.Errorf("addresses %+v", i.Addrs)
	}
	if s := i.Notify.Master; s == nil || len(s.Argv) != 2 || s.Argv[1] != "a b" {
		t.Errorf("notify_master %+v", s)
	}
}

// The old form of lvs_sync_daemon: the first that is given counts, for the instance that it stands in.
func TestOldSyncDaemonOfAnInstance(t *testing.T) {
	instance := func(name, vrid, sync string) string {
		return "vrrp_instance " + name + " {\ninterface eth0\nvirtual_router_id " + vrid + "\nlvs_sync_daemon_interface " + sync + "\nvirtual_ipaddress {\n192.0.2." + vrid + "\n}\n}\n"
	}
	c, _ := build(instance("A", "1", "eth1")+instance("B", "2", "eth2"), newMachine("eth0", "eth1", "eth2"))
	if s := c.Global.LVS.Sync; s == nil || s.Interface != "eth1" || s.Instance != "A" {
		t.Errorf("%+v", s)
	}
	c, ds := build("global_defs {\nlvs_sync_daemon eth2\n}\n"+instance("A", "1", "eth1"), newMachine("eth0", "eth1", "eth2"))
	if s := c.Global.LVS.Sync; s == nil || s.Interface != "eth2" || s.Instance != "" || ds.ExitCode() != 5 {
		t.Errorf("%+v, %v", s, ds)
	}
}
