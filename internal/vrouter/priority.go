package vrouter

import "time"

// ownerPriority is the priority of the router that owns the addresses (RFC 9568 section 5.2.4); it also gives the
// smallest skew.
const ownerPriority = 255

// isOwner tells whether the configuration makes this router the address owner.
func (m *machine) isOwner() bool { return m.cfg.Priority == ownerPriority }

// skew is Skew_Time. An owner that had to lower itself keeps the skew of an owner.
func (m *machine) skew() time.Duration {
	if m.isOwner() {
		return m.skewOf(ownerPriority)
	}
	return m.skewOf(m.priority)
}

func (m *machine) skewOf(priority uint8) time.Duration {
	unit := time.Second
	if m.cfg.Version != 2 {
		unit = m.masterInterval
	}
	// Version 2: "Skew_Time: ( (256 - Priority) / 256 )" seconds (RFC 3768 section 6.1).
	// Version 3: "Skew_Time: [...] (((256 - Priority) * Active_Adver_Interval) / 256)" (RFC 9568 section 6.1).
	return time.Duration(256-int(priority)) * unit / 256
}

// downInterval is Active_Down_Interval: "(3 * Active_Adver_Interval) + Skew_Time" (RFC 9568 section 6.1), where 3 can be
// configured.
func (m *machine) downInterval() time.Duration {
	return time.Duration(m.cfg.DownAdverts)*m.masterInterval + m.skew()
}
