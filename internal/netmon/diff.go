package netmon

import (
	"net/netip"
	"slices"
)

func (l *Link) added(p netip.Prefix, events []Event) []Event {
	if slices.Contains(l.Addrs, p) {
		return events // its lifetime or flags have changed
	}
	l.Addrs = append(l.Addrs, p)
	return append(events, Event{Kind: AddrAdded, Link: l, Prefix: p})
}

// removed reports the address even when the mirror lacks it: it may be one that we have set ourselves.
func (l *Link) removed(p netip.Prefix, events []Event) []Event {
	if i := slices.Index(l.Addrs, p); i >= 0 {
		l.Addrs = slices.Delete(l.Addrs, i, i+1)
	}
	return append(events, Event{Kind: AddrRemoved, Link: l, Prefix: p})
}

// diff appends the events that lead from one mirror to the other.
func diff(old, fresh map[int]*Link, events []Event) []Event {
	for index, o := range old {
		if fresh[index] == nil {
			events = append(events, Event{Kind: LinkGone, Link: o})
		}
	}
	for index, f := range fresh {
		ev := Event{Kind: LinkChanged, Link: f}
		o := old[index]
		if o == nil {
			events = append(events, ev)
			continue
		}
		if o.Name != f.Name {
			ev.Was = o.Name
		}
		events = append(events, ev)
		for _, p := range o.Addrs {
			if !slices.Contains(f.Addrs, p) {
				events = append(events, Event{Kind: AddrRemoved, Link: f, Prefix: p})
			}
		}
		for _, p := range f.Addrs {
			if !slices.Contains(o.Addrs, p) {
				events = append(events, Event{Kind: AddrAdded, Link: f, Prefix: p})
			}
		}
	}
	return events
}

// Has tells whether the machine has the address on any interface.
func (m *Monitor) Has(a netip.Addr) bool {
	for _, l := range m.links {
		if slices.ContainsFunc(l.Addrs, func(p netip.Prefix) bool { return p.Addr() == a }) {
			return true
		}
	}
	return false
}
