package snmp

import "github.com/keepalived-go/keepalived/internal/conf"

// Notification is what a trap tells: its name, and objects of which each says itself what it is. Those objects have no
// indexes, as keepalived's have none.
type Notification struct {
	Name  OID
	Binds []VarBind
}

// QuorumStatus is the value of virtualServerQuorumStatus.
type QuorumStatus uint8

// The values; Shutdown is told when the daemon stops.
const (
	QuorumMet      QuorumStatus = 1
	QuorumNotMet   QuorumStatus = 2
	QuorumShutdown QuorumStatus = 3
)

// Change is a change of a virtual server that is told.
type Change struct {
	Service  *conf.VirtualServer
	Up       int // servers that are up
	RouterID string
}

// checkTraps returns the names of notifications.
func checkTraps() OID { return CheckOID().With(5, 0) }

// ServerChange returns realServerStateChange.
func ServerChange(c Change, server *conf.RealServer, up bool) Notification {
	at := func(column uint32) OID { return serverOID().With(column) }
	binds := []VarBind{
		{at(serverFamilyColumn), typeOf(server.Addr)},
		{at(serverAddressColumn), Address(server.Addr)},
		{at(serverPortColumn), Gauge(server.Port)},
		{at(serverStatusColumn), Choice(up)},
	}
	return Notification{checkTraps().With(1), append(append(binds, c.identity()...), c.totals()...)}
}

// QuorumChange returns virtualServerQuorumStateChange.
func QuorumChange(c Change, status QuorumStatus) Notification {
	binds := append(c.identity(),
		VarBind{serviceOID().With(quorumStatusColumn), Int(int(status))},
		VarBind{serviceOID().With(serviceQuorumColumn), Gauge(c.Service.Quorum)})
	return Notification{checkTraps().With(2), append(binds, c.totals()...)}
}

// identity returns the objects that name a virtual server.
func (c *Change) identity() []VarBind {
	v := c.Service
	at := func(column uint32) OID { return serviceOID().With(column) }
	binds := []VarBind{{at(serviceTypeColumn), Int(serviceType(v))}}
	switch serviceType(v) {
	case serviceOfGroup:
		binds = append(binds, VarBind{at(serviceGroupColumn), Text(v.Group)})
	case serviceOfMark:
		binds = append(binds, VarBind{at(serviceMarkColumn), Gauge(v.Mark)})
	default:
		binds = append(binds, VarBind{at(serviceFamilyColumn), family(v)}, VarBind{at(serviceAddressColumn), Address(v.Addr)},
			VarBind{at(servicePortColumn), Gauge(v.Port)})
	}
	return append(binds, VarBind{at(serviceProtocolColumn), protocol(v)})
}

func (c *Change) totals() []VarBind {
	return []VarBind{
		{serviceOID().With(serversUpColumn), Gauge(c.Up)},
		{serviceOID().With(serversTotalColumn), Gauge(len(c.Service.Servers))},
		{routerID(), Text(c.RouterID)},
	}
}
