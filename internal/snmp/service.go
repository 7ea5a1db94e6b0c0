package snmp

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// serviceOID returns virtualServerEntry.
func serviceOID() OID { return CheckOID().With(3, 1) }

// serviceRow is a row of virtualServerTable.
type serviceRow struct {
	*Service
	at int
	of *Checkers
}

func (r *serviceRow) stats() Stats {
	if r.of.Counters == nil {
		return Stats{}
	}
	return r.of.Counters.Service(r.at)
}

func serviceTable(c *Checkers) Table {
	rows := make([]serviceRow, len(c.Services))
	for i := range rows {
		rows[i] = serviceRow{&c.Services[i], i, c}
	}
	columns := append(serviceIdentity(), serviceState()...)
	columns = append(columns, serviceCounters()...)
	return NewTable(serviceOID(), append(columns, serviceOptions()...), rows, numbers(len(rows)))
}

// The columns of virtualServerTable that notifications have as well.
const (
	serviceTypeColumn     = 2
	serviceGroupColumn    = 3
	serviceMarkColumn     = 4
	serviceFamilyColumn   = 5
	serviceAddressColumn  = 6
	servicePortColumn     = 7
	serviceProtocolColumn = 8
	serversTotalColumn    = 20
	serversUpColumn       = 21
	serviceQuorumColumn   = 22
	quorumStatusColumn    = 23
)

// The types of virtualServerType.
const (
	serviceOfMark = 1 + iota
	serviceOfAddress
	serviceOfGroup
)

func serviceType(v *conf.VirtualServer) int {
	switch {
	case v.Group != "":
		return serviceOfGroup
	case v.Addr.IsValid():
		return serviceOfAddress
	}
	return serviceOfMark
}

// protocol returns the value of virtualServerProtocol.
func protocol(v *conf.VirtualServer) Value {
	return Int(map[conf.Protocol]int{conf.TCP: 1, conf.UDP: 2, conf.SCTP: 3, conf.NoProtocol: 4}[v.Protocol])
}

// six tells whether a virtual server is for IPv6: of a group that is what its addresses say.
func six(v *conf.VirtualServer) bool {
	for _, m := range v.Members {
		if m.Addr.IsValid() {
			return m.Addr.Is6()
		}
	}
	return v.Family == conf.IPv6
}

// family returns the InetAddressType of the packets.
func family(v *conf.VirtualServer) Value {
	if six(v) {
		return Int(typeIPv6)
	}
	return Int(typeIPv4)
}

// serviceColumn returns a column that follows from the configuration.
func serviceColumn(id uint32, value func(v *conf.VirtualServer) Value) Column[serviceRow] {
	return Column[serviceRow]{id, func(r *serviceRow) Value { return value(r.Conf) }}
}

// onlyWith returns a column that only some types of virtual servers have.
func onlyWith(kind int, id uint32, value func(v *conf.VirtualServer) Value) Column[serviceRow] {
	return serviceColumn(id, func(v *conf.VirtualServer) Value {
		if serviceType(v) != kind {
			return Value{}
		}
		return value(v)
	})
}

func serviceIdentity() []Column[serviceRow] {
	column := serviceColumn
	return []Column[serviceRow]{
		column(serviceTypeColumn, func(v *conf.VirtualServer) Value { return Int(serviceType(v)) }),
		onlyWith(serviceOfGroup, serviceGroupColumn, func(v *conf.VirtualServer) Value { return Text(v.Group) }),
		onlyWith(serviceOfMark, serviceMarkColumn, func(v *conf.VirtualServer) Value { return Gauge(v.Mark) }),
		column(serviceFamilyColumn, family),
		onlyWith(serviceOfAddress, serviceAddressColumn, func(v *conf.VirtualServer) Value { return Address(v.Addr) }),
		onlyWith(serviceOfAddress, servicePortColumn, func(v *conf.VirtualServer) Value { return Gauge(v.Port) }),
		column(serviceProtocolColumn, protocol),
		column(9, func(v *conf.VirtualServer) Value { return Int(scheduler(v.Scheduler)) }),
		column(10, func(v *conf.VirtualServer) Value { return Int(forwarding(v.Method)) }),
	}
}

