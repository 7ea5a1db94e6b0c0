package vrouter_test

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// reload makes the rig follow copies of its instance, each changed by one of the functions.
func (r *rig) reload(changes ...func(*conf.Instance)) {
	cfg := &conf.Config{}
	for _, change := range changes {
		inst := *r.inst
		change(&inst)
		cfg.Instances = append(cfg.Instances, &inst)
	}
	r.step(vrouter.Event{Kind: vrouter.Reload, Config: cfg})
}

func same(*conf.Instance) {}

func TestReloadOfEqualConfigurationDoesNothing(t *testing.T) {
	for name, r := range map[string]*rig{
		"init": newRig(t, 3, 100), "backup": backup(t, 3, 100), "master": master(t, 3, 100), "owner": master(t, 2, 255),
	} {
		before, deadline := r.set.Status(0), r.set.Deadline()
		r.reload(func(c *conf.Instance) {
			// The text has moved within the file, and nothing else.
			c.Pos.Line = 17
			c.Addrs = []conf.Address{c.Addrs[0]}
			c.Addrs[0].Pos.Line = 18
		})
		if len(r.acts) != 0 || r.set.Status(0) != before || !r.set.Deadline().Equal(deadline) {
			t.Errorf("%s: %+v", name, r.acts)
		}
	}
}

func TestRemovedInstanceIsKnownUntilTheNextStep(t *testing.T) {
	r := master(t, 3, 100)
	r.reload()
	r.does(vrouter.SendAdvert, vrouter.StopAnnounce, vrouter.DelAddrs, vrouter.NotifyState)
	if r.set.Instance(0) == nil || len(r.set.IDs(nil)) != 0 {
		t.Error("the driver cannot carry out what it was told")
	}
	if _, err := r.set.AppendAdvert(nil, 0, 0, vrrp.GroupV4()); err != nil {
		t.Error(err)
	}
	r.due(0)
	r.step(vrouter.Event{Kind: vrouter.Timeout})
	if r.set.Instance(0) != nil {
		t.Error("it is still known")
	}
	r.hear(2, 50) // a packet that was on its way
	r.does()
}

func TestReloadKeepsIDsAndStatistics(t *testing.T) {
	r := master(t, 3, 100)
	r.reload(func(c *conf.Instance) { c.VRID = 9 }, func(c *conf.Instance) { c.Name, c.Priority = "other name", 90 })
	ids := r.set.IDs(nil)
	if len(ids) != 2 || ids[0] != 1 || ids[1] != 0 {
		t.Fatalf("IDs %v", ids)
	}
	if st := r.set.Stats(0); st.BecameMaster != 1 || r.set.State(0) != vrouter.Master {
		t.Errorf("%s %+v", r.set.State(0), st)
	}
	if r.set.State(1) != vrouter.Backup {
		t.Errorf("the new instance is %s", r.set.State(1))
	}
}

// TestAddressMayMoveBetweenInstances: it must not be taken away after it has been set.
func TestAddressMayMoveBetweenInstances(t *testing.T) {
	r := newRig(t, 3, 255)
	second := func(c *conf.Instance) { c.VRID, c.Addrs = 52, nil }
	r.reload(second, same)
	r.step(vrouter.Event{Kind: vrouter.Start})
	r.reload(func(c *conf.Instance) { c.VRID = 52 }, func(c *conf.Instance) { c.Addrs = nil })
	r.does(vrouter.DelAddrs, vrouter.AddAddrs, vrouter.Announce)
}

func TestBackupThatBecomesOwnerDoesNotWait(t *testing.T) {
	r := backup(t, 3, 100)
	r.reload(func(c *conf.Instance) { c.Priority = 255 })
	r.due(0 * time.Second)
	r.expire()
	r.is(vrouter.Master)
	r.sends(255)
}

func TestReloadOfTimers(t *testing.T) {
	r := backup(t, 3, 100)
	r.reload(func(c *conf.Instance) { c.DownAdverts = 10 })
	r.due(10*time.Second + skew3(100, time.Second))

	r = master(t, 3, 100, quietly)
	r.reload(func(c *conf.Instance) { c.Announce.Delay, c.Announce.Refresh = 0, 300*time.Millisecond })
	r.due(300 * time.Millisecond)
	r.reload(quietly)
	r.due(time.Second)
}

func TestReloadOfTheOldChecksum(t *testing.T) {
	r := backup(t, 3, 100)
	peer := eth0(true).Addr4.Next()
	unicast := func(c *conf.Instance) { c.Unicast = true }
	r.reload(unicast)
	id := r.set.IDs(nil)[0]
	encode := func() string {
		b, err := r.set.AppendAdvert(nil, id, 1, peer)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	standard := encode()
	r.reload(func(c *conf.Instance) { unicast(c); c.OldUnicastChecksum = conf.OldChecksumForce })
	if encode() == standard {
		t.Error("old_unicast_checksum has no effect")
	}
	r.reload(func(c *conf.Instance) { unicast(c); c.ChecksumAsV2 = true })
	if encode() == standard {
		t.Error("v3_checksum_as_v2 has no effect")
	}
}

// TestOldChecksumIsAnsweredInKind: the driver, which may keep the octets of an advert, is told that they change.
func TestOldChecksumIsAnsweredInKind(t *testing.T) {
	peer := eth0(true).Addr4.Next()
	r := backup(t, 3, 100, func(c *conf.Instance) { c.Unicast = true })
	if r.set.Status(0).OldChecksum {
		t.Error("before anything was heard")
	}
	before, _ := r.set.AppendAdvert(nil, 0, 100, peer)
	b, err := vrrp.Advert{
		Version: vrrp.V3, VRID: 51, Priority: 200, Interval: time.Second,
	}.Append(nil, peer, vrrp.GroupV4())
	if err != nil {
		t.Fatal(err)
	}
	r.step(vrouter.Event{Kind: vrouter.Received, Packet: &vrouter.Packet{
		Src: peer, Dst: eth0(true).Addr4, TTL: 255, Payload: b, TotalLen: len(b),
	}})
	after, _ := r.set.AppendAdvert(nil, 0, 100, peer)
	if !r.set.Status(0).OldChecksum || string(before) == string(after) {
		t.Errorf("%+v", r.set.Status(0))
	}
}
