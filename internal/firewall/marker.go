// Package firewall has the kernel's firewall mark the packets that are for IPVS.
package firewall

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/lvs"
)

// Kernel is the firewall of the kernel. One goroutine uses it.
type Kernel interface {
	// Apply puts a marking in force, in one transaction: nothing has changed when it fails. The first call, and one after a
	// failure, replaces whatever is there.
	Apply(m *lvs.Marking) error
	// Intact tells whether what Apply has made is still there, as far as that is cheap to tell.
	Intact() (bool, error)
	// Remove takes away everything that Apply has made.
	Remove() error
}

// Marker keeps the firewall as it should be. It works in a goroutine of its own, as whoever decides must not wait for the
// kernel, and tries again what has failed.
type Marker struct {
	want chan *lvs.Marking // holds the newest, if it has not been taken in yet
	done chan struct{}
}

// Start returns a Marker that reports what goes wrong from its goroutine. every is how often it looks whether its table is
// still there, and tries again what has failed.
func Start(k Kernel, every time.Duration, report func(text string)) *Marker {
	m := &Marker{want: make(chan *lvs.Marking, 1), done: make(chan struct{})}
	w := &worker{kernel: k, report: report}
	go func() {
		defer close(m.done)
		w.work(m.want, every)
	}()
	return m
}

// Set says what is to be marked. It never waits. One goroutine calls it.
func (m *Marker) Set(to *lvs.Marking) {
	select {
	case <-m.want: // overtaken
	default:
	}
	m.want <- to
}

// closeTime is how long Close waits for the kernel.
const closeTime = 3 * time.Second

// Close takes away what was made.
func (m *Marker) Close() {
	close(m.want)
	select {
	case <-m.done:
	case <-time.After(closeTime):
	}
}

// worker is the goroutine of a Marker.
type worker struct {
	kernel Kernel
	report func(text string)
	want   *lvs.Marking // nil: nothing was asked for so far
	right  bool         // it is in force
	said   string       // the last failure; it is said once
}

func (w *worker) work(want <-chan *lvs.Marking, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case to, ok := <-want:
			if !ok {
				w.check(w.kernel.Remove())
				return
			}
			w.want, w.right = to, false
		case <-tick.C:
			w.look()
		}
		if w.want != nil && !w.right {
			w.right = w.check(w.kernel.Apply(w.want))
		}
	}
}

// look notes whether others have taken the table away, as a flush of all rules does.
func (w *worker) look() {
	if !w.right {
		return
	}
	intact, err := w.kernel.Intact()
	if w.check(err) && !intact {
		w.report("nftables table " + w.want.Table.Table + " was removed by others - restoring it")
		w.right = false
	}
}

// check reports a failure that was not said last, and tells whether there was none.
func (w *worker) check(err error) bool {
	if err == nil {
		w.said = ""
		return true
	}
	if text := err.Error(); text != w.said {
		w.said = text
		w.report(text)
	}
	return false
}
