package vrouter

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Options are what a Set must know besides the configuration.
type Options struct {
	// Detail asks for the Log actions with Detail set. Without it they are not even composed.
	Detail bool
}

// Set is all instances and sync groups of one configuration. It is not safe for concurrent use.
type Set struct {
	detail  bool
	running bool // between Start and Stop

	machines []*machine // by ID; nil once removed
	order    []*machine // as configured
	links    map[string]Link
	timers   timerHeap
	groups   []*group
	tracked  map[conf.Target]Tracked
	uses     map[conf.Target][]*use
	gone     []ID // removed by the latest Reload, resolvable until the next Step

	acts []Action // of the Step that is under way
	addr addrList // scratch of AppendAdvert
}

// NewSet returns a Set in which every instance is in INIT. It does nothing before Start, but notes LinkChanged:
// tell it the state of all interfaces first, since an interface that it has never heard of is missing.
func NewSet(cfg *conf.Config, opts Options) *Set {
	s := &Set{detail: opts.Detail, links: make(map[string]Link), tracked: make(map[conf.Target]Tracked)}
	for _, inst := range cfg.Instances {
		s.order = append(s.order, s.add(inst))
	}
	s.regroup(cfg)
	return s
}

// Step tells the set that ev happened at now and appends what must be done, in order, to acts.
// It never blocks, reads no clock and starts nothing. now must not go backwards.
//
// A process that was stalled must hand over every packet that waits for it before it hands over a Timeout:
// what expired meanwhile may be set back by what arrived meanwhile.
func (s *Set) Step(now time.Time, ev Event, acts []Action) []Action {
	s.forgetGone()
	s.acts = acts
	switch ev.Kind {
	case Start:
		s.start(now)
	case Received:
		if m := s.machine(ev.ID); m != nil && s.running {
			m.receive(now, ev.Packet)
			s.arm(m)
		}
	case Timeout:
		s.timeout(now)
	case LinkChanged:
		s.linkChanged(now, ev.Link)
	case SourceChanged, AddrLost, ActionFailed:
		s.local(now, ev)
	case TrackedChanged:
		s.trackedChanged(now, ev.Tracked)
	case Reload:
		s.know(ev.Tracked)
		s.reload(now, ev.Config)
	case Stop:
		s.stop(now)
	}
	acts, s.acts = s.acts, nil
	return acts
}

// Deadline returns when Step(deadline, Timeout) is due; the zero Time means never.
func (s *Set) Deadline() time.Time { return s.timers.earliest() }

// ClaimsNext tells whether the next Deadline is that of a backup, which will claim to be master if nothing comes before.
// It is O(1). While another router is master such a deadline keeps moving away and is hardly ever reached.
func (s *Set) ClaimsNext() bool {
	h := s.timers.h
	return len(h) > 0 && h[0].state == Backup
}

func (s *Set) start(now time.Time) {
	if s.running {
		return
	}
	s.running = true
	s.retrack()
	for _, m := range s.order {
		m.adjust()
	}
	s.findFaults(s.order)
	for _, m := range s.order {
		m.removeAddrs() // what an earlier process may have left behind
	}
	s.leaveInit(now, (*machine).isBroken)
	for _, g := range s.groups {
		g.announceStart()
	}
	s.leaveInit(now, func(*machine) bool { return true })
	for _, g := range s.groups {
		g.settle(now)
	}
}

// leaveInit starts the instances in INIT that are of the kind.
func (s *Set) leaveInit(now time.Time, of func(*machine) bool) {
	for _, m := range s.order {
		if m.state == Init && of(m) {
			m.start(now)
			s.arm(m)
		}
	}
}

// findFaults finds out which instances have to start in FAULT, and says so.
func (s *Set) findFaults(ms []*machine) {
	for _, m := range ms {
		m.faults = m.findFaults()
		m.logFaults()
	}
	for _, g := range s.groups {
		if g.state == Init {
			g.logFaults()
		}
	}
	for _, m := range ms {
		if m.isBroken() {
			m.log(Info, "entering FAULT state")
		}
	}
}

// timeout serves every instance whose deadline has come, each once: a deadline that is set anew lies ahead.
func (s *Set) timeout(now time.Time) {
	for {
		m := s.timers.due(now)
		if m == nil {
			return
		}
		m.timeout(now)
		s.arm(m)
	}
}

func (s *Set) linkChanged(now time.Time, l Link) {
	s.links[l.Name] = l
	if !s.running {
		return
	}
	for _, m := range s.order {
		if m.cfg.Link() == l.Name {
			m.lookAtFaults(now)
			s.arm(m)
		}
	}
	s.consequences(now, conf.Target{Kind: conf.TrackInterface, Name: l.Name})
}

// local handles what happened on this host to one instance.
func (s *Set) local(now time.Time, ev Event) {
	m := s.machine(ev.ID)
	if m == nil {
		return
	}
	if ev.Kind == SourceChanged {
		m.sourceGone = !ev.Present
	}
	if !s.running {
		return
	}
	switch ev.Kind {
	case SourceChanged:
		m.lookAtFaults(now)
	case AddrLost:
		m.addrLost(now)
	case ActionFailed:
		m.actionFailed(now, ev.Failed, ev.Err)
	}
	s.arm(m)
}

func (s *Set) stop(now time.Time) {
	if !s.running {
		return
	}
	s.running = false
	for _, m := range s.order {
		m.stop(now)
		s.arm(m)
	}
	for _, g := range s.groups {
		g.enter(Stopped)
	}
}

// arm puts m where its earliest timer belongs among the others.
func (s *Set) arm(m *machine) { s.timers.set(m, m.earliest()) }

// machine returns nil for an ID that is not, or no longer, in use.
func (s *Set) machine(id ID) *machine {
	if id < 0 || int(id) >= len(s.machines) {
		return nil
	}
	return s.machines[id]
}

func (s *Set) add(cfg *conf.Instance) *machine {
	m := newMachine(s, ID(len(s.machines)), cfg)
	s.machines = append(s.machines, m)
	return m
}

// do appends an action to those of the Step that is under way.
func (s *Set) do(a Action) { s.acts = append(s.acts, a) }
