package vrouter

import "time"

// timerHeap is a binary heap of machines by deadline, the earliest first. Each machine knows its slot, so that its
// deadline can be moved in O(log n).
type timerHeap struct{ h []*machine }

func (t *timerHeap) earliest() time.Time {
	if len(t.h) == 0 {
		return time.Time{}
	}
	return t.h[0].deadline
}

// due returns a machine whose deadline is not after now, or nil.
func (t *timerHeap) due(now time.Time) *machine {
	if len(t.h) == 0 || t.h[0].deadline.After(now) {
		return nil
	}
	return t.h[0]
}

// set moves the deadline of m; the zero Time takes m out.
func (t *timerHeap) set(m *machine, deadline time.Time) {
	if deadline.Equal(m.deadline) {
		return
	}
	m.deadline = deadline
	switch {
	case deadline.IsZero():
		t.remove(m)
	case m.slot < 0:
		m.slot = len(t.h)
		t.h = append(t.h, m)
		t.up(m.slot)
	default:
		t.up(m.slot)
		t.down(m.slot)
	}
}

func (t *timerHeap) remove(m *machine) {
	i, last := m.slot, len(t.h)-1
	t.swap(i, last)
	t.h[last] = nil
	t.h = t.h[:last]
	m.slot = -1
	if i < last {
		t.up(i)
		t.down(i)
	}
}

func (t *timerHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t.less(i, parent) {
			return
		}
		t.swap(i, parent)
		i = parent
	}
}

func (t *timerHeap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.h) {
			return
		}
		if child+1 < len(t.h) && t.less(child+1, child) {
			child++
		}
		if !t.less(child, i) {
			return
		}
		t.swap(i, child)
		i = child
	}
}

// less orders equal deadlines by ID, so that the same events always give the same actions.
func (t *timerHeap) less(i, j int) bool {
	a, b := t.h[i], t.h[j]
	if a.deadline.Equal(b.deadline) {
		return a.id < b.id
	}
	return a.deadline.Before(b.deadline)
}

func (t *timerHeap) swap(i, j int) {
	t.h[i], t.h[j] = t.h[j], t.h[i]
	t.h[i].slot, t.h[j].slot = i, j
}
