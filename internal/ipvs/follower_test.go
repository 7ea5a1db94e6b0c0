package ipvs

import (
	"fmt"
	"slices"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// daemons notes what was started and stopped.
type daemons struct {
	Fake
	calls []string
}

// StartSync notes the start.
func (d *daemons) StartSync(s Sync) error {
	d.calls = append(d.calls, fmt.Sprintf("start %t %d", s.Master, s.ID))
	return nil
}

// StopSync notes the stop.
func (d *daemons) StopSync(master bool) error {
	d.calls = append(d.calls, fmt.Sprintf("stop %t", master))
	return nil
}

// The daemon follows its instance, and ends with it.
func TestFollower(t *testing.T) {
	k := &daemons{}
	f := Follow(func() (Client, error) { return k, nil }, func(text string) { t.Error(text) })
	d := &conf.SyncDaemon{Interface: "eth0"}
	for _, master := range []bool{false, false, true, false} {
		f.Set(SyncFor(d, 51, master))
	}
	f.Set(SyncFor(&conf.SyncDaemon{Interface: "eth0", ID: 3, IDSet: true}, 51, false))
	f.Close()
	want := []string{"start false 51", "stop false", "start true 51", "stop true", "start false 51", "stop false", "start false 3", "stop false"}
	if !slices.Equal(k.calls, want) {
		t.Errorf("got %q", k.calls)
	}
}

// Without a daemon nothing is opened.
func TestFollowerWithoutDaemon(t *testing.T) {
	f := Follow(func() (Client, error) { t.Error("opened"); return &Fake{}, nil }, func(string) {})
	f.Set(Sync{})
	f.Close()
}
