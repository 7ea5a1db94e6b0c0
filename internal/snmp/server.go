package snmp

import "github.com/keepalived-go/keepalived/internal/conf"

// serverOID returns realServerEntry.
func serverOID() OID { return CheckOID().With(4, 1) }

// serverRow is a row of realServerTable: a real server, or a sorry server, which has no state.
type serverRow struct {
	*Server
	conf        *conf.RealServer
	vs          *conf.VirtualServer
	service, at int // at is Sorry for the sorry server
	of          *Checkers
}

func (r *serverRow) sorry() bool { return r.at == Sorry }

func (r *serverRow) stats() ServerStats {
	if r.of.Counters == nil {
		return ServerStats{}
	}
	return r.of.Counters.Server(r.service, r.at)
}

// serverTable returns realServerTable. The sorry server of a virtual server comes before the others.
func serverTable(c *Checkers) Table {
	var rows []serverRow
	var indexes []OID
	for i := range c.Services {
		s := &c.Services[i]
		first := len(rows)
		if s.Conf.Sorry != nil {
			rows = append(rows, serverRow{nil, s.Conf.Sorry, s.Conf, i, Sorry, c})
		}
		for j := range s.Servers {
			rows = append(rows, serverRow{&s.Servers[j], s.Servers[j].Conf, s.Conf, i, j, c})
		}
		for n := range len(rows) - first {
			indexes = append(indexes, OID{uint32(i) + 1, uint32(n) + 1})
		}
	}
	columns := append(serverState(), serverCounters()...)
	return NewTable(serverOID(), append(columns, serverOptions()...), rows, indexes)
}

// The columns of realServerTable that notifications have as well, and the one that can be written.
const (
	serverFamilyColumn  = 3
	serverAddressColumn = 4
	serverPortColumn    = 5
	serverStatusColumn  = 6
	serverWeightColumn  = 7
)

// regular returns a column that the sorry server does not have.
func regular(id uint32, value func(r *serverRow) Value) Column[serverRow] {
	return Column[serverRow]{id, func(r *serverRow) Value {
		if r.sorry() {
			return Value{}
		}
		return value(r)
	}}
}

func serverState() []Column[serverRow] {
	return []Column[serverRow]{
		{2, func(r *serverRow) Value { return Choice(!r.sorry()) }},
		{serverFamilyColumn, func(r *serverRow) Value { return typeOf(r.conf.Addr) }},
		{serverAddressColumn, func(r *serverRow) Value { return Address(r.conf.Addr) }},
		{serverPortColumn, func(r *serverRow) Value { return Gauge(r.conf.Port) }},
		regular(serverStatusColumn, func(r *serverRow) Value { return Choice(r.Up) }),
		regular(serverWeightColumn, func(r *serverRow) Value { return Int(r.Weight) }),
		regular(8, func(r *serverRow) Value { return threshold(r.conf.Upper) }),
		regular(9, func(r *serverRow) Value { return threshold(r.conf.Lower) }),
		regular(10, func(r *serverRow) Value { return Choice(!r.conf.Inhibit) }),
		regular(11, func(r *serverRow) Value { return command(r.conf.NotifyUp) }),
		regular(12, func(r *serverRow) Value { return command(r.conf.NotifyDown) }),
		regular(13, func(r *serverRow) Value { return Gauge(r.Failed) }),
	}
}

func threshold(n uint32) Value {
	if n == 0 {
		return Value{}
	}
	return Gauge(n)
}

func serverCounters() []Column[serverRow] {
	var out []Column[serverRow]
	add := func(columns []Column[Stats]) {
		for _, c := range columns {
			out = append(out, Column[serverRow]{c.ID, func(r *serverRow) Value { s := r.stats(); return c.Value(&s.Stats) }})
		}
	}
	stats := columnsOfStats(14, 18, 19, 20, 21, 22)
	add(stats[:1])
	out = append(out,
		Column[serverRow]{15, func(r *serverRow) Value { return Gauge(r.stats().Active) }},
		Column[serverRow]{16, func(r *serverRow) Value { return Gauge(r.stats().Inactive) }},
		Column[serverRow]{17, func(r *serverRow) Value { return Gauge(r.stats().Persistent) }},
	)
	add(stats[1:])
	add(columnsOfStats64(27))
	return out
}

func serverOptions() []Column[serverRow] {
	tunnel := func(id uint32, of func(t conf.Tunnel) Value) Column[serverRow] {
		return Column[serverRow]{id, func(r *serverRow) Value { return ofTunnel(r.conf.Method, r.conf.Tunnel, of) }}
	}
	// timed returns a column of what holds for the checkers of the server: what was said of it, or of its virtual server. The
	// sorry server has none.
	timed := func(id uint32, of func(t conf.Timing) Value) Column[serverRow] {
		return Column[serverRow]{id, func(r *serverRow) Value {
			if r.sorry() {
				return Gauge(0)
			}
			return of(*r.conf.Timing)
		}}
	}
	return []Column[serverRow]{
		{40, func(r *serverRow) Value { return Int(forwarding(r.conf.Method)) }},
		{41, func(r *serverRow) Value { return unlessEmpty(r.conf.VirtualHost) }},
		{42, func(r *serverRow) Value { return Choice(r.conf.Alpha) }},
		timed(43, func(t conf.Timing) Value { return Gauge(max(t.Retry, 0)) }),
		timed(44, func(t conf.Timing) Value { return seconds(t.BeforeRetry) }),
		timed(45, func(t conf.Timing) Value { return seconds(t.Warmup) }),
		timed(46, func(t conf.Timing) Value { return seconds(loopOf(t)) }),
		{47, func(r *serverRow) Value { return Choice(r.conf.SMTPAlert) }},
		timed(48, func(t conf.Timing) Value { return micros(t.BeforeRetry) }),
		timed(49, func(t conf.Timing) Value { return micros(t.Warmup) }),
		timed(50, func(t conf.Timing) Value { return micros(loopOf(t)) }),
		timed(51, func(t conf.Timing) Value { return micros(connectOf(t)) }),
		tunnel(52, tunnelType),
		tunnel(53, tunnelPort),
		tunnel(54, tunnelChecksum),
		{55, func(r *serverRow) Value { return unlessEmpty(r.conf.SNMPName) }},
	}
}
