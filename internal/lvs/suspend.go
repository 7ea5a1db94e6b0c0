package lvs

import (
	"net/netip"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// rests tells whether the checkers of a virtual server are suspended: with ha_suspend they run only while one of its
// addresses is on this host.
func (t *Table) rests(s *service) bool {
	if !s.conf.HASuspend {
		return false
	}
	if s.mark != 0 {
		return !t.hasMember(s.conf)
	}
	marks := true
	for _, k := range s.keys {
		if k.Addr.IsValid() {
			marks = false
			if t.local[k.Addr] {
				return false
			}
		}
	}
	return !marks
}

// hasMember tells whether an address of the group of a virtual server is on this host.
func (t *Table) hasMember(v *conf.VirtualServer) bool {
	for _, m := range v.Members {
		for a, i := m.Addr, 0; i <= m.Range; a, i = a.Next(), i+1 {
			if t.local[a] {
				return true
			}
		}
	}
	return false
}

// address notes that an address has come to this host or left it.
func (t *Table) address(a netip.Addr, here bool) {
	if t.local[a] == here {
		return
	}
	if here {
		t.local[a] = true
	} else {
		delete(t.local, a)
	}
	if !t.running {
		return
	}
	for _, s := range t.services {
		if rest := t.rests(s); rest != s.resting {
			t.rest(s, rest)
		}
	}
}

func (t *Table) rest(s *service, rest bool) {
	s.resting = rest
	word, kind := "Activating", ResumeCheck
	if rest {
		word, kind = "Suspending", SuspendCheck
	}
	for _, r := range s.servers {
		for _, c := range r.checks {
			if c.watches() {
				continue
			}
			t.log(word + " healthchecker for service " + r.title() + " for VS " + s.title)
			t.do(Action{Kind: kind, Check: c.id})
		}
	}
}
