package vrrpd

import (
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// job is a change of addresses that waits for its turn.
type job struct {
	id       vrouter.ID
	ifname   string // of addresses without one of their own
	owner    bool   // the instance owns its addresses: those that were there before it stay
	add      bool
	addrs    []conf.Address // those that are left
	announce int            // how often each is announced once it is there
	routes   []*conf.Route  // instead of addresses
	rules    []*conf.Rule
}

func (j *job) isRouting() bool { return len(j.routes)+len(j.rules) > 0 }

// outbox holds changes of addresses in order. They go to the kernel piece by piece, between which the loop looks at its
// packets and deadlines: thousands of addresses must not hold up one advert.
type outbox struct{ jobs []job }

// ownerPriority is the priority of the router that owns the addresses (RFC 9568 section 5.2.4).
const ownerPriority = 255

// add appends addresses to set.
func (o *outbox) add(id vrouter.ID, c *conf.Instance, addrs []conf.Address) {
	o.jobs = append(o.jobs, job{id: id, ifname: c.Interface, owner: c.Priority == ownerPriority, add: true, addrs: addrs})
}

// del appends addresses to remove. What was still to be set of them is forgotten.
func (o *outbox) del(id vrouter.ID, c *conf.Instance, addrs []conf.Address) {
	for i := range o.jobs {
		if j := &o.jobs[i]; j.id == id && j.add {
			j.addrs = without(j.addrs, addrs)
		}
	}
	o.jobs = append(o.jobs, job{id: id, ifname: c.Interface, owner: c.Priority == ownerPriority, addrs: addrs})
}

// addStatic appends addresses to set that belong to no instance; those without an interface belong on ifname.
func (o *outbox) addStatic(addrs []conf.Address, ifname string) {
	if len(addrs) > 0 {
		o.jobs = append(o.jobs, job{id: staticID, ifname: ifname, add: true, addrs: addrs})
	}
}

// delStatic appends such addresses to remove.
func (o *outbox) delStatic(addrs []conf.Address) {
	if len(addrs) > 0 {
		o.jobs = append(o.jobs, job{id: staticID, addrs: addrs})
	}
}

// routes appends routes and rules to set or to remove.
func (o *outbox) routes(id vrouter.ID, add bool, routes []*conf.Route, rules []*conf.Rule) {
	if len(routes)+len(rules) > 0 {
		o.jobs = append(o.jobs, job{id: id, add: add, routes: routes, rules: rules})
	}
}

// nextRouting takes the job at the front if it is one of routes and rules; nil: it is not.
func (o *outbox) nextRouting() *job {
	if len(o.jobs) == 0 || !o.jobs[0].isRouting() {
		return nil
	}
	j := o.jobs[0]
	o.jobs = o.jobs[1:]
	return &j
}

// announce has the addresses announced as soon as each is set. It returns false when they wait for nothing.
func (o *outbox) announce(id vrouter.ID, addrs []conf.Address, count int) bool {
	for i := len(o.jobs) - 1; i >= 0; i-- {
		j := &o.jobs[i]
		if j.id == id && j.add && sameList(j.addrs, addrs) {
			j.announce = count
			return true
		}
	}
	return false
}

// silence cancels the announcements that the owner's additions would lead to.
func (o *outbox) silence(id vrouter.ID) {
	for i := range o.jobs {
		if o.jobs[i].id == id {
			o.jobs[i].announce = 0
		}
	}
}

// empty tells whether nothing waits.
func (o *outbox) empty() bool { return len(o.jobs) == 0 }

// piece is a part of a job.
type piece struct {
	job
	addr *conf.Address
}

// dev returns the interface that the address belongs on.
func (p *piece) dev() string {
	if p.addr.Dev != "" {
		return p.addr.Dev
	}
	return p.ifname
}

// next takes up to limit addresses out of the jobs at the front, all to be set or all to be removed.
func (o *outbox) next(limit int, out []piece) []piece {
	for len(o.jobs) > 0 && len(out) < limit {
		j := &o.jobs[0]
		if j.isRouting() || len(out) > 0 && out[0].add != j.add {
			break
		}
		n := min(len(j.addrs), limit-len(out))
		for i := range n {
			out = append(out, piece{*j, &j.addrs[i]})
		}
		if j.addrs = j.addrs[n:]; len(j.addrs) == 0 {
			o.jobs = o.jobs[1:]
		}
	}
	return out
}

// sameList tells whether two slices are the same part of the same array: actions of one step share the
// configuration's slices.
func sameList(a, b []conf.Address) bool {
	return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
}

// without returns those of addrs that are not in drop.
func without(addrs, drop []conf.Address) []conf.Address {
	if sameList(addrs, drop) {
		return nil
	}
	gone := make(map[addrOn]bool, len(drop))
	for i := range drop {
		gone[addrOn{drop[i].Dev, drop[i].Prefix.Addr()}] = true
	}
	var kept []conf.Address
	for i := range addrs {
		if !gone[addrOn{addrs[i].Dev, addrs[i].Prefix.Addr()}] {
			kept = append(kept, addrs[i])
		}
	}
	return kept
}
