package vrrpd

import (
	"os"
	"sync"

	"github.com/keepalived-go/keepalived/internal/linkbeat"
	"github.com/keepalived-go/keepalived/internal/track"
)

// message is what another goroutine has for the loop: a signal, or a report of what is tracked or polled.
type message struct {
	signal os.Signal // nil: none
	report track.Report
	beat   linkbeat.Report // of an interface; no name: none
}

// inbox holds messages until the loop reads them.
type inbox struct {
	wake func()

	mu      sync.Mutex // guards waiting; held for moments only
	waiting []message
}

// maxSignals bounds the signals that wait: the oldest of many say all.
const maxSignals = 64

// post may be called from any goroutine.
func (b *inbox) post(m message) {
	b.mu.Lock()
	if m.signal == nil || len(b.waiting) < maxSignals {
		b.waiting = append(b.waiting, m)
	}
	b.mu.Unlock()
	b.wake()
}

// take returns what waits, and keeps into for later.
func (b *inbox) take(into []message) []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.waiting
	b.waiting = into[:0]
	return out
}
