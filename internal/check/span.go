package check

import (
	"context"
	"slices"
	"sync"
	"time"
)

// span is the context of one check. It costs little until someone waits for its end: thousands of checks a second only ask
// for its deadline.
type span struct {
	deadline time.Time

	mu    sync.Mutex // guards what follows
	err   error      // why it has ended
	done  chan struct{}
	timer *time.Timer
	calls []*func() // what the end calls
}

var _ context.Context = (*span)(nil)

// Deadline returns when the check must have come to its end.
func (s *span) Deadline() (time.Time, bool) { return s.deadline, true }

// Value returns nothing.
func (s *span) Value(any) any { return nil }

// Err tells whether the span has ended, and why.
func (s *span) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && !time.Now().Before(s.deadline) {
		return context.DeadlineExceeded
	}
	return s.err
}

// Done returns a channel that is closed at the end.
func (s *span) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil {
		s.done = make(chan struct{})
		if s.err != nil {
			close(s.done)
		}
		s.watch()
	}
	return s.done
}

// AfterFunc has f called at the end, in a goroutine of its own, unless stop comes before: package context asks for this.
func (s *span) AfterFunc(f func()) (stop func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch()
	return s.call(func() { go f() })
}

// onCancel has f called when the check is ended before its deadline, which f's owner looks to itself.
func (s *span) onCancel(f func()) (stop func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.call(f)
}

// call is called with mu held.
func (s *span) call(f func()) (stop func() bool) {
	if s.err != nil {
		f()
		return func() bool { return false }
	}
	s.calls = append(s.calls, &f)
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		i := slices.Index(s.calls, &f)
		if i >= 0 {
			s.calls = slices.Delete(s.calls, i, i+1)
		}
		return i >= 0
	}
}

// watch has the span end at its deadline. It is called with mu held.
func (s *span) watch() {
	if s.timer == nil && s.err == nil {
		s.timer = time.AfterFunc(time.Until(s.deadline), func() { s.end(context.DeadlineExceeded) })
	}
}

// cancel ends the span.
func (s *span) cancel() { s.end(context.Canceled) }

func (s *span) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.err = why
	if s.timer != nil {
		s.timer.Stop()
	}
	if s.done != nil {
		close(s.done)
	}
	for _, f := range s.calls {
		(*f)()
	}
	s.calls = nil
}
