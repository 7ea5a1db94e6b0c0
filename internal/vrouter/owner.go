package vrouter

import (
	"fmt"
	"net/netip"
	"time"
)

// ownerConflict handles two routers that both claim to own the addresses, which no standard foresees.
// They are told apart as equal priorities are, by address; the lower one keeps out while the other is heard.
func (m *machine) ownerConflict(now time.Time, a heard, theirsHigher bool) {
	silence := time.Duration(m.cfg.DownAdverts+1) * max(m.cfg.AdvertInterval, a.Interval)
	known := m.rogue == a.src && now.Sub(m.rogueHeard) <= silence
	m.rogue, m.rogueHeard = a.src, now
	if !known {
		m.log(Error, fmt.Sprintf("CONFIGURATION ERROR: local instance and %s are both configured as address owner,"+
			" please resolve", a.src))
		m.sendNow(now) // it may give way
		return
	}
	if !theirsHigher {
		return
	}
	m.log(Error, fmt.Sprintf("%s is still advertising as address owner, please resolve - reducing our priority", a.src))
	m.priority = ownerPriority - 1
	m.log(Info, fmt.Sprintf("Master received advert from %s with higher priority %d, ours %d",
		a.src, a.Priority, m.priority))
	m.yieldTo(now, a)
}

// trustOwnership takes our own ownership for granted again, as no other owner is master.
func (m *machine) trustOwnership() {
	if m.isOwner() && m.priority != ownerPriority {
		m.priority = ownerPriority
		m.logColon("rogue address owner appears to have stopped advertising")
		m.rogue = netip.Addr{}
	}
}
