package lvs

import (
	"net/netip"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// pooled tells whether live servers take connections: not while the sorry server does.
func (s *service) pooled() bool { return s.quorum || s.conf.Sorry == nil }

// want returns the destination that a server should be; ok is false when it should be none.
func (r *server) want() (d Dest, ok bool) {
	c := r.conf
	d = Dest{Key: r.key, Weight: r.weight, Method: c.Method, Tunnel: c.Tunnel, Upper: c.Upper, Lower: c.Lower}
	if r.up && r.vs.pooled() {
		return d, true
	}
	d.Weight = 0
	return d, c.Inhibit
}

// wantSorry returns the destination that the sorry server should be; ok is false when it should be none.
func (s *service) wantSorry() (d Dest, ok bool) {
	c := s.conf.Sorry
	if c == nil {
		return Dest{}, false
	}
	d = Dest{Key: netip.AddrPortFrom(c.Addr, c.Port), Weight: c.Weight, Method: c.Method, Tunnel: c.Tunnel, Upper: c.Upper, Lower: c.Lower}
	if !s.quorum {
		return d, true
	}
	d.Weight = 0
	return d, s.conf.SorryInhibit
}

// of returns the destination as a service has it: without address translation packets arrive at the service's own port.
func (d Dest) of(k ServiceKey) Dest {
	if d.Method != conf.NAT {
		d.Key = netip.AddrPortFrom(d.Key.Addr(), k.Port)
	}
	return d
}

// wanted works out all destinations of a service of the kernel, in order. Of several that are the same the one with the
// greatest weight counts.
func (t *Table) wanted(k ServiceKey) []Dest {
	out := make([]Dest, 0, t.most(k))
	at := finder{}
	put := func(d Dest, ok bool) {
		if !ok {
			return
		}
		d = d.of(k)
		i := at.find(out, d.Key)
		if i < len(out) {
			if d.Weight > out[i].Weight {
				out[i] = d
			}
			return
		}
		out = append(out, d)
	}
	for _, s := range t.users[k] {
		put(s.wantSorry())
		for _, r := range s.servers {
			put(r.want())
		}
	}
	return out
}

// most returns how many destinations a service of the kernel has at most.
func (t *Table) most(k ServiceKey) int {
	n := 0
	for _, s := range t.users[k] {
		n += len(s.servers) + 1
	}
	return n
}

// finder finds destinations in a list that grows at its end: by comparing as long as there are few.
type finder struct{ many map[DestKey]int }

// find returns where the key stands in the list, or the length of the list when it has to be appended.
func (f *finder) find(list []Dest, key DestKey) int {
	const few = 16
	if len(list) < few {
		for i := range list {
			if list[i].Key == key {
				return i
			}
		}
		return len(list)
	}
	if f.many == nil {
		f.many = make(map[DestKey]int, cap(list))
		for i := range list {
			f.many[list[i].Key] = i
		}
	}
	if i, known := f.many[key]; known {
		return i
	}
	f.many[key] = len(list)
	return len(list)
}

// Wanted works out the whole table from scratch, in the order of the configuration.
func (t *Table) Wanted() []Programmed {
	var out []Programmed
	seen := map[ServiceKey]bool{}
	for _, s := range t.services {
		for _, k := range s.keys {
			if !seen[k] {
				seen[k] = true
				out = append(out, Programmed{t.users[k][0].service(k), t.wanted(k)})
			}
		}
	}
	return out
}
