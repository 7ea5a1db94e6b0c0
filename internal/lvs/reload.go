package lvs

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// identity is what makes a virtual server the same one after a reload.
type identity struct {
	addr     netip.Addr
	port     uint16
	protocol conf.Protocol
	mark     uint32
	group    string
	family   conf.Family
	nth      int
}

// identify returns the identity of each virtual server; those that are alike are told apart by their order.
func identify(list []*conf.VirtualServer) []identity {
	out := make([]identity, len(list))
	count := map[identity]int{}
	for i, v := range list {
		id := identity{v.Addr, v.Port, v.Protocol, v.Mark, v.Group, v.Family, 0}
		id.nth = count[id]
		count[id]++
		out[i] = id
	}
	return out
}

// reload puts a configuration in force. What is the same keeps its state; the kernel is asked for the difference.
func (t *Table) reload(c *conf.Config) {
	if !t.running {
		t.cfg = c
		return
	}
	t.do(Action{Kind: Log, Level: Debug, Text: "Reinitializing ipvs"})
	old := map[identity]*service{}
	for i, id := range identify(confs(t.services)) {
		old[id] = t.services[i]
	}
	before := t.services
	t.cfg, t.services = c, nil
	t.marks.adopt(c, false)
	running := make(map[CheckID]bool, len(t.checks))
	for id := range t.checks {
		running[id] = true
	}
	ids := identify(c.VirtualServers)
	kept := make(map[*service]bool, len(before))
	for i, v := range c.VirtualServers {
		was := old[ids[i]]
		kept[was] = was != nil
		t.services = append(t.services, t.inherit(v, was))
	}
	t.index()
	t.removed(before, kept)
	for _, s := range t.services {
		if !t.updateQuorum(s, true) {
			t.sync(s)
		}
	}
	t.syncMarks()
	t.endChecks(running)
	t.beginChecks(running)
}

func confs(services []*service) []*conf.VirtualServer {
	out := make([]*conf.VirtualServer, len(services))
	for i, s := range services {
		out[i] = s.conf
	}
	return out
}

// removed says which virtual servers are gone, and takes away the services that nothing uses any more.
func (t *Table) removed(before []*service, kept map[*service]bool) {
	for _, s := range before {
		if !kept[s] {
			if s.conf.Group != "" {
				t.log("Removing Virtual Server Group [" + s.conf.Group + "]")
			} else {
				t.log("Removing Virtual Server " + s.title)
			}
			for _, r := range s.servers {
				t.gone(s, r)
			}
			if s.quorum {
				s.quorum = false
				t.trapQuorum(s, false)
			}
		}
		for _, k := range s.keys {
			if t.users[k] == nil {
				t.drop(k)
			}
		}
	}
}

// gone says that a server that was up is taken out by a reload.
func (t *Table) gone(s *service, r *server) {
	if r.up {
		t.log("Removing service " + r.title() + " from VS " + s.title)
		r.up = false
		t.tellServer(r)
		t.trapServer(r)
		t.mailServer(r, false, "Removing")
	}
}

