// Package announce announces addresses by gratuitous ARP and unsolicited neighbour advertisement, paced and repeated.
package announce

import (
	"net/netip"
	"time"
)

// Target is one address to announce on one interface.
type Target struct {
	Owner   int32 // the instance
	Ifindex int
	Addr    netip.Addr
}

// Queue decides when which address is announced. It is pure: time is an argument. Targets of one Add are announced in
// rounds, each address once before any is repeated. The zero Queue paces nothing.
type Queue struct {
	// Lane returns the lane of an interface, whatever number its user gives it: those of one lane are paced together. Nil:
	// each interface has its own, with its index for a number.
	Lane func(ifindex int) int
	// Interval returns the least time between two announcements in a lane; nil or 0: none.
	Interval func(lane int, v6 bool) time.Duration
	lanes    []*lane // one per lane and family that ever had a target; few
}

// lane is what waits in one family on one interface, or on several that are paced together. What floods a switch is the
// port, but several may lead to one switch.
type lane struct {
	number  int
	v6      bool
	next    time.Time // not before; zero: at once
	waiting []entry   // a ring would save moves, but lanes empty at once unless they are paced
}

type entry struct {
	target Target
	left   int
}

// Add appends targets, to be announced count times each. count < 1 adds nothing.
func (q *Queue) Add(count int, targets ...Target) {
	if count < 1 {
		return
	}
	for _, t := range targets {
		l := q.lane(t.Ifindex, t.Addr.Is6())
		l.waiting = append(l.waiting, entry{t, count})
	}
}

// Cancel forgets what waits for the owner.
func (q *Queue) Cancel(owner int32) {
	for _, l := range q.lanes {
		kept := l.waiting[:0]
		for _, e := range l.waiting {
			if e.target.Owner != owner {
				kept = append(kept, e)
			}
		}
		l.waiting = kept
	}
}

// Advance appends to out what is to be announced now, at most limit targets, and counts it as announced.
func (q *Queue) Advance(now time.Time, limit int, out []Target) []Target {
	for _, l := range q.lanes {
		for len(l.waiting) > 0 && limit > 0 && !l.next.After(now) {
			limit--
			out = append(out, l.pop(now, q.interval(l)))
		}
	}
	return out
}

// Deadline returns when Advance has something to announce; zero means never. A deadline in the past means now.
func (q *Queue) Deadline() time.Time {
	var first time.Time
	for _, l := range q.lanes {
		if len(l.waiting) == 0 {
			continue
		}
		at := l.next
		if at.IsZero() {
			at = time.Unix(0, 0)
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// Empty tells whether nothing waits.
func (q *Queue) Empty() bool { return q.Deadline().IsZero() }

func (q *Queue) lane(ifindex int, v6 bool) *lane {
	number := ifindex
	if q.Lane != nil {
		number = q.Lane(ifindex)
	}
	for _, l := range q.lanes {
		if l.number == number && l.v6 == v6 {
			return l
		}
	}
	l := &lane{number: number, v6: v6}
	q.lanes = append(q.lanes, l)
	return l
}

func (q *Queue) interval(l *lane) time.Duration {
	if q.Interval == nil {
		return 0
	}
	return q.Interval(l.number, l.v6)
}

// pop takes the first target and puts it at the end again when it has repeats left.
func (l *lane) pop(now time.Time, interval time.Duration) Target {
	e := l.waiting[0]
	l.waiting = l.waiting[1:]
	if e.left--; e.left > 0 {
		l.waiting = append(l.waiting, e)
	}
	l.next = time.Time{}
	if interval > 0 {
		l.next = now.Add(interval)
	}
	return e.target
}
