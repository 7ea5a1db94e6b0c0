package lvs

import "github.com/keepalived-go/keepalived/internal/conf"

// weigh gives a server a weight, until a reload. What its checkers say after that changes it by as much as it would have changed
// their own.
func (t *Table) weigh(of *conf.RealServer, weight int) {
	if !t.running {
		return
	}
	for _, s := range t.services {
		for _, r := range s.servers {
			if r.conf != of {
				continue
			}
			r.shift = weight - r.ownWeight()
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