// scheduler returns the value of virtualServerLoadBalancingAlgo.
func scheduler(name string) int {
	for i, s := range strings.Fields("rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos") {
		if s == name {
			return i + 1
		}
	}
	return 99
}

// forwarding returns nat, dr or tun.
func forwarding(f conf.Forwarding) int {
	return map[conf.Forwarding]int{conf.NAT: 1, conf.DR: 2, conf.TUN: 3}[f]
}

func serviceState() []Column[serviceRow] {
	column := serviceColumn
	return []Column[serviceRow]{
		column(11, func(*conf.VirtualServer) Value { return Int(1) }), // alive: as long as it is configured
		column(12, func(v *conf.VirtualServer) Value { return unlessEmpty(v.VirtualHost) }),
		column(13, func(v *conf.VirtualServer) Value { return Choice(v.Persistent > 0) }),
		column(14, func(v *conf.VirtualServer) Value {
			if v.Persistent == 0 {
				return Value{}
			}
			return Gauge(uint32(v.Persistent / time.Second))
		}),
		column(15, granularity4),
		column(16, func(v *conf.VirtualServer) Value { return seconds(loopOf(v.Timing)) }),
		column(17, func(v *conf.VirtualServer) Value { return Choice(v.HASuspend) }),
		column(18, func(v *conf.VirtualServer) Value { return Choice(v.Alpha) }),
		column(19, func(v *conf.VirtualServer) Value { return Choice(v.Omega) }),
		column(serversTotalColumn, func(v *conf.VirtualServer) Value { return Gauge(len(v.Servers)) }),
		{serversUpColumn, func(r *serviceRow) Value { return Gauge(r.live()) }},
		column(serviceQuorumColumn, func(v *conf.VirtualServer) Value { return Gauge(v.Quorum) }),
		{quorumStatusColumn, func(r *serviceRow) Value { return Choice(r.Quorum) }},
		column(24, func(v *conf.VirtualServer) Value { return command(v.QuorumUp) }),
		column(25, func(v *conf.VirtualServer) Value { return command(v.QuorumDown) }),
		column(26, func(v *conf.VirtualServer) Value { return Gauge(v.Hysteresis) }),
	}
}

// live returns how many servers are up.
func (s *Service) live() int {
	n := 0
	for _, r := range s.Servers {
		if r.Up {
			n++
		}
	}
	return n
}

// granularity4 and granularity6 return what persistence compares of a client. Of marks and groups, whose family is not said,
// keepalived shows the number in both columns: as it lies in the memory of a little-endian machine.
func granularity4(v *conf.VirtualServer) Value {
	if v.Addr.Is6() {
		return Value{}
	}
	if six(v) && v.Netmask != 0 {
		return Value{Kind: OctetString, Bytes: binary.LittleEndian.AppendUint32(nil, v.Netmask)}
	}
	return Value{Kind: OctetString, Bytes: binary.BigEndian.AppendUint32(nil, wholeMask(v))}
}

func granularity6(v *conf.VirtualServer) Value {
	switch {
	case v.Addr.Is4():
		return Value{}
	case six(v):
		return Gauge(wholeMask(v))
	}
	return Gauge(bits.ReverseBytes32(wholeMask(v)))
}

// wholeMask returns the mask, all ones when none was given.
func wholeMask(v *conf.VirtualServer) uint32 {
	if v.Netmask == 0 {
		return math.MaxUint32
	}
	return v.Netmask
}

// command returns a script as its words, each in quotes.
func command(s *conf.Script) Value {
	if s == nil {
		return Value{}
	}
	return Text("'" + strings.Join(s.Argv, "' '") + "'")
}

