package vrouter

import (
	"fmt"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// group is one sync group: instances that change state together. A nil group is that of an instance in no group: it never
// keeps anyone from anything.
type group struct {
	set     *Set
	cfg     *conf.SyncGroup
	members []*machine
	state   State // as last told to the outside
}

// regroup makes the groups follow a configuration. A group keeps its state for as long as its name lives.
func (s *Set) regroup(cfg *conf.Config) {
	old := make(map[string]State, len(s.groups))
	for _, g := range s.groups {
		old[g.cfg.Name] = g.state
	}
	byName := make(map[string]*machine, len(s.order))
	for _, m := range s.order {
		m.group = nil
		byName[m.cfg.Name] = m
	}
	s.groups = nil
	for _, c := range cfg.SyncGroups {
		g := &group{set: s, cfg: c, state: old[c.Name]}
		for _, name := range c.Members {
			// The first group of an instance counts; names of no instance were reported with the configuration.
			if m := byName[name]; m != nil && m.group == nil {
				m.group = g
				g.members = append(g.members, m)
			}
		}
		s.groups = append(s.groups, g)
	}
	s.retrack()
}

// wantsMaster tells whether all members want to be master.
func (g *group) wantsMaster() bool {
	if g == nil {
		return true
	}
	for _, m := range g.members {
		if !m.wants {
			return false
		}
	}
	return true
}

// isOwner tells whether all members are address owners.
func (g *group) isOwner() bool {
	if g == nil {
		return true
	}
	for _, m := range g.members {
		if !m.isOwner() {
			return false
		}
	}
	return true
}

// isFaulty tells whether any member has a reason for FAULT of its own.
func (g *group) isFaulty() bool {
	if g == nil {
		return false
	}
	for _, m := range g.members {
		if m.faults != 0 {
			return true
		}
	}
	return false
}

// isBroken tells whether any member has a reason for FAULT other than waiting for a script.
func (g *group) isBroken() bool {
	if g == nil {
		return false
	}
	for _, m := range g.members {
		if m.faults.isReal() {
			return true
		}
	}
	return false
}

// orOnly returns the members, or only m when there is no group.
func (g *group) orOnly(m *machine) []*machine {
	if g == nil {
		return []*machine{m}
	}
	return g.members
}

// logFaults says which members keep the group from starting.
func (g *group) logFaults() {
	for _, m := range g.members {
		if m.faults.isReal() {
			g.log(fmt.Sprintf("VRRP_Group(%s): Syncing %s to FAULT state", g.cfg.Name, m.cfg.Name))
		}
	}
}

// follow takes all members to the state that first has just entered. Resigning is what leaveMaster says.
func (g *group) follow(now time.Time, first *machine, resign bool) {
	if g == nil {
		return
	}
	to := first.state
	g.log(fmt.Sprintf("VRRP_Group(%s) Syncing instances to %s state", g.cfg.Name, to))
	for _, m := range g.members {
		if m != first {
			m.follow(now, to, resign)
			g.set.arm(m)
		}
	}
	g.enter(to)
}

// follow enters the state that another member of the sync group has entered.
func (m *machine) follow(now time.Time, to State, resign bool) {
	switch {
	case m.state == to:
		m.wants = to == Master
	case to == Master:
		m.becomeMaster(now, false)
	case to == Backup && m.quiet:
		m.becomeBackup(now, m.initialWait(), false)
	case to == Backup && m.state == Fault:
		m.recover(now)
	case to == Backup && resign:
		m.becomeBackup(now, m.skew(), true)
	case to == Backup:
		m.becomeBackup(now, m.downInterval(), false)
	case to == Fault:
		if m.state == Master {
			m.log(Info, "Entering FAULT STATE")
		}
		m.becomeFault(now)
	}
}

// settle brings members together that a start or a reload has left in different states, and tells the outside once.
func (g *group) settle(now time.Time) {
	if len(g.members) == 0 {
		return
	}
	to, mixed := g.members[0].state, false
	for _, m := range g.members {
		if m.state != to {
			mixed = true
		}
	}
	switch {
	case g.isFaulty():
		to = Fault
	case mixed:
		to = Backup
	}
	for _, m := range g.members {
		if m.state != to {
			m.follow(now, to, true)
			g.set.arm(m)
		}
	}
	if to == Fault && !g.isBroken() {
		return // the members wait for their scripts, quietly
	}
	g.enter(to)
}

// announceStart tells the outside which state the group starts in. keepalived says so after the members that start in
// FAULT, and before those that start in BACKUP: a script or reader may count on that. A group that waits for scripts, or
// is about to be master, says nothing yet.
func (g *group) announceStart() {
	switch {
	case len(g.members) == 0:
	case g.isBroken():
		g.enter(Fault)
	case !g.isFaulty() && !g.isOwner():
		g.enter(Backup)
	}
}

// enter tells the outside that the group has changed its state, unless it has not.
func (g *group) enter(to State) {
	if to == g.state {
		return
	}
	g.set.do(Action{Kind: NotifyGroup, Group: g.cfg.Name, From: g.state, To: to})
	g.state = to
}

// log adds a line that is about the group rather than an instance.
func (g *group) log(text string) {
	g.set.do(Action{Kind: Log, ID: g.members[0].id, Text: text})
}
