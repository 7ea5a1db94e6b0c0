package conf

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// tellService reports something about a virtual server.
func (b *builder) tellService(v *VirtualServer, text string) {
	b.add(syntax.Diagnostic{Pos: v.Pos, Severity: syntax.GeneralError, Text: text})
}

// finishService settles a virtual server when all of it is known. It tells whether there is anything to do for it.
func (b *builder) finishService(v *VirtualServer) bool {
	if len(v.Servers) == 0 {
		b.tellService(v, "Virtual server "+v.name()+" has no real servers - ignoring")
		return false
	}
	if !b.groupOf(v) {
		return false
	}
	about := "Virtual server " + v.name() + ": "
	marked := v.Group == "" && !v.Addr.IsValid()
	marks := marked || b.onlyMarks(v.Group)
	switch {
	case marks && v.Protocol != NoProtocol:
		b.tellService(v, "Warning: Virtual server "+v.name()+": protocol specified for fwmark - protocol will be ignored")
		v.Protocol = NoProtocol
	case !marks && v.Protocol == NoProtocol:
		b.tellService(v, about+"no protocol set - defaulting to UDP")
		v.Protocol = UDP
	}
	about = "Virtual server " + v.name() + ": "
	if v.OnePacket && v.Protocol != UDP && !marks {
		b.tellService(v, about+"one packet scheduling requires UDP - resetting")
		v.OnePacket = false
	}
	if v.Scheduler == "" {
		b.tellService(v, about+"no scheduler set, setting default 'wlc'")
		v.Scheduler = "wlc"
	}
	b.finishMethod(v, about)
	if v.Addr.IsValid() && v.Port == 0 && v.Persistent == 0 {
		b.tellService(v, about+"zero port only valid for persistent services - setting")
		v.Persistent = 360 * time.Second
	}
	b.finishPorts(v, marked)
	b.finishQuorum(v, about)
	b.finishFamily(v)
	b.finishSuspend(v)
	b.finishCheckers(v)
	return true
}

// onlyMarks tells whether all members of a group are marks of the firewall, or the group is not known.
func (b *builder) onlyMarks(group string) bool {
	if group == "" {
		return false
	}
	g := b.lvs.groups[group]
	if g == nil {
		return true
	}
	for _, m := range g.Members {
		if m.Addr.IsValid() {
			return false
		}
	}
	return true
}

func (b *builder) finishMethod(v *VirtualServer, about string) {
	said := v.Method != NoForwarding
	if !said {
		v.Method = NAT
	}
	for _, s := range v.Servers {
		if s.Method != NoForwarding {
			continue
		}
		if !said {
			b.tellService(v, about+"no forwarding method set, setting default NAT")
			said = true
		}
		s.Method, s.Tunnel = v.Method, v.Tunnel
	}
}

// finishPorts gives the servers their ports. Only NAT can change the port. The checkers keep to the one that is configured.
func (b *builder) finishPorts(v *VirtualServer, marked bool) {
	seen := newEndpointSet(len(v.Servers))
	kept := v.Servers[:0]
	for _, s := range v.Servers {
		s.port = s.Port
		switch {
		case v.Group != "":
		case marked && s.Method != NAT && s.Port != 0:
			b.tellService(v, "WARNING - fwmark virtual server "+v.name()+", real server "+endpoint(s.Addr, v.Protocol, s.Port)+" has port specified - clearing")
			s.Port = 0
		case marked:
		case s.Port == 0:
			s.Port = v.Port
		case s.Method != NAT && s.Port != v.Port:
			b.tellService(v, "WARNING - virtual server "+v.name()+" and real server "+endpoint(s.Addr, v.Protocol, s.Port)+" ports don't match - resetting")
			s.Port = v.Port
		}
		if !seen.add(netip.AddrPortFrom(s.Addr, s.port)) {
			b.tellService(v, "VS "+v.name()+": real server "+endpoint(s.Addr, v.Protocol, s.Port)+" is duplicated - removing second rs")
			continue
		}
		kept = append(kept, s)
	}
	v.Servers = kept
	b.finishSorry(v, marked)
	b.groupPorts(v)
}

// endpointSet finds duplicates: by comparing as long as there are few.
type endpointSet struct {
	few  []netip.AddrPort
	many map[netip.AddrPort]bool
}

