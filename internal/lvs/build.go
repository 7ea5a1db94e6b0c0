package lvs

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// newService returns the state that a virtual server begins with.
func (t *Table) newService(v *conf.VirtualServer) *service {
	mark := t.marks.of(v)
	s := &service{conf: v, title: v.Title(), mark: mark, keys: keysOf(v, mark)}
	s.servers = make([]*server, 0, len(v.Servers))
	for _, rs := range v.Servers {
		s.servers = append(s.servers, t.newServer(s, rs))
	}
	s.twins = s.hasTwins()
	s.resting = t.rests(s)
	return s
}

func (t *Table) newServer(s *service, rs *conf.RealServer) *server {
	r := &server{conf: rs, vs: s, key: netip.AddrPortFrom(rs.Addr, rs.Port)}
	r.checks = make([]*checker, 0, len(rs.Checks))
	for _, c := range rs.Checks {
		r.checks = append(r.checks, t.newChecker(r, c))
	}
	r.up, r.weight = r.well(), r.reweigh()
	return r
}

func (t *Table) newChecker(r *server, c *conf.Check) *checker {
	t.lastID++
	k := &checker{id: t.lastID, conf: c, server: r, up: !c.Alpha}
	t.checks[k.id] = k
	if k.watches() {
		k.up, k.adjust = fileVerdict(c, t.files[c.Name])
	}
	return k
}

// title is how lines and scripts name the server.
func (r *server) title() string {
	var b [64]byte
	text := r.conf.Addr.AppendTo(append(b[:0], '['))
	text = append(append(text, "]:"...), r.vs.conf.Protocol.String()...)
	return string(strconv.AppendUint(append(text, ':'), uint64(r.conf.Port), 10))
}

// well tells whether all checkers of the server succeed.
func (r *server) well() bool {
	for _, c := range r.checks {
		if !c.up {
			return false
		}
	}
	return true
}

// reweigh works out the weight; it is never negative.
func (r *server) reweigh() int { return max(r.ownWeight()+r.shift, 0) }

// ownWeight returns the weight that configuration and checkers say.
func (r *server) ownWeight() int {
	w := r.conf.Weight
	for _, c := range r.checks {
		switch {
		case !c.conf.Dynamic:
			w += c.adjust
		case c.adjust > 0:
			w += c.adjust - 1 - r.conf.Weight
		}
	}
	return w
}

// keysOf returns the services of the kernel that a virtual server consists of; mark is what the firewall gives to the
// packets of its group, 0 when it does not.
func keysOf(v *conf.VirtualServer, mark uint32) []ServiceKey {
	if mark != 0 {
		return markKeys(v, mark)
	}
	if v.Group == "" {
		if v.Addr.IsValid() {
			return []ServiceKey{{Addr: v.Addr, Port: v.Port, Protocol: v.Protocol, Family: v.Family}}
		}
		return []ServiceKey{{Mark: v.Mark, Family: v.Family}}
	}
	var keys []ServiceKey
	for _, m := range v.Members {
		for _, one := range m.Addrs() {
			keys = append(keys, memberKey(v, one))
		}
	}
	return keys
}

func memberKey(v *conf.VirtualServer, m conf.GroupMember) ServiceKey {
	switch {
	case m.Addr.Is4():
		return ServiceKey{Addr: m.Addr, Port: m.Port, Protocol: v.Protocol, Family: conf.IPv4}
	case m.Addr.IsValid():
		return ServiceKey{Addr: m.Addr, Port: m.Port, Protocol: v.Protocol, Family: conf.IPv6}
	case m.Family != 0:
		return ServiceKey{Mark: m.Mark, Family: m.Family}
	}
	return ServiceKey{Mark: m.Mark, Family: v.Family}
}

// service returns the service of the kernel with the key.
func (s *service) service(k ServiceKey) Service {
	v := s.conf
	return Service{Key: k, Scheduler: v.Scheduler, Flags: v.SchedFlags, Persistent: v.Persistent, Netmask: v.Netmask,
		Engine: v.Engine, OnePacket: v.OnePacket}
}

// hasTwins tells whether two of the servers, sorry server included, are the same destination.
func (s *service) hasTwins() bool {
	keys := make([]DestKey, 0, len(s.servers)+2)
	if c := s.conf.Sorry; c != nil {
		keys = append(keys, destKey(c))
	}
	for _, r := range s.servers {
		keys = append(keys, destKey(r.conf))
	}
	slices.SortFunc(keys, netip.AddrPort.Compare)
	for i := 1; i < len(keys); i++ {
		if was := keys[i-1]; was == keys[i] || was == netip.AddrPortFrom(keys[i].Addr(), 0) {
			return true
		}
	}
	return false
}

// destKey tells destinations of one service apart. Without address translation the port is the service's, whatever stands there;
// 0 stands for that, which may be any other one.
func destKey(c *conf.RealServer) DestKey {
	if c.Method != conf.NAT {
		return netip.AddrPortFrom(c.Addr, 0)
	}
	return netip.AddrPortFrom(c.Addr, c.Port)
}

// index notes which virtual servers use which service of the kernel.
func (t *Table) index() {
	clear(t.users)
	for _, s := range t.services {
		for _, k := range s.keys {
			t.users[k] = append(t.users[k], s)
		}
	}
}
