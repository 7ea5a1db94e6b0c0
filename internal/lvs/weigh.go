package lvs

import "github.com/keepalived-go/keepalived/internal/conf"

// weigh gives a server another weight than the configuration does, until a reload. What checkers add counts from it.
func (t *Table) weigh(of *conf.RealServer, weight int) {
	if !t.running {
		return
	}
	for _, s := range t.services {
		for _, r := range s.servers {
			if r.conf != of {
				continue
			}
			r.base = weight
			w := r.reweigh()
			if w == r.weight {
				return
			}
			t.logWeight(r, w, r.up)
			r.weight = w
			t.syncServer(r)
			t.updateQuorum(s, false)
			return
		}
	}
}
