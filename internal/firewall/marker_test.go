package firewall

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// fake is a firewall in memory that may refuse, stand still and lose its table.
type fake struct {
	mu     sync.Mutex
	hold   chan struct{} // Apply waits for it; nil: it does not wait
	refuse error
	table  string // in force
	calls  []string
	said   []string
}

// Apply notes the name of the table.
func (f *fake) Apply(m *lvs.Marking) error {
	if f.hold != nil {
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, m.Table.Table)
	if f.refuse == nil {
		f.table = m.Table.Table
	}
	return f.refuse
}

// Intact tells whether there is a table.
func (f *fake) Intact() (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.table != "", nil
}

// Remove forgets the table.
func (f *fake) Remove() error {
	f.set(func() { f.table = "" })
	return nil
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) report(text string) { f.set(func() { f.said = append(f.said, text) }) }

func (f *fake) wait(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		f.mu.Lock()
		ok := cond()
		f.mu.Unlock()
		if ok {
			return
		}
	}
	t.Fatalf("timeout: %s: %+v", what, f.calls)
}

func named(name string) *lvs.Marking { return &lvs.Marking{Table: conf.MarkTable{Table: name}} }

// What fails is tried again, and said once.
func TestFailureIsTriedAgain(t *testing.T) {
	f := &fake{refuse: errors.New("no")}
	m := Start(f, time.Millisecond, f.report)
	m.Set(named("a"))
	f.wait(t, "three attempts", func() bool { return len(f.calls) >= 3 })
	f.set(func() { f.refuse = nil })
	f.wait(t, "success", func() bool { return f.table == "a" })
	m.Close()
	if f.table != "" || !slices.Equal(f.said, []string{"no"}) {
		t.Errorf("table %q, said %q", f.table, f.said)
	}
}

// A table that others remove comes back.
func TestLostTableIsRestored(t *testing.T) {
	f := &fake{}
	m := Start(f, time.Millisecond, f.report)
	m.Set(named("a"))
	f.wait(t, "table", func() bool { return f.table == "a" })
	f.set(func() { f.table = "" })
	f.wait(t, "return", func() bool { return f.table == "a" })
	m.Close()
	if want := []string{"nftables table a was removed by others - restoring it"}; !slices.Equal(f.said, want) {
		t.Errorf("said %q", f.said)
	}
}

// While the kernel stands still Set does not wait, and only the newest counts after that.
func TestSetNeverWaits(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	m := Start(f, time.Hour, f.report)
	for range 1000 {
		m.Set(named("old"))
	}
	m.Set(named("new"))
	close(f.hold)
	f.wait(t, "the newest", func() bool { return f.table == "new" })
	m.Close()
	if len(f.calls) > 2 {
		t.Errorf("calls: %q", f.calls)
	}
}
