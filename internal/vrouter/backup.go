package vrouter

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// becomeBackup enters BACKUP from MASTER or FAULT, for at least wait. Resigning is what leaveMaster says.
func (m *machine) becomeBackup(now time.Time, wait time.Duration, resign bool) {
	m.log(Info, "Entering BACKUP STATE")
	if m.state == Master {
		m.leaveMaster(now, resign)
	}
	m.enter(now, Backup)
	m.timer.protocol = now.Add(wait)
}

// heard is an accepted advert.
type heard struct {
	vrrp.Header
	src netip.Addr
}

// backupTimeout: "If the Active_Down_Timer fires, then: Send an ADVERTISEMENT. [...] Transition to the {Active} state."
// (RFC 9568 section 6.4.2)
func (m *machine) backupTimeout(now time.Time) { m.claim(now) }

// backupReceive handles an accepted advert (RFC 9568 section 6.4.2).
func (m *machine) backupReceive(now time.Time, a heard) {
	if a.Priority == 0 {
		// "If the Priority in the ADVERTISEMENT is 0, then: Set the Active_Down_Timer to Skew_Time."
		// (RFC 9568 section 6.4.2)
		m.stats.PriorityZeroReceived++
		m.detail("Backup received priority 0 advertisement")
		m.timer.protocol = now.Add(m.skew())
		return
	}
	if a.Priority < ownerPriority {
		m.trustOwnership()
	}
	if a.Priority < m.priority && !m.tolerates(now) {
		// "else // Preempt_Mode was true and the Priority in the ADVERTISEMENT is less than the local Priority:
		// Discard the ADVERTISEMENT." (RFC 9568 section 6.4.2)
		m.log(Info, fmt.Sprintf("received lower priority (%d) advert from %s - discarding", a.Priority, a.src))
		return
	}
	if a.Priority >= m.priority {
		m.stopPreemptDelay(now)
	}
	// "If Preempt_Mode is False, or if the Priority in the ADVERTISEMENT is greater than or equal to the local Priority,
	// then: Set Active_Adver_Interval to Max Advertise Interval contained in the ADVERTISEMENT. Recompute the Skew_Time.
	// Recompute the Active_Down_Interval. Reset the Active_Down_Timer to Active_Down_Interval."
	// (RFC 9568 section 6.4.2)
	m.wants = false
	m.accept(a)
	m.learnInterval(a)
	m.timer.protocol = now.Add(m.downInterval())
}

// tolerates tells whether a master of lower priority is to be left alone: for good, or for as long as preempt_delay runs
// since the first such advert.
func (m *machine) tolerates(now time.Time) bool {
	if m.isOwner() {
		return false
	}
	if !m.cfg.Preempt {
		return true
	}
	if m.cfg.PreemptDelay == 0 {
		return false
	}
	if m.timer.preempt.IsZero() {
		m.timer.preempt = now.Add(m.cfg.PreemptDelay)
		if m.set.detail {
			us := m.cfg.PreemptDelay.Microseconds()
			m.detail(fmt.Sprintf("start preempt delay (%d.%06d)", us/1e6, us%1e6))
		}
	}
	return now.Before(m.timer.preempt)
}

func (m *machine) stopPreemptDelay(now time.Time) {
	if m.timer.preempt.IsZero() {
		return
	}
	if now.Before(m.timer.preempt) {
		m.detail("stop preempt delay")
	}
	m.timer.preempt = time.Time{}
}

// accept notes who is master.
func (m *machine) accept(a heard) {
	if a.src != m.master {
		m.told = 0
		if m.set.detail {
			if m.master.IsValid() {
				m.detail(fmt.Sprintf("master changed from %s to %s", m.master, a.src))
			} else {
				m.detail(fmt.Sprintf("master set to %s", a.src))
			}
		}
		m.master = a.src
	}
	m.masterPriority = a.Priority
}

// learnInterval adopts the interval of a version 3 master. None sends the interval zero in earnest: it would make every
// backup claim at once, and is passed over.
func (m *machine) learnInterval(a heard) {
	if m.cfg.Version == 2 || a.Interval == m.masterInterval || a.Interval == 0 {
		return
	}
	if m.set.detail {
		m.detail(fmt.Sprintf("advertisement interval updated from %dms to %dms by master",
			m.masterInterval.Milliseconds(), a.Interval.Milliseconds()))
	}
	m.masterInterval = a.Interval
}
