package vrouter

import (
	"fmt"
	"net/netip"
	"time"
)

// claim makes this router master, as nobody better has been heard in time. A member of a sync group has to wait until all
// others want to be master, too.
func (m *machine) claim(now time.Time) {
	m.wants = true
	if !m.group.wantsMaster() {
		m.detail("Receive advertisement timeout")
		m.timer.protocol = now.Add(m.downInterval())
		return
	}
	m.becomeMaster(now, true)
	m.group.follow(now, m, false)
}

// becomeMaster enters MASTER; expired tells whether its own timer is the reason.
func (m *machine) becomeMaster(now time.Time, expired bool) {
	m.trustOwnership()
	// The first advert goes out before anything else: it is what the other routers wait for.
	m.send(now, m.priority)
	if expired {
		m.detail("Receive advertisement timeout")
	}
	m.log(Info, "Entering MASTER STATE")
	if m.masterInterval != m.cfg.AdvertInterval {
		m.detail(fmt.Sprintf("changing advert interval from %dms to locally configured %dms",
			m.masterInterval.Milliseconds(), m.cfg.AdvertInterval.Milliseconds()))
		m.masterInterval = m.cfg.AdvertInterval
	}
	m.setAddrs()
	m.announceAll(m.cfg.Announce.Repeat, false)
	m.enter(now, Master)
	m.stats.BecameMaster++
	m.timer.protocol = now.Add(m.cfg.AdvertInterval)
	m.timer.retry = time.Time{}
	if d := m.cfg.Announce.Delay; d > 0 {
		m.timer.announce = now.Add(d)
	}
	if d := m.cfg.Announce.Refresh; d > 0 {
		m.timer.refresh = now.Add(d)
	}
	m.startExtra(now)
}

// leaveMaster gives the addresses up. The caller enters the next state. Resigning tells the other routers, so that they
// need not wait; it is left out when one of them has taken over already.
func (m *machine) leaveMaster(now time.Time, resign bool) {
	if resign {
		m.send(now, 0)
		m.detail("sent 0 priority")
	}
	m.set.do(Action{Kind: StopAnnounce, ID: m.id})
	m.removeAddrs()
	m.timer = timers{}
	m.stats.ReleasedMaster++
}

// masterTimeout: "If the Adver_Timer fires, then: Send an ADVERTISEMENT. Reset the Adver_Timer to
// Advertisement_Interval." (RFC 9568 section 6.4.3)
func (m *machine) masterTimeout(now time.Time) {
	if m.sleptTooLong(now) {
		m.yield(now, netip.Addr{}, 0)
		return
	}
	m.send(now, m.priority)
	// Counted from when it should have been sent, so that late wake-ups do not add up.
	m.timer.protocol = m.timer.protocol.Add(m.cfg.AdvertInterval)
	if !m.timer.protocol.After(now) {
		m.timer.protocol = now.Add(m.cfg.AdvertInterval)
	}
}

// sleptTooLong tells whether another router must have taken over since our latest advert (timer_expired_backup).
func (m *machine) sleptTooLong(now time.Time) bool {
	other := m.cfg.TimerExpiredBackup
	return other != 0 && now.Sub(m.lastSent) > 3*m.cfg.AdvertInterval+m.skewOf(other)
}

// masterReceive handles an accepted advert (RFC 9568 section 6.4.3).
func (m *machine) masterReceive(now time.Time, a heard) {
	higherAddr := a.src.Compare(m.source)
	switch {
	case a.Priority == 0:
		// "If the Priority in the ADVERTISEMENT is 0, then: Send an ADVERTISEMENT. Reset the Adver_Timer to
		// Advertisement_Interval." (RFC 9568 section 6.4.3)
		m.stats.PriorityZeroReceived++
		m.detail("Master received priority 0 message")
		m.sendNow(now)
	case m.priority == ownerPriority && a.Priority == ownerPriority:
		m.ownerConflict(now, a, higherAddr > 0)
	case a.Priority > m.priority:
		// "If the Priority in the ADVERTISEMENT is greater than the local Priority [...] Set Active_Adver_Interval [...]
		// Transition to the {Backup} state." (RFC 9568 section 6.4.3)
		m.log(Info, fmt.Sprintf("Master received advert from %s with higher priority %d, ours %d",
			a.src, a.Priority, m.priority))
		m.yieldTo(now, a)
	case a.Priority == m.priority && higherAddr > 0:
		// "or [...] equal to the local Priority and the primary IPvX address of the sender is greater than the local
		// primary IPvX address" (RFC 9568 section 6.4.3)
		m.log(Info, fmt.Sprintf("Master received advert from %s with same priority %d but higher IP address than ours",
			a.src, a.Priority))
		m.yieldTo(now, a)
	case a.Priority == m.priority && higherAddr == 0:
		m.log(Warning, "WARNING - equal priority advert received from remote host with our IP address.")
	default:
		m.defend(now, a)
	}
}

// defend answers a router that should not be master: "else // new Active logic: Discard ADVERTISEMENT. Send an
// ADVERTISEMENT immediately to assert the {Active} state to the sending VRRP Router and to update any learning bridges
// with the correct Active VRRP Router path." (RFC 9568 section 6.4.3)
func (m *machine) defend(now time.Time, a heard) {
	election := ", forcing new election"
	if m.cfg.LowerPrioNoAdvert {
		election = ""
	}
	m.log(Info, fmt.Sprintf("Received advert from %s with lower priority %d, ours %d%s",
		a.src, a.Priority, m.priority, election))
	if !m.cfg.LowerPrioNoAdvert {
		m.sendNow(now)
	}
	// The hosts may have learnt that router's MAC address.
	if n := m.cfg.Announce.LowerPrioRepeat; n > 0 {
		m.announceAll(n, false)
		if d := m.cfg.Announce.LowerPrioDelay; d > 0 {
			m.timer.lower = now.Add(d)
		}
	}
	for _, peer := range m.group.orOnly(m) {
		m.set.do(Action{Kind: NotifyRxLowerPrio, ID: peer.id, Priority: peer.priority})
	}
}

// sendNow sends an advert out of turn.
func (m *machine) sendNow(now time.Time) {
	m.send(now, m.priority)
	m.timer.protocol = now.Add(m.cfg.AdvertInterval)
}

// yieldTo lets the better router be master.
func (m *machine) yieldTo(now time.Time, a heard) {
	if m.cfg.HigherPrioAdvert {
		m.send(now, m.priority)
	}
	m.learnInterval(a)
	m.yield(now, a.src, a.Priority)
}

// yield becomes backup because another router, the zero Addr if not known, is master.
func (m *machine) yield(now time.Time, to netip.Addr, priority uint8) {
	m.becomeBackup(now, m.downInterval(), false)
	m.master, m.masterPriority = to, priority
	m.group.follow(now, m, false)
}
