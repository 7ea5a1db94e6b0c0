package snmp

// columnsOfStats returns the columns of counters that the first version of the MIB had: connections, packets and bytes in and
// out, and from the column rates on five rates.
func columnsOfStats(conns, inPackets, outPackets, inBytes, outBytes, rates uint32) []Column[Stats] {
	out := []Column[Stats]{
		{conns, func(s *Stats) Value { return Gauge(s.Conns) }},
		{inPackets, func(s *Stats) Value { return Count32(s.InPackets) }},
		{outPackets, func(s *Stats) Value { return Count32(s.OutPackets) }},
		{inBytes, func(s *Stats) Value { return Count64(s.InBytes) }},
		{outBytes, func(s *Stats) Value { return Count64(s.OutBytes) }},
	}
	for i, rate := range rateFields() {
		out = append(out, Column[Stats]{rates + uint32(i), func(s *Stats) Value { return Gauge(*rate(s)) }})
	}
	return out
}

// columnsOfStats64 returns, from a column on, three counters of 64 bits and five rates in two halves each, the low one first.
func columnsOfStats64(first uint32) []Column[Stats] {
	out := []Column[Stats]{
		{first, func(s *Stats) Value { return Count64(s.Conns) }},
		{first + 1, func(s *Stats) Value { return Count64(s.InPackets) }},
		{first + 2, func(s *Stats) Value { return Count64(s.OutPackets) }},
	}
	for i, rate := range rateFields() {
		low := first + 3 + 2*uint32(i)
		out = append(out,
			Column[Stats]{low, func(s *Stats) Value { return Gauge(*rate(s)) }},
			Column[Stats]{low + 1, func(s *Stats) Value { return Gauge(*rate(s) >> 32) }})
	}
	return out
}

func rateFields() []func(s *Stats) *uint64 {
	return []func(s *Stats) *uint64{
		func(s *Stats) *uint64 { return &s.ConnRate },
		func(s *Stats) *uint64 { return &s.InPacketRate },
		func(s *Stats) *uint64 { return &s.OutPacketRate },
		func(s *Stats) *uint64 { return &s.InByteRate },
		func(s *Stats) *uint64 { return &s.OutByteRate },
	}
}
