package vrouter

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// reload puts cfg in force. Instances that stay the same virtual router on the network keep their state; only what
// differs is changed. Those that are gone leave first, so that nobody else's addresses are taken away later.
func (s *Set) reload(now time.Time, cfg *conf.Config) {
	next, rest := s.match(cfg)
	for _, m := range rest {
		s.remove(now, m)
	}
	for i, inst := range cfg.Instances {
		if m := next[i]; m != nil && m.held {
			// Before anything is set: an address may have moved to another instance.
			m.dropAddrs(without(m.cfg.Addrs, inst.Addrs))
			m.dropAddrs(without(m.cfg.ExcludedAddrs, inst.ExcludedAddrs))
		}
	}
	s.order = s.order[:0]
	for i, inst := range cfg.Instances {
		if next[i] == nil {
			next[i] = s.add(inst)
		} else {
			next[i].reconfigure(now, inst)
		}
		s.order = append(s.order, next[i])
	}
	s.regroup(cfg)
	if s.running {
		for _, m := range s.order {
			m.adjust()
		}
		s.settleReload(now)
	}
	for _, m := range s.order {
		s.arm(m)
	}
}

// match finds the machine of each instance of cfg, nil for a new one, and the machines that are of none.
// Should several have the same key, they are matched in order.
func (s *Set) match(cfg *conf.Config) (next, rest []*machine) {
	old := make(map[Key][]*machine, len(s.order))
	for _, m := range s.order {
		k := KeyOf(m.cfg)
		old[k] = append(old[k], m)
	}
	next = make([]*machine, len(cfg.Instances))
	for i, inst := range cfg.Instances {
		if k := KeyOf(inst); len(old[k]) > 0 {
			next[i], old[k] = old[k][0], old[k][1:]
		}
	}
	for _, m := range s.order {
		if slices.Contains(old[KeyOf(m.cfg)], m) {
			rest = append(rest, m)
		}
	}
	return next, rest
}

// settleReload starts what is new and lets faults and sync groups take effect.
func (s *Set) settleReload(now time.Time) {
	var fresh []*machine
	for _, m := range s.order {
		if m.state == Init {
			fresh = append(fresh, m)
		}
	}
	s.findFaults(fresh)
	for _, m := range s.order {
		if m.state == Init {
			m.start(now)
		} else {
			m.lookAtFaults(now)
		}
	}
	for _, g := range s.groups {
		g.settle(now)
	}
}

// remove ends an instance that is not in the configuration any more.
func (s *Set) remove(now time.Time, m *machine) {
	if s.running {
		if m.state == Master {
			m.leaveMaster(now, true)
		}
		to := Fault
		if m.cfg.NotifyDeletedState {
			to = Deleted
		}
		m.enter(now, to)
	}
	m.timer = timers{}
	s.arm(m)
	s.gone = append(s.gone, m.id)
}

// lookup is machine for the driver.
func (s *Set) lookup(id ID) *machine { return s.machine(id) }

// forgetGone drops what the latest Reload has removed.
func (s *Set) forgetGone() {
	for _, id := range s.gone {
		s.machines[id] = nil
	}
	s.gone = s.gone[:0]
}

// reconfigure makes the machine follow another configuration of the same virtual router.
func (m *machine) reconfigure(now time.Time, cfg *conf.Instance) {
	old := m.cfg
	m.cfg = cfg
	m.changePriority(now, old)
	m.changeInterval(now, old)
	if cfg.OldUnicastChecksum != old.OldUnicastChecksum {
		m.oldSum = cfg.OldUnicastChecksum == conf.OldChecksumForce
	}
	if !m.set.running {
		return
	}
	m.changeAddrs(old)
	m.changeAnnounce(now, old)
	if !cfg.Preempt || cfg.PreemptDelay == 0 {
		m.timer.preempt = time.Time{}
	}
}

// changePriority takes a new base priority over, without leaving MASTER.
func (m *machine) changePriority(now time.Time, old *conf.Instance) {
	if m.cfg.Priority == old.Priority {
		return
	}
	if m.priority = m.cfg.Priority; !m.isOwner() {
		m.priority = m.sum()
	}
	m.rogue = netip.Addr{}
	if m.state == Backup && m.isOwner() {
		m.timer.protocol = now // what is ours needs no waiting
	}
}

// changeInterval takes a new interval or version over.
func (m *machine) changeInterval(now time.Time, old *conf.Instance) {
	if m.cfg.AdvertInterval == old.AdvertInterval && m.cfg.Version == old.Version && m.cfg.DownAdverts == old.DownAdverts {
		return
	}
	if m.cfg.AdvertInterval != old.AdvertInterval || m.cfg.Version != old.Version {
		m.masterInterval = m.cfg.AdvertInterval
	}
	switch m.state {
	case Master:
		if t := now.Add(m.cfg.AdvertInterval); t.Before(m.timer.protocol) {
			m.timer.protocol = t
		}
	case Backup:
		m.timer.protocol = now.Add(m.downInterval())
	}
}

// changeAnnounce starts or stops the periodic announcement.
func (m *machine) changeAnnounce(now time.Time, old *conf.Instance) {
	if m.state == Master && m.cfg.ExtraIf != old.ExtraIf {
		m.startExtra(now)
	}
	if m.state != Master || m.cfg.Announce.Refresh == old.Announce.Refresh {
		return
	}
	m.timer.refresh = time.Time{}
	if d := m.cfg.Announce.Refresh; d > 0 {
		m.timer.refresh = now.Add(d)
	}
}

// changeAddrs sets and announces the addresses that a master has not had yet.
func (m *machine) changeAddrs(old *conf.Instance) {
	if !m.held {
		return
	}
	added := without(m.cfg.Addrs, old.Addrs)
	excluded := without(m.cfg.ExcludedAddrs, old.ExcludedAddrs)
	m.change(AddAddrs, "setting VIPs.", added)
	m.change(AddAddrs, "setting E-VIPs.", excluded)
	m.announce(added, m.cfg.Announce.Repeat, false)
	m.announce(excluded, m.cfg.Announce.Repeat, false)
	m.exchangeRoutes(old)
}

// dropAddrs takes away the addresses that a master has no more. Those whose properties differ are set again later.
func (m *machine) dropAddrs(addrs []conf.Address) {
	for _, a := range addrs {
		m.log(Info, fmt.Sprintf("ip address %s/%d dev %s, no longer exist",
			a.Prefix.Addr(), a.Prefix.Bits(), m.device(a)))
	}
	if len(addrs) > 0 {
		m.set.do(Action{Kind: DelAddrs, ID: m.id, Addrs: addrs})
	}
}

// without returns the addresses of a that are not in b with all their properties.
func without(a, b []conf.Address) []conf.Address {
	there := make(map[conf.Address]struct{}, len(b))
	for _, x := range b {
		there[unplaced(x)] = struct{}{}
	}
	var rest []conf.Address
	for _, x := range a {
		if _, ok := there[unplaced(x)]; !ok {
			rest = append(rest, x)
		}
	}
	return rest
}

// unplaced returns a as it would be anywhere in the file.
func unplaced(a conf.Address) conf.Address {
	a.Pos = conf.Address{}.Pos
	return a
}
