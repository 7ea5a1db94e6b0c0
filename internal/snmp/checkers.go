package snmp

import (
	"github.com/keepalived-go/keepalived/internal/conf"
)

// CheckOID returns the part of the MIB that the checker child answers for.
func CheckOID() OID { return Root().With(3) }

// Checkers is the state of the checker child at one moment.
type Checkers struct {
	General
	Groups   []*conf.VirtualServerGroup
	Services []Service // in the order of the configuration
	Counters Counters  // nil: they are all 0
}

// Service is a virtual server.
type Service struct {
	Conf    *conf.VirtualServer
	Quorum  bool
	Servers []Server
}

// Server is a real server.
type Server struct {
	Conf   *conf.RealServer
	Weight int
	Up     bool
	Failed int // checkers that fail
}

// Counters says what the kernel has counted: of a virtual server, or of one of its servers, the sorry server being Sorry.
type Counters interface {
	Service(service int) Stats
	Server(service, server int) ServerStats
}

// Sorry stands for the sorry server among the servers.
const Sorry = -1

// Stats are totals and, as the kernel reckons them, rates per second.
type Stats struct {
	Conns, InPackets, OutPackets, InBytes, OutBytes                uint64
	ConnRate, InPacketRate, OutPacketRate, InByteRate, OutByteRate uint64
}

// Add adds other counters, as those of several services of the kernel.
func (s *Stats) Add(o Stats) {
	s.Conns += o.Conns
	s.InPackets += o.InPackets
	s.OutPackets += o.OutPackets
	s.InBytes += o.InBytes
	s.OutBytes += o.OutBytes
	s.ConnRate += o.ConnRate
	s.InPacketRate += o.InPacketRate
	s.OutPacketRate += o.OutPacketRate
	s.InByteRate += o.InByteRate
	s.OutByteRate += o.OutByteRate
}

// ServerStats are those of a destination, with the connections that it has now.
type ServerStats struct {
	Stats
	Active, Inactive, Persistent uint32
}

// View returns all objects of the checker child.
func (c *Checkers) View() View {
	tables := append(GeneralTables(&c.General), groupTables(c.Groups)...)
	tables = append(tables, serviceTable(c), serverTable(c))
	return NewView(append(tables, lvsTables(&c.Global.LVS)...)...)
}

// lvsTables returns what is said of the whole of the load balancer.
func lvsTables(l *conf.LVS) []Table {
	timeouts := []Column[*conf.LVS]{
		{1, func(l **conf.LVS) Value { return positive((*l).TCPTimeout.Seconds()) }},
		{2, func(l **conf.LVS) Value { return positive((*l).TCPFinTimeout.Seconds()) }},
		{3, func(l **conf.LVS) Value { return positive((*l).UDPTimeout.Seconds()) }},
	}
	return []Table{NewScalars(CheckOID().With(6), syncColumns(), l.Sync), NewScalars(CheckOID().With(7), timeouts, l)}
}

// positive returns a number that is an object only when it was given.
func positive(n float64) Value {
	if n == 0 {
		return Value{}
	}
	return Int(int(n))
}

func syncColumns() []Column[*conf.SyncDaemon] {
	row := func(id uint32, of func(d *conf.SyncDaemon) Value) Column[*conf.SyncDaemon] {
		return Column[*conf.SyncDaemon]{id, func(d **conf.SyncDaemon) Value {
			if *d == nil {
				return Value{}
			}
			return of(*d)
		}}
	}
	return []Column[*conf.SyncDaemon]{
		{1, func(d **conf.SyncDaemon) Value { return Choice(*d != nil) }},
		row(2, func(d *conf.SyncDaemon) Value { return Text(d.Interface) }),
		row(3, func(d *conf.SyncDaemon) Value { return unlessEmpty(d.Instance) }),
		row(4, func(d *conf.SyncDaemon) Value { return Int(int(d.ID)) }),
		row(5, func(d *conf.SyncDaemon) Value { return Int(int(d.MaxLen)) }),
		row(6, func(d *conf.SyncDaemon) Value { return Int(int(d.Port)) }),
		row(7, func(d *conf.SyncDaemon) Value { return Int(int(d.TTL)) }),
		row(8, func(d *conf.SyncDaemon) Value {
			if !d.Group.IsValid() {
				return Value{}
			}
			return typeOf(d.Group)
		}),
		row(9, func(d *conf.SyncDaemon) Value {
			if !d.Group.IsValid() {
				return Value{}
			}
			return Address(d.Group)
		}),
	}
}

// unlessEmpty returns text that is an object only when it was given.
func unlessEmpty(s string) Value {
	if s == "" {
		return Value{}
	}
	return Text(s)
}
