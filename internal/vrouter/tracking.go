package vrouter

import (
	"fmt"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Tracked is the state of something that instances track: a script, file, process or BFD session. Interfaces are told
// by LinkChanged.
type Tracked struct {
	conf.Target
	Known bool // false: no result yet; it matters to scripts and processes only, other things are down or 0 until told
	Up    bool // not for files
	Value int  // of a file
}

// use is one line by which an instance tracks something, of its own or of its sync group.
type use struct {
	m     *machine
	track conf.Track
	down  bool // a file has been found to ask for FAULT
}

// faultStatus is the product of value and weight from which on downwards a file asks for FAULT.
const faultStatus = -254

// mostStatus is what a file can add to a priority.
const mostStatus = 253

// retrack finds out who tracks what: the instances first, in their order, then the groups for all their members.
func (s *Set) retrack() {
	s.uses = make(map[conf.Target][]*use)
	for _, m := range s.order {
		m.uses = nil
		for _, t := range m.cfg.Tracks {
			if t.Weight == 0 || m.group == nil || m.group.cfg.TrackingWeight {
				s.track(m, t)
			}
		}
	}
	for _, g := range s.groups {
		for _, t := range g.cfg.Tracks {
			for _, m := range g.members {
				s.track(m, t)
			}
		}
	}
}

func (s *Set) track(m *machine, t conf.Track) {
	if t.Kind == conf.TrackInterface && t.Name == m.cfg.Interface && !m.cfg.DontTrackPrimary {
		return // it is tracked anyway
	}
	u := &use{m: m, track: t}
	u.down = s.failing(&t)
	m.uses = append(m.uses, u)
	s.uses[t.Target] = append(s.uses[t.Target], u)
}

// know notes states without any consequence yet.
func (s *Set) know(states []Tracked) {
	for _, t := range states {
		s.tracked[t.Target] = t
	}
}

// trackedChanged tells everyone who tracks something how it is now.
func (s *Set) trackedChanged(now time.Time, states []Tracked) {
	s.know(states)
	if !s.running {
		return
	}
	for _, t := range states {
		s.consequences(now, t.Target)
	}
}

// consequences lets the state of a thing take effect on all who track it, one after the other.
func (s *Set) consequences(now time.Time, t conf.Target) {
	for _, u := range s.uses[t] {
		if t.Kind == conf.TrackFile {
			u.fileChanged(now)
		} else if u.track.Weight == 0 {
			u.m.lookAtFaults(now)
		} else {
			u.m.adjust()
		}
		s.arm(u.m)
	}
}

// fileChanged is for a file, which may both change the priority and ask for FAULT. The priority that a note of FAULT
// tells is the one before.
func (u *use) fileChanged(now time.Time) {
	m := u.m
	was := u.down
	u.down = m.set.failing(&u.track)
	switch {
	case was == u.down:
		m.adjust()
	case u.down:
		m.logColon(fmt.Sprintf("tracked file %s now FAULT state", u.track.Name))
		m.lookAtFaults(now)
		m.priority = m.sum()
	default:
		m.logColon(fmt.Sprintf("tracked file %s leaving FAULT state", u.track.Name))
		m.priority = m.sum()
		m.lookAtFaults(now)
	}
}

// isUp tells whether a tracked thing is up, and whether that is known.
func (s *Set) isUp(t conf.Target) (up, known bool) {
	if t.Kind == conf.TrackInterface {
		l := s.links[t.Name]
		return l.Present && l.Up, true
	}
	st := s.tracked[t]
	return st.Up && st.Known, st.Known || t.Kind != conf.TrackScript && t.Kind != conf.TrackProcess
}

// status is what a file asks for: its value times the weight.
func (s *Set) status(t *conf.Track) int {
	value, weight := s.tracked[t.Target].Value, t.Weight
	if weight == 0 {
		if (value != 0) != t.Reverse {
			return faultStatus
		}
		return 0
	}
	if t.Reverse {
		weight = -weight
	}
	return value * weight
}

// failing tells whether a tracked thing asks for FAULT.
func (s *Set) failing(t *conf.Track) bool {
	if t.Kind == conf.TrackFile {
		return s.status(t) <= faultStatus
	}
	up, known := s.isUp(t.Target)
	return t.Weight == 0 && known && up == t.Reverse
}

// bonus is what a tracked thing adds to the priority.
func (s *Set) bonus(t *conf.Track) int {
	if t.Kind == conf.TrackFile {
		if st := s.status(t); st > faultStatus {
			return min(st, mostStatus)
		}
		return 0
	}
	up, known := s.isUp(t.Target)
	switch {
	case !known || t.Weight > 0 != up:
		return 0
	case t.Reverse:
		return -t.Weight
	}
	return t.Weight
}

// sum returns the effective priority: the base priority and what is tracked, from 1 to 254. That of the address owner
// does not change.
func (m *machine) sum() uint8 {
	if m.isOwner() {
		return m.priority
	}
	p := int(m.cfg.Priority)
	for _, u := range m.uses {
		p += m.set.bonus(&u.track)
	}
	return uint8(max(1, min(p, ownerPriority-1)))
}

// adjust makes the effective priority what it should be.
func (m *machine) adjust() {
	p := m.sum()
	if p == m.priority {
		return
	}
	m.log(Info, fmt.Sprintf("Changing effective priority from %d to %d", m.priority, p))
	m.priority = p
	if m.cfg.NotifyPriorityMoves || m.group != nil && m.group.cfg.NotifyPriorityMoves {
		m.set.do(Action{Kind: NotifyPriority, ID: m.id, To: m.state, Priority: p})
	}
}

// trackFaults returns the reasons for FAULT among the things that are tracked. Before it takes part, an instance waits
// for the first result of each script or process that could put it into FAULT.
func (m *machine) trackFaults() faultSet {
	var f faultSet
	for _, u := range m.uses {
		if m.set.failing(&u.track) {
			f |= faultTracked
		}
		if _, known := m.set.isUp(u.track.Target); !known && u.track.Weight == 0 && (m.state == Init || m.state == Fault) {
			f |= faultWaiting
		}
	}
	return f
}

// logTrackFaults says which tracked things make the instance start in FAULT.
func (m *machine) logTrackFaults() {
	for _, u := range m.uses {
		t := &u.track
		if !m.set.failing(t) {
			continue
		}
		switch t.Kind {
		case conf.TrackInterface:
			m.logColon(fmt.Sprintf("entering FAULT state (interface %s down)", t.Name))
		case conf.TrackScript:
			m.logColon(fmt.Sprintf("entering FAULT state due to script %s", t.Name))
		case conf.TrackFile:
			m.logColon(fmt.Sprintf("entering FAULT state (tracked file %s has status %d)", t.Name, m.set.status(t)))
		case conf.TrackProcess:
			m.log(Info, fmt.Sprintf("entering FAULT state (tracked process %s quorum not achieved)", t.Name))
		case conf.TrackBFD:
			m.log(Info, fmt.Sprintf("entering FAULT state (tracked BFD %s is down)", t.Name))
		}
	}
}