// endChecks ends the checkers that the configuration has no more: those that no server has.
func (t *Table) endChecks(running map[CheckID]bool) {
	live := make(map[CheckID]bool, len(t.checks))
	for _, s := range t.services {
		for _, r := range s.servers {
			for _, c := range r.checks {
				live[c.id] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(running)) {
		if !live[id] {
			probes := !t.checks[id].watches()
			delete(t.checks, id)
			if !probes {
				continue
			}
			t.do(Action{Kind: StopCheck, Check: id})
		}
	}
}

// inherit returns the state of a virtual server with what is known of the one that it was before.
func (t *Table) inherit(v *conf.VirtualServer, was *service) *service {
	if was == nil {
		return t.newService(v)
	}
	mark := t.marks.of(v)
	s := &service{conf: v, title: v.Title(), mark: mark, keys: keysOf(v, mark), quorum: was.quorum, known: true, resting: was.resting}
	old := make(map[DestKey]*server, len(was.servers))
	for _, r := range was.servers {
		if old[r.key] == nil {
			old[r.key] = r
		}
	}
	t.logSorryChange(s, was)
	for _, rs := range v.Servers {
		key := netip.AddrPortFrom(rs.Addr, rs.Port)
		s.servers = append(s.servers, t.inheritServer(s, rs, old[key]))
		delete(old, key)
	}
	for _, r := range was.servers {
		if old[r.key] == r {
			t.log("service " + r.title() + " no longer exist")
			t.gone(was, r)
		}
	}
	s.twins = s.hasTwins()
	t.moveMembers(s, was)
	if rest := t.rests(s); rest != s.resting {
		t.rest(s, rest)
	}
	return s
}

// inheritServer returns the state of a real server with what is known of it: checkers that are the same keep their
// verdict, others begin again.
func (t *Table) inheritServer(s *service, rs *conf.RealServer, was *server) *server {
	if was == nil {
		return t.newServer(s, rs)
	}
	r := &server{conf: rs, vs: s, key: was.key, weight: was.weight, up: was.up}
	left := append([]*checker(nil), was.checks...)
	for _, c := range rs.Checks {
		r.checks = append(r.checks, t.inheritChecker(r, c, left))
	}
	up := r.well()
	if w := r.reweigh(); w != r.weight {
		t.logWeight(r, w, up)
		r.weight = w
	}
	if up != r.up {
		r.up = up
		t.log(turned(r))
		t.tellServer(r)
		t.trapServer(r)
	}
	return r
}

// inheritChecker finds the checker among those that are left, and takes it out of them. One whose timing alone has changed
// begins again with what is known.
func (t *Table) inheritChecker(r *server, c *conf.Check, left []*checker) *checker {
	for i, k := range left {
		if k != nil && k.conf.Same(c) {
			left[i] = nil
			k.conf, k.server = c, r
			return k
		}
	}
	k := t.newChecker(r, c)
	for i, was := range left {
		if was != nil && was.conf.SameProbe(c) && !k.watches() {
			left[i] = nil
			k.up, k.adjust, k.known = was.up, was.adjust, true
			break
		}
	}
	return k
}

// logSorryChange says that the sorry server has been replaced while it is at work.
func (t *Table) logSorryChange(s, was *service) {
	a, b := was.conf.Sorry, s.conf.Sorry
	if was.quorum || a == nil || b != nil && a.Addr == b.Addr && a.Port == b.Port {
		return
	}
	t.log(fmt.Sprintf("Removing sorry server [%s]:%s:%d from VS %s", a.Addr, was.conf.Protocol, a.Port, s.title))
	if b != nil {
		t.logSorry(s)
	}
}

// moveMembers says which lines of a group have come and gone.
func (t *Table) moveMembers(s, was *service) {
	have, had := map[conf.GroupMember]bool{}, map[conf.GroupMember]bool{}
	for _, m := range s.conf.Members {
		have[m] = true
	}
	for _, m := range was.conf.Members {
		had[m] = true
		if !have[m] {
			t.log(fmt.Sprintf("VS [%s] in group %s no longer exists", memberTitle(s.conf, m), s.conf.Group))
		}
	}
	for _, m := range s.conf.Members {
		if !had[m] && s.mark == 0 { // of members that are only marked keepalived says when they go, not when they come
			t.log(fmt.Sprintf("VS [%s] added into group %s", memberTitle(s.conf, m), s.conf.Group))
		}
	}
}

func memberTitle(v *conf.VirtualServer, m conf.GroupMember) string {
	if !m.Addr.IsValid() {
		return fmt.Sprint(m.Mark)
	}
	text := fmt.Sprintf("[%s]:%s:%d", m.Addr, v.Protocol, m.Port)
	if all := m.Addrs(); len(all) > 1 {
		text += "-" + all[len(all)-1].Addr.String()
	}
	return text
}
