package vrouter_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// instance returns VI_1 as an ordinary configuration gives it.
func instance(priority uint8) *conf.Instance {
	return &conf.Instance{
		Name: "VI_1", Interface: "eth0", VRID: 51, Family: conf.IPv4, Version: 2, Priority: priority,
		AdvertInterval: time.Second, DownAdverts: 3, Preempt: true,
		MulticastGroup: netip.MustParseAddr("224.0.0.18"), UnicastTTL: 255,
		Addrs:    []conf.Address{{Prefix: netip.MustParsePrefix("10.0.0.100/24")}},
		Announce: conf.Announce{Delay: 5 * time.Second, Repeat: 5, RefreshRepeat: 1},
	}
}

// epoch is when the tests begin.
func epoch() time.Time { return time.Unix(1_000_000_000, 0) }

// newSet returns a started Set on an interface that is up.
func newSet(insts ...*conf.Instance) *vrouter.Set {
	s := vrouter.NewSet(&conf.Config{Instances: insts}, vrouter.Options{})
	s.Step(epoch(), vrouter.Event{Kind: vrouter.LinkChanged, Link: eth0(true)}, nil)
	s.Step(epoch(), vrouter.Event{Kind: vrouter.Start}, nil)
	return s
}

func eth0(up bool) vrouter.Link {
	return vrouter.Link{Name: "eth0", Present: true, Up: up, Addr4: netip.MustParseAddr("10.0.0.1")}
}

func TestAloneBecomesMasterAfterTheDownInterval(t *testing.T) {
	s := newSet(instance(100))
	// RFC 3768 section 6.1: three intervals and (256-100)/256 s of skew.
	want := epoch().Add(3*time.Second + 156*time.Second/256)
	if got := s.Deadline(); !got.Equal(want) {
		t.Fatalf("deadline %s, want %s", got.Sub(epoch()), want.Sub(epoch()))
	}
	acts := s.Step(want, vrouter.Event{Kind: vrouter.Timeout}, nil)
	if len(acts) == 0 || acts[0].Kind != vrouter.SendAdvert || acts[0].Priority != 100 {
		t.Errorf("the first action is not the advert: %+v", acts)
	}
	if s.State(0) != vrouter.Master || !s.Status(0).Held {
		t.Errorf("not master: %+v", s.Status(0))
	}
}

func TestTimeoutsDoNotAllocate(t *testing.T) {
	s := newSet(instance(100))
	acts := make([]vrouter.Action, 0, 16)
	now := s.Deadline()
	s.Step(now, vrouter.Event{Kind: vrouter.Timeout}, acts)
	s.Step(now.Add(5*time.Second), vrouter.Event{Kind: vrouter.Timeout}, acts) // the second announcement
	n := testing.AllocsPerRun(100, func() {
		now = s.Deadline()
		acts = s.Step(now, vrouter.Event{Kind: vrouter.Timeout}, acts[:0])
	})
	if n != 0 {
		t.Errorf("%v allocations per advert sent", n)
	}
	if len(acts) != 1 || acts[0].Kind != vrouter.SendAdvert {
		t.Errorf("actions %+v", acts)
	}
}

func TestOrdinaryAdvertDoesNotAllocate(t *testing.T) {
	a, b := newSet(instance(100)), newSet(instance(50))
	buf, err := a.AppendAdvert(nil, 0, 100, netip.MustParseAddr("224.0.0.18"))
	if err != nil {
		t.Fatal(err)
	}
	p := &vrouter.Packet{
		Src: netip.MustParseAddr("10.0.0.1"), Dst: netip.MustParseAddr("224.0.0.18"), TTL: 255, Multicast: true,
		Payload: buf, TotalLen: len(buf),
	}
	now, acts := epoch(), make([]vrouter.Action, 0, 16)
	b.Step(now, vrouter.Event{Kind: vrouter.Received, Packet: p}, acts)
	n := testing.AllocsPerRun(100, func() {
		now = now.Add(time.Second)
		acts = b.Step(now, vrouter.Event{Kind: vrouter.Received, Packet: p}, acts[:0])
	})
	if n != 0 || len(acts) != 0 {
		t.Errorf("%v allocations, actions %+v", n, acts)
	}
	if got := b.Stats(0).AdvertsReceived; got != 102 {
		t.Errorf("%d adverts received", got)
	}
}

func TestEncodingDoesNotAllocate(t *testing.T) {
	s := newSet(instance(100))
	buf, dst := make([]byte, 0, 64), netip.MustParseAddr("224.0.0.18")
	n := testing.AllocsPerRun(100, func() {
		if _, err := s.AppendAdvert(buf, 0, 100, dst); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestClaimsNextTellsABackupFromAMaster(t *testing.T) {
	cfg := &conf.Config{Instances: []*conf.Instance{{
		Name: "VI_1", Interface: "eth0", VRID: 1, Family: conf.IPv4, Version: 3, Priority: 100, Preempt: true,
		AdvertInterval: time.Second, DownAdverts: 3,
	}}}
	s := vrouter.NewSet(cfg, vrouter.Options{})
	if s.ClaimsNext() {
		t.Error("nothing is due before the start")
	}
	now := time.Unix(1000, 0)
	up := vrouter.Link{Name: "eth0", Present: true, Up: true, Addr4: netip.MustParseAddr("192.0.2.1")}
	s.Step(now, vrouter.Event{Kind: vrouter.LinkChanged, Link: up}, nil)
	s.Step(now, vrouter.Event{Kind: vrouter.Start}, nil)
	if s.State(0) != vrouter.Backup || !s.ClaimsNext() {
		t.Errorf("state %v, ClaimsNext %v", s.State(0), s.ClaimsNext())
	}
	s.Step(s.Deadline(), vrouter.Event{Kind: vrouter.Timeout}, nil)
	if s.State(0) != vrouter.Master || s.ClaimsNext() {
		t.Errorf("state %v, ClaimsNext %v", s.State(0), s.ClaimsNext())
	}
}