func serviceCounters() []Column[serviceRow] {
	all := columnsOfStats(27, 28, 29, 30, 31, 32)
	all64 := columnsOfStats64(38)
	var out []Column[serviceRow]
	for _, c := range all {
		out = append(out, Column[serviceRow]{c.ID, func(r *serviceRow) Value { s := r.stats(); return c.Value(&s) }})
	}
	out = append(out, serviceColumn(37, func(v *conf.VirtualServer) Value { return Choice(v.OnePacket) }))
	for _, c := range all64 {
		out = append(out, Column[serviceRow]{c.ID, func(r *serviceRow) Value { s := r.stats(); return c.Value(&s) }})
	}
	return out
}

func serviceOptions() []Column[serviceRow] {
	column := serviceColumn
	flag := func(f conf.SchedFlags) func(v *conf.VirtualServer) Value {
		return func(v *conf.VirtualServer) Value { return Choice(v.SchedFlags&f != 0) }
	}
	tunnel := func(id uint32, of func(t conf.Tunnel) Value) Column[serviceRow] {
		return column(id, func(v *conf.VirtualServer) Value { return ofTunnel(v.Method, v.Tunnel, of) })
	}
	return []Column[serviceRow]{
		column(51, granularity6),
		column(52, func(*conf.VirtualServer) Value { return Choice(false) }), // the keyword is known and does nothing
		column(53, flag(conf.SchedFlag1)),
		column(54, flag(conf.SchedFlag2)),
		column(55, flag(conf.SchedFlag3)),
		column(56, func(v *conf.VirtualServer) Value { return Choice(!v.Inhibit) }),
		column(57, func(v *conf.VirtualServer) Value { return Gauge(max(v.Timing.Retry, 0)) }),
		column(58, func(v *conf.VirtualServer) Value { return seconds(v.Timing.BeforeRetry) }),
		column(59, func(v *conf.VirtualServer) Value { return seconds(v.Timing.Warmup) }),
		column(60, func(v *conf.VirtualServer) Value { return Int(v.Weight) }),
		column(61, func(v *conf.VirtualServer) Value { return Choice(v.SMTPAlert) }),
		column(62, flag(conf.SchedFlag1)),
		column(63, flag(conf.SchedFlag2)),
		column(64, func(v *conf.VirtualServer) Value { return micros(loopOf(v.Timing)) }),
		column(65, func(v *conf.VirtualServer) Value { return micros(v.Timing.BeforeRetry) }),
		column(66, func(v *conf.VirtualServer) Value { return micros(v.Timing.Warmup) }),
		column(67, func(v *conf.VirtualServer) Value { return micros(connectOf(v.Timing)) }),
		tunnel(68, tunnelType),
		tunnel(69, tunnelPort),
		tunnel(70, tunnelChecksum),
		column(71, func(v *conf.VirtualServer) Value { return unlessEmpty(v.SNMPName) }),
	}
}

// What holds for a checker whose blocks say nothing, of what has a default for every kind of checker.
const (
	defaultLoop    = time.Minute
	defaultConnect = 5 * time.Second
)

func loopOf(t conf.Timing) time.Duration {
	if t.Loop < 0 {
		return defaultLoop
	}
	return t.Loop
}

func connectOf(t conf.Timing) time.Duration {
	if t.Connect < 0 {
		return defaultConnect
	}
	return t.Connect
}

// seconds and micros return a time in whole units, 0 for one that was not given.
func seconds(d time.Duration) Value { return Gauge(uint32(max(d, 0) / time.Second)) }

func micros(d time.Duration) Value { return Gauge(uint32(max(d, 0) / time.Microsecond)) }

// ofTunnel returns what only the forwarding method TUN has.
func ofTunnel(f conf.Forwarding, t conf.Tunnel, of func(t conf.Tunnel) Value) Value {
	if f != conf.TUN {
		return Value{}
	}
	return of(t)
}

func tunnelType(t conf.Tunnel) Value { return Int(int(t.Type) + 1) }

func tunnelPort(t conf.Tunnel) Value {
	if t.Type != conf.GUE {
		return Value{}
	}
	return Gauge(t.Port)
}

func tunnelChecksum(t conf.Tunnel) Value {
	if t.Type == conf.IPIP {
		return Value{}
	}
	return Int(int(t.Flags) + 1)
}
