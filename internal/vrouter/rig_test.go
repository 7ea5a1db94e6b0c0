package vrouter_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// rig is one instance under test, VI_1 at 10.0.0.1, and its clock.
type rig struct {
	t    *testing.T
	set  *vrouter.Set
	inst *conf.Instance
	now  time.Time
	acts []vrouter.Action // of the latest step
}

// newRig returns an instance in INIT, after change has been made to the ordinary configuration.
func newRig(t *testing.T, version, priority uint8, change ...func(*conf.Instance)) *rig {
	inst := instance(priority)
	inst.Version = version
	for _, f := range change {
		f(inst)
	}
	r := &rig{t: t, inst: inst, now: epoch()}
	r.set = vrouter.NewSet(&conf.Config{Instances: []*conf.Instance{inst}}, vrouter.Options{Detail: true})
	r.link(true)
	return r
}

// backup returns an instance that is BACKUP.
func backup(t *testing.T, version, priority uint8, change ...func(*conf.Instance)) *rig {
	r := newRig(t, version, priority, change...)
	r.step(vrouter.Event{Kind: vrouter.Start})
	return r
}

// master returns an instance that has just become MASTER.
func master(t *testing.T, version, priority uint8, change ...func(*conf.Instance)) *rig {
	r := backup(t, version, priority, change...)
	if priority < 255 {
		r.expire()
	}
	r.is(vrouter.Master)
	return r
}

func (r *rig) step(ev vrouter.Event) { r.acts = r.set.Step(r.now, ev, nil) }

func (r *rig) link(up bool) { r.step(vrouter.Event{Kind: vrouter.LinkChanged, Link: eth0(up)}) }

// wait lets time go by without anything happening.
func (r *rig) wait(d time.Duration) { r.now = r.now.Add(d) }

// expire goes on to the deadline.
func (r *rig) expire() {
	r.now = r.set.Deadline()
	r.step(vrouter.Event{Kind: vrouter.Timeout})
}

// hear is an advert from 10.0.0.last with the interval that we have ourselves.
func (r *rig) hear(last, priority uint8) { r.hearEvery(last, priority, r.inst.AdvertInterval) }

func (r *rig) hearEvery(last, priority uint8, interval time.Duration) {
	r.t.Helper()
	a := vrrp.Advert{Version: vrrp.Version(r.inst.Version), VRID: r.inst.VRID, Priority: priority, Interval: interval}
	for _, addr := range r.inst.Addrs {
		a.Addrs = append(a.Addrs, addr.Prefix.Addr())
	}
	src := netip.AddrFrom4([4]byte{10, 0, 0, last})
	b, err := a.Append(nil, src, vrrp.GroupV4())
	if err != nil {
		r.t.Fatal(err)
	}
	r.step(vrouter.Event{Kind: vrouter.Received, Packet: &vrouter.Packet{
		Src: src, Dst: vrrp.GroupV4(), TTL: 255, Multicast: true, Payload: b, TotalLen: len(b),
	}})
}

// is checks the state.
func (r *rig) is(want vrouter.State) {
	r.t.Helper()
	if got := r.set.State(0); got != want {
		r.t.Errorf("state %s, want %s", got, want)
	}
}

// due checks how long the timer of the protocol still runs; zero: not at all.
func (r *rig) due(want time.Duration) {
	r.t.Helper()
	d := r.set.Deadline()
	if d.IsZero() {
		if want != 0 {
			r.t.Errorf("no timer runs, want %s", want)
		}
		return
	}
	if got := d.Sub(r.now); got != want {
		r.t.Errorf("the timer runs for %s, want %s", got, want)
	}
}

// does checks that the latest step led to exactly the actions of these kinds, logs aside.
func (r *rig) does(want ...vrouter.ActionKind) {
	r.t.Helper()
	var got []vrouter.ActionKind
	for _, a := range r.acts {
		if a.Kind != vrouter.Log {
			got = append(got, a.Kind)
		}
	}
	if len(got) != len(want) {
		r.t.Fatalf("actions %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			r.t.Fatalf("actions %v, want %v", got, want)
		}
	}
}

// sends checks that the latest step sent one advert, with this priority.
func (r *rig) sends(priority uint8) {
	r.t.Helper()
	n := 0
	for _, a := range r.acts {
		if a.Kind == vrouter.SendAdvert {
			n++
			if a.Priority != priority {
				r.t.Errorf("sent priority %d, want %d", a.Priority, priority)
			}
		}
	}
	if n != 1 {
		r.t.Errorf("%d adverts sent, want 1", n)
	}
}
