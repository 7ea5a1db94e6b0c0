package lvs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Marking is what the firewall is to do with nftables_ipvs: the packets to the members of a group get the mark that is the
// group's only service in the kernel.
type Marking struct {
	Table   conf.MarkTable
	Members []Marked // no packet is in two of them
}

// Marked are packets that get a mark: those of a protocol to some addresses and ports.
type Marked struct {
	Protocol conf.Protocol
	Area
	Mark uint32
}

// String returns the packets and their mark.
func (m Marked) String() string { return fmt.Sprintf("%s %s %d", m.Area, m.Protocol, m.Mark) }

// String returns all of it in one line.
func (m *Marking) String() string {
	out := []string{fmt.Sprintf("%s priority %d", m.Table.Table, m.Table.Priority)}
	for _, one := range m.Members {
		out = append(out, one.String())
	}
	return strings.Join(out, ", ")
}

// marks gives marks to groups, one for each protocol: virtual servers that differ in neither share a service.
type marks struct {
	table conf.MarkTable // that of the start, where a reload cannot change it
	given map[markKey]uint32
	last  uint32          // the last one that was given; 0: none
	named map[uint32]bool // those that the configuration names itself
	asked *Marking        // what the firewall was asked for
}

type markKey struct {
	group    string
	protocol conf.Protocol
}

// adopt takes over what a configuration says. Name and first mark stay what they were at the start.
func (m *marks) adopt(c *conf.Config, start bool) {
	was := m.table
	m.table = c.Global.LVS.Marks
	if !start {
		m.table.Table, m.table.First = was.Table, was.First
	}
	before := m.given
	m.given, m.named = map[markKey]uint32{}, map[uint32]bool{0: true}
	for _, v := range c.VirtualServers {
		m.named[v.Mark] = true
		for _, one := range v.Members {
			m.named[one.Mark] = true
		}
	}
	for _, v := range c.VirtualServers {
		k := markKey{v.Group, v.Protocol}
		if had := before[k]; had != 0 && !m.named[had] {
			m.given[k] = had
		}
	}
}

// of returns the mark of a virtual server; 0: none. A group that names a mark itself has a service for each of its members,
// as without marks.
func (m *marks) of(v *conf.VirtualServer) uint32 {
	named := func(one conf.GroupMember) bool { return !one.Addr.IsValid() }
	if m.table.Table == "" || v.Group == "" || slices.ContainsFunc(v.Members, named) {
		return 0
	}
	k := markKey{v.Group, v.Protocol}
	if m.given[k] == 0 {
		m.last = max(m.last+1, m.table.First)
		for m.named[m.last] {
			m.last++
		}
		m.given[k] = m.last
	}
	return m.given[k]
}

// markKeys returns the services of a virtual server with a mark: one for each family among its members.
func markKeys(v *conf.VirtualServer, mark uint32) (keys []ServiceKey) {
	for _, f := range []conf.Family{conf.IPv4, conf.IPv6} {
		if slices.ContainsFunc(v.Members, func(m conf.GroupMember) bool { return m.Addr.Is6() == (f == conf.IPv6) }) {
			keys = append(keys, ServiceKey{Mark: mark, Family: f})
		}
	}
	return keys
}

// syncMarks asks the firewall for the marks where that is something else than before. At the start it always does: a
// process that was killed may have left a table behind.
func (t *Table) syncMarks() {
	if t.marks.table.Table == "" {
		return
	}
	want := &Marking{Table: t.marks.table, Members: t.marked()}
	if was := t.marks.asked; was != nil && was.Table == want.Table && slices.Equal(was.Members, want.Members) {
		return
	}
	t.marks.asked = want
	t.do(Action{Kind: Mark, Marks: want})
}

// marked returns the packets of all marks. What is in two groups belongs to the first, and a member for all ports has
// those that no other member names.
func (t *Table) marked() (out []Marked) {
	taken := newAtlas()
	for _, everyPort := range []bool{false, true} {
		for _, s := range t.services {
			if s.mark == 0 {
				continue
			}
			for _, m := range s.conf.Members {
				if (m.Port == 0) != everyPort {
					continue
				}
				free, rival := taken.claim(s.conf.Protocol, areaOf(m), s.mark)
				if rival != 0 && !everyPort {
					t.log(fmt.Sprintf("VS [%s] of %s is in another group already - ignoring what they share", memberTitle(s.conf, m), s.title))
				}
				for _, a := range free {
					out = append(out, Marked{s.conf.Protocol, a, s.mark})
				}
			}
		}
	}
	return out
}
