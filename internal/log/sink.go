package log

import (
	"fmt"
	"hash/maphash"
	"sync/atomic"
	"time"
)

// line is one message on its way.
type line struct {
	at   time.Time
	sev  Severity
	text string
}

// writer is one place that lines go to. A writer that fails is tried again with the next line.
type writer interface {
	write(line) error
	close()
}

const (
	queueLen = 4096
	// A message may come burst times in a window; what comes more often is counted and said at the window's end.
	burst  = 30
	window = 10 * time.Second
)

// sink writes lines in its own goroutine.
type sink struct {
	lines   chan line
	dropped atomic.Int64
	done    chan struct{}
	writers []writer
	seed    maphash.Seed
	seen    map[uint64]int    // how often a text has come, by its hash: most come once, and a start has tens of thousands
	loud    map[uint64]repeat // those that have come too often
	since   time.Time
}

type repeat struct {
	line line
	over int
}

func newSink(writers []writer) *sink {
	s := &sink{lines: make(chan line, queueLen), done: make(chan struct{}), writers: writers, seed: maphash.MakeSeed(),
		since: time.Now()}
	s.forget()
	go s.run()
	return s
}

// add queues a line, or counts it as dropped when the queue is full.
func (s *sink) add(l line) {
	if len(s.writers) == 0 {
		return
	}
	select {
	case s.lines <- l:
	default:
		s.dropped.Add(1)
	}
}

// close writes what is queued and waits for that at most as long as given.
func (s *sink) close(wait time.Duration) {
	close(s.lines)
	select {
	case <-s.done:
	case <-time.After(wait):
	}
}

func (s *sink) run() {
	defer close(s.done)
	tick := time.NewTicker(window)
	defer tick.Stop()
	for {
		select {
		case l, ok := <-s.lines:
			if !ok {
				s.endWindow(time.Now())
				for _, w := range s.writers {
					w.close()
				}
				return
			}
			s.handle(l)
		case now := <-tick.C:
			s.endWindow(now)
		}
	}
}

// handle writes the line unless the same one has come too often of late.
func (s *sink) handle(l line) {
	if l.at.Sub(s.since) > window {
		s.endWindow(l.at)
	}
	text := maphash.String(s.seed, l.text)
	n := s.seen[text] + 1
	s.seen[text] = n
	if n <= burst {
		s.write(l)
		return
	}
	s.loud[text] = repeat{l, n - burst}
}

// forget begins to count anew, in new maps as these never shrink.
func (s *sink) forget() { s.seen, s.loud = map[uint64]int{}, map[uint64]repeat{} }

// endWindow says what was left out and starts to count anew.
func (s *sink) endWindow(now time.Time) {
	for _, r := range s.loud {
		s.write(line{now, r.line.sev, fmt.Sprintf("%s (repeated %d more times)", r.line.text, r.over)})
	}
	s.forget()
	s.since = now
	if n := s.dropped.Swap(0); n > 0 {
		s.write(line{now, Warning, fmt.Sprintf("%d log lines were lost because their reader is too slow", n)})
	}
}

func (s *sink) write(l line) {
	for _, w := range s.writers {
		_ = w.write(l) // there is nobody left to tell
	}
}
