package vrouter_test

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/vrouter"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// TestZeroIntervalIsNotLearnt: it would let every backup claim at once.
func TestZeroIntervalIsNotLearnt(t *testing.T) {
	r := backup(t, 3, 100)
	src := eth0(true).Addr4.Next()
	b, err := vrrp.Advert{
		Version: vrrp.V3, VRID: 51, Priority: 200, Interval: 10 * time.Millisecond,
	}.Append(nil, src, vrrp.GroupV4())
	if err != nil {
		t.Fatal(err)
	}
	b[5]-- // the interval, from 1 to 0 hundredths
	b[7]++ // and the checksum with it
	r.wait(time.Second)
	r.step(vrouter.Event{Kind: vrouter.Received, Packet: &vrouter.Packet{
		Src: src, Dst: vrrp.GroupV4(), TTL: 255, Multicast: true, Payload: b, TotalLen: len(b),
	}})
	if st := r.set.Status(0); st.Master != src || st.MasterInterval != time.Second {
		t.Errorf("%+v", st)
	}
	r.due(3*time.Second + skew3(100, time.Second))
}

func TestWrongVRIDIsRefused(t *testing.T) {
	r := backup(t, 3, 100)
	other := *r.inst
	other.VRID++
	r.inst = &other // what the rig sends; the set keeps its own
	r.hear(2, 200)
	if got := r.set.Status(0).Refused; got != vrouter.WrongVRID {
		t.Errorf("refused: %s", got)
	}
}

// TestRefusalIsLoggedOnce: once for each reason, until the state changes.
func TestRefusalIsLoggedOnce(t *testing.T) {
	r := backup(t, 2, 100)
	logs := func() int {
		r.hearEvery(2, 200, 2*time.Second)
		if got := r.set.Status(0).Refused; got != vrouter.IntervalMismatch {
			t.Errorf("refused: %s", got)
		}
		return len(r.acts)
	}
	if a, b := logs(), logs(); a != 1 || b != 0 {
		t.Errorf("%d and %d lines", a, b)
	}
	r.expire()
	if a, b := logs(), logs(); a != 1 || b != 0 {
		t.Errorf("as master %d and %d lines", a, b)
	}
	if got := r.set.Stats(0).IntervalErrors; got != 4 {
		t.Errorf("%d counted", got)
	}
}

// TestShortestPackets: whatever is shorter than a header is refused before anything is read from it.
func TestShortestPackets(t *testing.T) {
	for n := range 8 {
		r := backup(t, 2, 100)
		r.step(vrouter.Event{Kind: vrouter.Received, Packet: &vrouter.Packet{
			Src: eth0(true).Addr4, Payload: make([]byte, n), TotalLen: n,
		}})
		if got := r.set.Status(0).Refused; got != vrouter.TooShort {
			t.Errorf("%d octets: %s", n, got)
		}
	}
}

func TestPacketsAreIgnoredOutsideOfBackupAndMaster(t *testing.T) {
	r := newRig(t, 3, 100)
	r.hear(2, 200) // INIT
	r.does()
	r.link(false)
	r.step(vrouter.Event{Kind: vrouter.Start})
	r.is(vrouter.Fault)
	r.hear(2, 200)
	r.does()
	r.step(vrouter.Event{Kind: vrouter.Stop})
	r.hear(2, 200)
	r.does()
	if got := r.set.Stats(0); got != (vrouter.Stats{}) {
		t.Errorf("%+v", got)
	}
}

// TestStalledBackup: a process that goes on after a long time is handed what waits for it before the timeouts, and then
// has no reason to claim.
func TestStalledBackup(t *testing.T) {
	r := backup(t, 3, 100)
	r.wait(time.Hour)
	r.hear(2, 200)
	r.step(vrouter.Event{Kind: vrouter.Timeout})
	r.does()
	r.is(vrouter.Backup)
	r.due(3*time.Second + skew3(100, time.Second))
}

// TestStalledMaster: the adverts that were not sent are not made up for.
func TestStalledMaster(t *testing.T) {
	r := master(t, 3, 100, quietly)
	r.wait(time.Hour)
	r.step(vrouter.Event{Kind: vrouter.Timeout})
	r.does(vrouter.SendAdvert)
	r.due(time.Second)
}
