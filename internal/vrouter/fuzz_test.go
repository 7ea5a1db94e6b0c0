package vrouter_test

import (
	"fmt"
	"maps"
	"net/netip"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/transcript"
	"github.com/keepalived-go/keepalived/internal/vrouter"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// FuzzStep feeds a Set with whatever may happen, in any order. It never panics, and after every step
//   - the addresses set are exactly those of the instances that are MASTER,
//   - an instance that takes part has a deadline, which lies ahead once the timeouts have been served,
//   - the members of a sync group are in the same state,
//   - actions are about instances that are known, and adverts have the effective priority or 0.
func FuzzStep(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 0, 2, 3, 1, 7, 9, 200})
	f.Add([]byte{1, 1, 1, 2, 0, 150, 3, 40, 4, 1, 5, 2, 6, 3, 7, 4, 8, 5, 9, 6})
	f.Add([]byte{255, 2, 0, 2, 0, 3, 0, 3, 1, 2, 255, 8, 1, 2, 0, 9, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		h := newHarness(data)
		for !h.exhausted() {
			if err := h.next(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// harness drives a Set by octets and keeps the books that the invariants need.
type harness struct {
	data   []byte
	set    *vrouter.Set
	cfg    *conf.Config
	now    time.Time
	held   map[vrouter.ID]map[netip.Prefix]bool
	routes map[vrouter.ID]map[string]bool // and rules, by text
	over   bool
}

func newHarness(data []byte) *harness {
	h := &harness{data: data, now: epoch(), held: make(map[vrouter.ID]map[netip.Prefix]bool),
		routes: make(map[vrouter.ID]map[string]bool)}
	h.cfg = h.config()
	h.set = vrouter.NewSet(h.cfg, vrouter.Options{Detail: h.octet()%2 == 0})
	h.set.Step(h.now, vrouter.Event{Kind: vrouter.LinkChanged, Link: eth0(true)}, nil)
	return h
}

func (h *harness) exhausted() bool { return len(h.data) == 0 }

// octet returns the next octet of the input, 0 at its end.
func (h *harness) octet() byte {
	if len(h.data) == 0 {
		return 0
	}
	b := h.data[0]
	h.data = h.data[1:]
	return b
}

// config returns one of several configurations: VI_1 and VI_2 in a sync group or not, and maybe VI_3.
func (h *harness) config() *conf.Config {
	b := h.octet()
	cfg := &conf.Config{}
	for i := range 2 + int(b&1) {
		inst := transcript.DefaultInstance(h.octet() | 1)
		inst.Name, inst.VRID = fmt.Sprintf("VI_%d", i+1), uint8(51+i)
		inst.Addrs = []conf.Address{{Prefix: vip(i), Dev: "eth0"}}
		o := h.octet()
		inst.Preempt, inst.Version = o&1 == 0, 2+o>>1&1
		inst.HigherPrioAdvert, inst.LowerPrioNoAdvert = o&4 != 0, o&8 != 0
		inst.SkipCheckAddrs, inst.NotifyDeletedState = o&16 != 0, o&32 != 0
		if o&64 != 0 {
			inst.PreemptDelay, inst.Announce.Refresh = 3*time.Second, 2*time.Second
			inst.ExcludedAddrs = []conf.Address{{Prefix: vip(10 + i), Dev: "eth0"}}
		}
		if o&128 != 0 {
			inst.Preempt, inst.TimerExpiredBackup = false, 200
		}
		for _, text := range []string{"a", "b", "c"}[:b>>6] {
			inst.Routes = append(inst.Routes, &conf.Route{Text: text})
			inst.Rules = append(inst.Rules, &conf.Rule{Text: "from " + text, Preference: uint32(b >> 5 & 1)})
		}
		if b&4 != 0 {
			inst.Tracks = tracks(h.octet())
		}
		cfg.Instances = append(cfg.Instances, inst)
	}
	if b&2 != 0 {
		g := &conf.SyncGroup{Name: "G", Members: []string{"VI_1", "VI_2"}, TrackingWeight: b&16 != 0}
		if b&8 != 0 {
			g.Tracks = tracks(h.octet())
		}
		cfg.SyncGroups = []*conf.SyncGroup{g}
	}
	return cfg
}

// tracks returns what an octet says: one of each kind of thing, and the interface.
func tracks(b byte) []conf.Track {
	t := conf.Track{Target: conf.Target{Kind: conf.TrackKind(b % 5), Name: "x"}, Weight: int(int8(b)) &^ 3, Reverse: b&1 != 0}
	own := conf.Track{Target: conf.Target{Kind: conf.TrackInterface, Name: "eth0"}, Weight: int(b >> 4)}
	return []conf.Track{t, own}
}

// next lets one thing happen and checks the invariants.
func (h *harness) next() error {
	ev := h.event()
	if err := h.book(h.set.Step(h.now, ev, nil)); err != nil {
		return fmt.Errorf("event %d: %w", ev.Kind, err)
	}
	if ev.Kind == vrouter.Stop {
		h.over = true
	}
	if ev.Kind == vrouter.Timeout {
		if d := h.set.Deadline(); !d.IsZero() && !d.After(h.now) {
			return fmt.Errorf("deadline %s is not ahead", d.Sub(h.now))
		}
	}
	return h.check()
}

func (h *harness) event() vrouter.Event {
	kind, arg := h.octet(), h.octet()
	id := vrouter.ID(arg%5) - 1
	switch kind % 11 {
	case 10:
		return vrouter.Event{Kind: vrouter.TrackedChanged, Tracked: []vrouter.Tracked{{
			Target: tracks(arg)[0].Target, Known: arg&32 == 0, Up: arg&64 != 0, Value: int(int8(arg)) * 3}}}
	case 0:
		return vrouter.Event{Kind: vrouter.Start}
	case 1:
		if d := h.set.Deadline(); !d.IsZero() && d.After(h.now) {
			h.now = d
		}
		return vrouter.Event{Kind: vrouter.Timeout}
	case 2:
		return vrouter.Event{Kind: vrouter.Received, ID: id, Packet: h.packet(arg)}
	case 3:
		h.now = h.now.Add(time.Duration(arg) * 100 * time.Millisecond)
		return vrouter.Event{Kind: vrouter.Timeout}
	case 4:
		l := eth0(arg&1 != 0)
		l.Present = arg&2 == 0
		if arg&4 != 0 {
			l.Addr4 = netip.Addr{}
		}
		return vrouter.Event{Kind: vrouter.LinkChanged, Link: l}
	case 5:
		return vrouter.Event{Kind: vrouter.AddrLost, ID: id}
	case 6:
		return vrouter.Event{Kind: vrouter.ActionFailed, ID: id, Failed: vrouter.ActionKind(arg % 11), Err: "no"}
	case 7:
		h.cfg = h.config()
		return vrouter.Event{Kind: vrouter.Reload, Config: h.cfg}
	case 8:
		return vrouter.Event{Kind: vrouter.SourceChanged, ID: id, Present: arg&8 != 0}
	}
	if arg < 250 {
		return vrouter.Event{Kind: vrouter.Timeout}
	}
	return vrouter.Event{Kind: vrouter.Stop}
}

// packet returns an advert, right or with one octet wrong.
func (h *harness) packet(arg byte) *vrouter.Packet {
	a := vrrp.Advert{
		Version: vrrp.Version(2 + arg&1), VRID: 51 + arg>>1&1, Priority: h.octet(), Interval: time.Second,
		Addrs: []netip.Addr{vip(int(arg >> 1 & 1)).Addr()},
	}
	src := netip.AddrFrom4([4]byte{10, 0, 0, h.octet()})
	b, err := a.Append(nil, src, vrrp.GroupV4())
	if err != nil {
		panic(err)
	}
	if arg&0x80 != 0 {
		b[int(h.octet())%len(b)] ^= h.octet()
		b = b[:len(b)-int(h.octet())%len(b)]
	}
	return &vrouter.Packet{
		Src: src, Dst: vrrp.GroupV4(), TTL: 255 - arg>>6&1, Multicast: true, Payload: b, TotalLen: len(b),
	}
}

// book notes what the actions do.
func (h *harness) book(acts []vrouter.Action) error {
	for _, a := range acts {
		if a.Kind != vrouter.NotifyGroup && h.set.Instance(a.ID) == nil {
			return fmt.Errorf("%s for the unknown instance %d", transcript.Text(a), a.ID)
		}
		switch a.Kind {
		case vrouter.AddAddrs:
			if h.held[a.ID] == nil {
				h.held[a.ID] = make(map[netip.Prefix]bool)
			}
			for _, addr := range a.Addrs {
				h.held[a.ID][addr.Prefix] = true
			}
		case vrouter.DelAddrs:
			for _, addr := range a.Addrs {
				delete(h.held[a.ID], addr.Prefix)
			}
		case vrouter.AddRoutes, vrouter.DelRoutes:
			h.bookRoutes(a)
		case vrouter.SendAdvert:
			if _, err := h.set.AppendAdvert(nil, a.ID, a.Priority, vrrp.GroupV4()); err != nil {
				return err
			}
		}
	}
	return nil
}

// bookRoutes notes routes and rules.
func (h *harness) bookRoutes(a vrouter.Action) {
	texts := make([]string, 0, len(a.Routes)+len(a.Rules))
	for _, r := range a.Routes {
		texts = append(texts, r.Text)
	}
	for _, r := range a.Rules {
		texts = append(texts, fmt.Sprintf("%s %d", r.Text, r.Preference))
	}
	if h.routes[a.ID] == nil {
		h.routes[a.ID] = make(map[string]bool)
	}
	for _, text := range texts {
		if a.Kind == vrouter.DelRoutes {
			delete(h.routes[a.ID], text)
		} else {
			h.routes[a.ID][text] = true
		}
	}
}

// checkRoutes checks that exactly the routes and rules of a master are in place.
func (h *harness) checkRoutes(id vrouter.ID, inst *conf.Instance, master bool) error {
	want := map[string]bool{}
	if master {
		for _, r := range inst.Routes {
			want[r.Text] = true
		}
		for _, r := range inst.Rules {
			want[fmt.Sprintf("%s %d", r.Text, r.Preference)] = true
		}
	}
	if !maps.Equal(want, h.routes[id]) && len(want)+len(h.routes[id]) > 0 {
		return fmt.Errorf("%s has the routes %v, want %v", inst.Name, h.routes[id], want)
	}
	return nil
}

func (h *harness) check() error {
	waiting := h.set.Deadline()
	known := make(map[vrouter.ID]bool)
	for _, id := range h.set.IDs(nil) {
		known[id] = true
		st, inst := h.set.Status(id), h.set.Instance(id)
		want := 0
		if st.State == vrouter.Master {
			want = len(inst.Addrs) + len(inst.ExcludedAddrs)
		}
		if len(h.held[id]) != want || st.Held != (want > 0) {
			return fmt.Errorf("%s is %s and holds %d addresses (%t)", inst.Name, st.State, len(h.held[id]), st.Held)
		}
		if err := h.checkRoutes(id, inst, st.State == vrouter.Master); err != nil {
			return err
		}
		if (st.State == vrouter.Master || st.State == vrouter.Backup) && waiting.IsZero() {
			return fmt.Errorf("%s is %s without a deadline", inst.Name, st.State)
		}
	}
	for id, held := range h.held {
		if !known[id] && len(held) > 0 {
			return fmt.Errorf("instance %d is gone and holds %d addresses", id, len(held))
		}
	}
	return h.checkGroups()
}

func (h *harness) checkGroups() error {
	ids := h.set.IDs(nil)
	for range h.cfg.SyncGroups {
		if a, b := h.set.State(ids[0]), h.set.State(ids[1]); a != b {
			return fmt.Errorf("%s and %s in one group", a, b)
		}
	}
	return nil
}
