package snmp

import (
	"net/netip"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// The types of virtualServerGroupMemberType.
const (
	memberMark = 1 + iota
	memberAddress
	memberRange
)

// groupTables returns virtualServerGroupTable and virtualServerGroupMemberTable.
func groupTables(groups []*conf.VirtualServerGroup) []Table {
	names := []Column[*conf.VirtualServerGroup]{{2, func(g **conf.VirtualServerGroup) Value { return Text((*g).Name) }}}
	var members []conf.GroupMember
	var indexes []OID
	for i, g := range groups {
		for j, m := range marksFirst(g.Members) {
			members = append(members, m)
			indexes = append(indexes, OID{uint32(i) + 1, uint32(j) + 1})
		}
	}
	return []Table{
		NewTable(CheckOID().With(1, 1), names, groups, numbers(len(groups))),
		NewTable(CheckOID().With(2, 1), memberColumns(), members, indexes),
	}
}

// marksFirst returns the members in the order of keepalived: marks of the firewall, then addresses.
func marksFirst(members []conf.GroupMember) []conf.GroupMember {
	var marks, addrs []conf.GroupMember
	for _, m := range members {
		if m.Addr.IsValid() {
			addrs = append(addrs, m)
		} else {
			marks = append(marks, m)
		}
	}
	return append(marks, addrs...)
}

func memberType(m *conf.GroupMember) int {
	switch {
	case !m.Addr.IsValid():
		return memberMark
	case m.Range > 0:
		return memberRange
	}
	return memberAddress
}

func memberColumns() []Column[conf.GroupMember] {
	// of returns a column that only some types of members have.
	of := func(id uint32, value func(m *conf.GroupMember) Value, types ...int) Column[conf.GroupMember] {
		return Column[conf.GroupMember]{id, func(m *conf.GroupMember) Value {
			for _, t := range types {
				if t == memberType(m) {
					return value(m)
				}
			}
			return Value{}
		}}
	}
	first := func(m *conf.GroupMember) Value { return Address(m.Addr) }
	return []Column[conf.GroupMember]{
		{2, func(m *conf.GroupMember) Value { return Int(memberType(m)) }},
		of(3, func(m *conf.GroupMember) Value { return Gauge(m.Mark) }, memberMark),
		of(4, func(m *conf.GroupMember) Value { return typeOf(m.Addr) }, memberAddress, memberRange),
		of(5, first, memberAddress),
		of(6, first, memberRange),
		of(7, func(m *conf.GroupMember) Value { return Address(last(m)) }, memberRange),
		of(8, func(m *conf.GroupMember) Value { return Gauge(m.Port) }, memberAddress, memberRange),
	}
}

// last returns the last address of a range.
func last(m *conf.GroupMember) netip.Addr {
	all := m.Addrs()
	return all[len(all)-1].Addr
}
