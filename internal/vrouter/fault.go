package vrouter

import (
	"fmt"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// faultSet is the reasons for which an instance cannot take part; empty when it can.
type faultSet uint8

const (
	faultLink    faultSet = 1 << iota // the interface is missing or not running
	faultAddress                      // the interface has no address of the family to send from
	faultSource                       // the configured source address is not on this host
	faultNoPeer                       // unicast without peers (unicast_fault_no_peer)
	faultTracked                      // something that is tracked is down
	faultWaiting                      // a script that is tracked has had no result yet
)

// isReal tells whether there is more than waiting.
func (f faultSet) isReal() bool { return f&^faultWaiting != 0 }

// findFaults looks at everything that can keep the instance from taking part, and notes the source address.
func (m *machine) findFaults() faultSet {
	var f faultSet
	link := m.set.links[m.cfg.Link()]
	if m.cfg.Link() != "" && (!link.Present || !link.Up && !m.cfg.DontTrackPrimary) {
		f |= faultLink
	}
	src := m.cfg.SourceAddr
	if !src.IsValid() {
		src = link.Addr4
		if m.cfg.Family == conf.IPv6 {
			src = link.Addr6
		}
		if !src.IsValid() {
			f |= faultAddress
		}
	} else if m.cfg.TrackSource && m.sourceGone {
		f |= faultSource
	}
	if src.IsValid() {
		m.source = src.WithZone("")
	}
	if m.cfg.FaultNoPeer && m.cfg.Unicast && len(m.cfg.Peers) == 0 {
		f |= faultNoPeer
	}
	return f | m.trackFaults()
}

// lookAtFaults enters or leaves FAULT as the faults demand. "If a Shutdown event is received, then: Cancel the
// Active_Down_Timer. Transition to the {Initialize} state." (RFC 9568 section 6.4.2); FAULT is that, with a way back.
func (m *machine) lookAtFaults(now time.Time) {
	m.faults = m.findFaults()
	switch {
	case m.faults.isReal() && m.state != Fault:
		m.log(Info, "Entering FAULT STATE")
		m.becomeFault(now)
		m.group.follow(now, m, true)
	case m.faults.isReal() && m.quiet:
		m.enter(now, Fault) // what the script has logged says enough
		m.group.follow(now, m, true)
	case m.faults == 0 && m.quiet && !m.group.isFaulty():
		m.begin(now)
	case m.faults == 0 && m.state == Fault && !m.group.isFaulty():
		m.recover(now)
		m.group.follow(now, m, false)
	}
}

// becomeFault enters FAULT.
func (m *machine) becomeFault(now time.Time) {
	if m.state == Master {
		m.leaveMaster(now, true)
	}
	m.enter(now, Fault)
}

// recover leaves FAULT. What was learnt about the master may not be true any more.
func (m *machine) recover(now time.Time) {
	m.masterInterval = m.cfg.AdvertInterval
	m.becomeBackup(now, m.downInterval(), false)
}

// begin lets an instance take part that has waited for its scripts since the start.
func (m *machine) begin(now time.Time) {
	if m.isOwner() && m.group.isOwner() {
		m.wants = true
		m.becomeMaster(now, false)
	} else {
		m.becomeBackup(now, m.initialWait(), false)
	}
	m.group.follow(now, m, false)
}

// logFaults says why the instance starts in FAULT.
func (m *machine) logFaults() {
	if m.faults&faultLink != 0 {
		m.logColon(fmt.Sprintf("entering FAULT state (interface %s down)", m.cfg.Link()))
	}
	if m.faults&faultAddress != 0 {
		m.log(Info, fmt.Sprintf("entering FAULT state (no IPv%d address for interface)", m.cfg.Family))
	}
	if m.faults&faultSource != 0 {
		m.logColon("entering FAULT state (src address not configured)")
	}
	m.logTrackFaults()
}
