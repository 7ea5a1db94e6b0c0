package vrouter_test

import (
	"errors"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

func TestUnknownInstances(t *testing.T) {
	r := backup(t, 3, 100)
	for _, id := range []vrouter.ID{-1, 1, 1000} {
		if r.set.Instance(id) != nil || r.set.State(id) != vrouter.Init ||
			r.set.Status(id) != (vrouter.Status{}) || r.set.Stats(id) != (vrouter.Stats{}) {
			t.Errorf("there is an instance %d", id)
		}
		if _, err := r.set.AppendAdvert(nil, id, 1, vrrp.GroupV4()); !errors.Is(err, vrouter.ErrUnknownID) {
			t.Errorf("got %v", err)
		}
		for kind := vrouter.Start; kind <= vrouter.ActionFailed; kind++ {
			if kind != vrouter.Timeout && kind != vrouter.LinkChanged {
				r.step(vrouter.Event{Kind: kind, ID: id, Packet: &vrouter.Packet{}, Failed: vrouter.AddAddrs})
				r.does()
			}
		}
	}
}

func TestStatusTellsWhoIsMaster(t *testing.T) {
	r := master(t, 3, 100)
	if st := r.set.Status(0); st.Master != eth0(true).Addr4 || st.MasterPriority != 100 || !st.LastTransition.Equal(r.now) {
		t.Errorf("%+v", st)
	}
	r.hearEvery(7, 200, 2*time.Second)
	if st := r.set.Status(0); st.Master.String() != "10.0.0.7" || st.MasterPriority != 200 || st.MasterInterval != 2*time.Second {
		t.Errorf("%+v", st)
	}
	r.link(false)
	if st := r.set.Status(0); st.Master.IsValid() {
		t.Errorf("%+v", st)
	}
}

func TestStatistics(t *testing.T) {
	r := master(t, 3, 100)
	r.hear(2, 0)
	r.hear(2, 200)
	want := vrouter.Stats{
		AdvertsReceived: 2, AdvertsSent: 2, BecameMaster: 1, ReleasedMaster: 1, PriorityZeroReceived: 1,
	}
	if got := r.set.Stats(0); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	r.set.ClearStats()
	if got := r.set.Stats(0); got != (vrouter.Stats{}) {
		t.Errorf("%+v", got)
	}
}

func TestNames(t *testing.T) {
	for want, got := range map[string]string{
		"MASTER": vrouter.Master.String(), "STOP": vrouter.Stopped.String(), "UNKNOWN": vrouter.State(50).String(),
		"PeerTTL": vrouter.PeerTTL.String(), "Reject(99)": vrouter.Reject(99).String(),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestGroupsInStatus(t *testing.T) {
	one, two := instance(100), instance(50)
	two.Name, two.VRID = "VI_2", 52
	s := vrouter.NewSet(&conf.Config{
		Instances:  []*conf.Instance{one, two},
		SyncGroups: []*conf.SyncGroup{{Name: "G", Members: []string{"VI_1", "VI_2", "VI_3"}}},
	}, vrouter.Options{})
	s.Step(epoch(), vrouter.Event{Kind: vrouter.LinkChanged, Link: eth0(true)}, nil)
	s.Step(epoch(), vrouter.Event{Kind: vrouter.Start}, nil)
	s.Step(s.Deadline(), vrouter.Event{Kind: vrouter.Timeout}, nil)
	if st := s.Status(0); st.State != vrouter.Backup || st.Wanted != vrouter.Master {
		t.Errorf("the first is %s and wants %s", st.State, st.Wanted)
	}
	if st := s.Status(1); st.Wanted != vrouter.Backup || s.GroupState("G") != vrouter.Backup {
		t.Errorf("the second wants %s, the group is %s", st.Wanted, s.GroupState("G"))
	}
	s.Step(s.Deadline(), vrouter.Event{Kind: vrouter.Timeout}, nil)
	if s.GroupState("G") != vrouter.Master || s.GroupState("H") != vrouter.Init {
		t.Errorf("the group is %s", s.GroupState("G"))
	}
}