func newEndpointSet(n int) *endpointSet {
	const few = 16
	if n > few {
		return &endpointSet{many: make(map[netip.AddrPort]bool, n)}
	}
	return &endpointSet{few: make([]netip.AddrPort, 0, few)}
}

// add tells whether the address and port are new.
func (s *endpointSet) add(a netip.AddrPort) bool {
	if s.many != nil {
		known := s.many[a]
		s.many[a] = true
		return !known
	}
	if slices.Contains(s.few, a) {
		return false
	}
	s.few = append(s.few, a)
	return true
}

// groupPorts reports the ports of servers that a group has no use for: without NAT the port is that of the member.
func (b *builder) groupPorts(v *VirtualServer) {
	g := b.lvs.groups[v.Group]
	if g == nil {
		return
	}
	other := func(six bool) bool {
		return slices.ContainsFunc(g.Members, func(m GroupMember) bool { return m.Addr.IsValid() && m.Addr.Is6() != six })
	}
	// Of a server that the group has an address of the other family for keepalived says nothing, unless it can be in a tunnel.
	fixed := func(s *RealServer) bool {
		return s != nil && s.Port != 0 && (s.Method == TUN || s.Method == DR && !other(s.Addr.Is6()))
	}
	if slices.ContainsFunc(g.Members, func(m GroupMember) bool { return !m.Addr.IsValid() }) {
		about := "WARNING - fwmark virtual server " + v.name() + ", "
		for _, s := range v.Servers {
			if fixed(s) {
				b.tellService(v, about+"real server "+endpoint(s.Addr, v.Protocol, s.Port)+" has port specified - port will be ignored")
			}
		}
		if fixed(v.Sorry) {
			b.tellService(v, about+"sorry server has port specified - port will be ignored")
		}
	}
	for _, m := range g.Members {
		if !m.Addr.IsValid() {
			continue
		}
		for _, s := range v.Servers {
			if fixed(s) && m.Port != s.Port {
				b.tellService(v, fmt.Sprintf("virtual server %s:[%s,%d] and real server %s ports don't match", v.name(), m.addresses(), m.Port, endpoint(s.Addr, v.Protocol, s.Port)))
			}
		}
		if fixed(v.Sorry) && m.Port != v.Sorry.Port {
			b.tellService(v, "WARNING - virtual server "+v.name()+", sorry server has port specified - port will be ignored")
		}
	}
}

func (b *builder) finishSorry(v *VirtualServer, marked bool) {
	s := v.Sorry
	if s == nil {
		return
	}
	if s.Method == NoForwarding {
		s.Method, s.Tunnel = v.Method, v.Tunnel
	}
	if s.Weight == unsetWeight {
		s.Weight = 1
	}
	if !v.reaches(s) {
		b.add(syntax.Diagnostic{Pos: s.Pos, Severity: syntax.GeneralError,
			Text: "Address family of virtual server and sorry server " + s.Addr.String() + " don't match - skipping sorry server."})
		v.Sorry = nil
		return
	}
	switch {
	case marked && s.Method != NAT && s.Port != 0:
		b.tellService(v, "WARNING - virtual server "+v.name()+", sorry server has port specified - clearing")
		s.Port = 0
	case marked || v.Group != "":
	case s.Port == 0:
		s.Port = v.Port
	case s.Method != NAT && s.Port != v.Port:
		b.tellService(v, "WARNING - virtual server "+v.name()+" and sorry server ports don't match - resetting")
		s.Port = v.Port
	}
}

// finishQuorum bounds the quorum by what the servers can reach.
func (b *builder) finishQuorum(v *VirtualServer, about string) {
	total := uint64(0)
	for _, s := range v.Servers {
		if s.Weight == unsetWeight {
			s.Weight = v.Weight
		}
		total += uint64(s.Weight)
	}
	if uint64(v.Quorum) > total {
		b.tellService(v, fmt.Sprintf("Warning - quorum %d for %s exceeds total weight of real servers %d, reducing quorum to %d", v.Quorum, v.name(), total, total))
		v.Quorum = uint32(total)
	}
	if v.Hysteresis >= v.Quorum && (v.Hysteresis > 0 || v.Quorum == 0) {
		least := uint32(0)
		if v.Quorum > 0 {
			least = v.Quorum - 1
		}
		b.tellService(v, fmt.Sprintf("%shysteresis %d >= quorum %d; setting hysteresis to %d", about, v.Hysteresis, v.Quorum, least))
		v.Hysteresis = least
	}
}
