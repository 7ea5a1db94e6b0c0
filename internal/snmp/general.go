package snmp

import (
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Root returns KEEPALIVED-MIB, enterprises.9586.100.5.
func Root() OID { return OID{1, 3, 6, 1, 4, 1, 9586, 100, 5} }

// GlobalOID returns the part of the MIB that every process can answer for.
func GlobalOID() OID { return Root().With(1) }

// mailOID returns the part about alerts.
func mailOID() OID { return GlobalOID().With(3) }

// routerID returns the object that ends each notification.
func routerID() OID { return GlobalOID().With(2, 0) }

// General is what the general objects are about.
type General struct {
	Version   string
	Namespace string // that the daemon runs in; empty: that it was started in
	Global    *conf.Global
}

// GeneralTables returns the general objects.
func GeneralTables(g *General) []Table {
	head := []Column[*General]{
		{1, func(g **General) Value { return Text((*g).Version) }},
		{2, func(g **General) Value { return Text((*g).Global.RouterID) }},
	}
	tail := []Column[*General]{
		{4, func(g **General) Value { return Choice((*g).Global.SNMP.Traps) }},
		{5, func(g **General) Value { return Choice(!(*g).Global.PollLinks) }},
		{6, func(g **General) Value { return Choice((*g).Global.LVS.Flush) }},
		{7, func(g **General) Value { return Choice(true) }}, // the kernel counts in 64 bits
		{8, func(g **General) Value { return Text((*g).Namespace) }},
		{9, func(g **General) Value { return Choice(false) }}, // there is no D-Bus yet
		{10, func(g **General) Value { return Choice((*g).Global.DynamicIfaces) }},
		{11, func(g **General) Value { return flushOnStop((*g).Global.LVS.FlushOnStop) }},
	}
	return append(mailTables(&g.Global.Mail), NewScalars(GlobalOID(), head, g), NewScalars(GlobalOID(), tail, g))
}

func flushOnStop(f conf.FlushOnStop) Value {
	return Int(map[conf.FlushOnStop]int{conf.FlushAll: 1, conf.FlushNothing: 2, conf.FlushServices: 3}[f])
}

func mailTables(m *conf.Mail) []Table {
	head := []Column[*conf.Mail]{
		{1, func(m **conf.Mail) Value { return Int(mailServerType(*m)) }},
		{2, func(m **conf.Mail) Value { return mailServer(*m) }},
		{3, func(m **conf.Mail) Value { return ifMailed(*m, Gauge(uint32((*m).Timeout/time.Second))) }},
		{4, func(m **conf.Mail) Value {
			if !(*m).Given {
				return Value{}
			}
			return Text((*m).From)
		}},
	}
	addresses := []Column[string]{{2, func(s *string) Value { return Text(*s) }}}
	tail := []Column[*conf.Mail]{
		{6, func(m **conf.Mail) Value { return ifMailed(*m, Gauge((*m).Port)) }},
		{7, func(m **conf.Mail) Value { return Choice(!(*m).NoFaults) }},
		{8, func(m **conf.Mail) Value { return given((*m).Alerts.All) }},
		{9, func(m **conf.Mail) Value { return given((*m).Alerts.VRRP) }},
		{10, func(m **conf.Mail) Value { return given((*m).Alerts.Checker) }},
	}
	return []Table{NewScalars(mailOID(), head, m), NewTable(mailOID().With(5, 1), addresses, m.To, numbers(len(m.To))), NewScalars(mailOID(), tail, m)}
}

// The types of InetAddressType (RFC 4001).
const (
	typeIPv4 = 1
	typeIPv6 = 2
	typeDNS  = 16
)

// typeOf returns the InetAddressType of an address.
func typeOf(a netip.Addr) Value {
	if a.Is6() {
		return Int(typeIPv6)
	}
	return Int(typeIPv4)
}

// mailServerType returns the type of the address of the mail server; keepalived says ipv6 when there is none.
func mailServerType(m *conf.Mail) int {
	a, err := netip.ParseAddr(m.Server)
	switch {
	case !m.Given || a.Is6():
		return typeIPv6
	case err != nil:
		return typeDNS
	}
	return typeIPv4
}

func mailServer(m *conf.Mail) Value {
	a, err := netip.ParseAddr(m.Server)
	switch {
	case !m.Given:
		return Address(netip.IPv4Unspecified())
	case err != nil:
		return Text(m.Server)
	}
	return Address(a)
}

// ifMailed returns a value, or 0 when no mail is sent.
func ifMailed(m *conf.Mail, v Value) Value {
	if !m.Given {
		return Gauge(0)
	}
	return v
}

// given returns on, off or unset.
func given(b *bool) Value {
	if b == nil {
		return Int(3)
	}
	return Choice(*b)
}

// numbers returns the indexes 1 to n.
func numbers(n int) []OID {
	out := make([]OID, n)
	for i := range out {
		out[i] = OID{uint32(i) + 1}
	}
	return out
}
