package ipvs

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// daemons notes what was started and stopped, and refuses as the kernel does.
type daemons struct {
	Fake
	running map[bool]bool // by whether it is the master
	calls   []string
}

// StartSync notes the start.
func (d *daemons) StartSync(s Sync) error {
	if d.running[s.Master] {
		return unix.EEXIST
	}
	d.running[s.Master] = true
	d.calls = append(d.calls, fmt.Sprintf("start %t %d", s.Master, s.ID))
	return nil
}

// StopSync notes the stop.
func (d *daemons) StopSync(master bool) error {
	if !d.running[master] {
		return unix.ESRCH
	}
	delete(d.running, master)
	d.calls = append(d.calls, fmt.Sprintf("stop %t", master))
	return nil
}

// followed returns what a Follower has done after it was given lists of daemons.
func followed(t *testing.T, k *daemons, lists ...[]Sync) []string {
	f := Follow(func() (Client, error) { return k, nil }, func(text string) { t.Error(text) })
	for _, l := range lists {
		f.Set(l...)
	}
	f.Close()
	return k.calls
}

// The daemon follows its instance, and ends with it.
func TestFollower(t *testing.T) {
	var lists [][]Sync
	d := &conf.SyncDaemon{Interface: "eth0"}
	for _, master := range []bool{false, false, true, false} {
		lists = append(lists, []Sync{SyncFor(d, 51, master)})
	}
	lists = append(lists, []Sync{SyncFor(&conf.SyncDaemon{Interface: "eth0", ID: 3, IDSet: true}, 51, false)})
	got := followed(t, &daemons{running: map[bool]bool{}}, lists...)
	want := []string{"start false 51", "stop false", "start true 51", "stop true", "start false 51", "stop false", "start false 3", "stop false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// Without an instance both run, with the id 0, until the configuration has none any more.
func TestBothDaemons(t *testing.T) {
	d := &conf.SyncDaemon{Interface: "eth0"}
	got := followed(t, &daemons{running: map[bool]bool{}}, SyncBoth(d), SyncBoth(d), nil)
	want := []string{"start true 0", "start false 0", "stop true", "stop false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// A daemon that a killed process has left makes room.
func TestDaemonThatIsLeft(t *testing.T) {
	d := &conf.SyncDaemon{Interface: "eth0"}
	got := followed(t, &daemons{running: map[bool]bool{true: true}}, []Sync{SyncFor(d, 51, false)})
	want := []string{"stop true", "start false 51", "stop false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// Without a daemon nothing is opened.
func TestFollowerWithoutDaemon(t *testing.T) {
	f := Follow(func() (Client, error) { t.Error("opened"); return &Fake{}, nil }, func(string) {})
	f.Set()
	f.Close()
}
