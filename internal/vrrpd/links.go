package vrrpd

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/netmon"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// readNetlink takes in what has changed on this machine.
func (d *daemon) readNetlink() error {
	events, err := d.mon.Read(d.events[:0])
	d.events = events
	rewire := false
	for i := range events {
		ev := &events[i]
		switch ev.Kind {
		case netmon.LinkChanged, netmon.LinkGone:
			rewire = true
			d.logLink(ev)
			if ev.Kind == netmon.LinkChanged && ev.Link.Up {
				d.mendRoutes()
			}
		case netmon.AddrAdded:
			d.logAddr(ev)
		case netmon.RouteRemoved:
			d.routeRemoved(ev.Route)
		case netmon.RuleRemoved:
			d.ruleRemoved(ev.Rule)
		case netmon.AddrRemoved:
			d.logAddr(ev)
			d.addrRemoved(addrOn{ev.Link.Name, ev.Prefix.Addr()}, ev.Prefix)
		case netmon.Resynced:
			d.findLost()
			d.mendRoutes()
		}
	}
	if rewire {
		d.wire()
	}
	if len(events) > 0 {
		d.tellLinks()
		d.tellSources()
	}
	return err
}

func (d *daemon) logLink(ev *netmon.Event) {
	name := ev.Link.Name
	switch last, known := d.links[name]; {
	case ev.Was != "":
		d.log.Info(fmt.Sprintf("Interface name has changed from %s to %s", ev.Was, name))
	case !known:
	case ev.Kind == netmon.LinkGone:
		d.log.Info(fmt.Sprintf("Interface %s deleted", name))
	case !last.Present:
		d.log.Info(fmt.Sprintf("Interface %s added", name))
	case d.isPolled(name):
	case last.Up != ev.Link.Up:
		d.log.Info(fmt.Sprintf("Netlink reports %s %s", name, upOrDown(ev.Link.Up)))
	}
}

// logAddr logs a change of an address when --address-monitoring is on.
func (d *daemon) logAddr(ev *netmon.Event) {
	if !d.LogAddrs {
		return
	}
	what := "added"
	if ev.Kind == netmon.AddrRemoved {
		what = "deleted"
	}
	d.log.Info(fmt.Sprintf("Netlink reflector reports IP %v %s %s", ev.Prefix.Addr(), what, ev.Link.Name))
}

// addrRemoved handles that someone has removed an address, in case it is one that we had set.
func (d *daemon) addrRemoved(key addrOn, p netip.Prefix) {
	h, ours := d.held[key]
	if !ours {
		return
	}
	delete(d.held, key)
	if h.id == staticID {
		d.log.Info("Restoring deleted static address " + p.String())
		d.restoreStatics()
		return
	}
	c := d.set.Instance(h.id)
	if c == nil || d.untracked(c, key) {
		return
	}
	d.log.Info(fmt.Sprintf("(%s) ip address %s/%d dev %s, no longer exist", c.Name, p.Addr(), p.Bits(), key.dev))
	d.step(vrouter.Event{Kind: vrouter.AddrLost, ID: h.id})
}

// untracked tells whether the address is marked no_track.
func (d *daemon) untracked(c *conf.Instance, key addrOn) bool {
	for _, list := range [][]conf.Address{c.Addrs, c.ExcludedAddrs} {
		for i := range list {
			if list[i].Prefix.Addr() == key.addr && list[i].NoTrack {
				return true
			}
		}
	}
	return false
}

// findLost looks, after notifications were lost, for addresses that we had set and that are no longer there.
func (d *daemon) findLost() {
	for key, h := range d.held {
		link := d.mon.LinkByIndex(h.index)
		has := func(p netip.Prefix) bool { return p.Addr() == key.addr }
		if link == nil || !slices.ContainsFunc(link.Addrs, has) {
			d.addrRemoved(key, netip.PrefixFrom(key.addr, key.addr.BitLen()))
		}
	}
}

// tellLinks tells the state machine of every interface that is not as it was told last.
func (d *daemon) tellLinks() { d.tellLinksOf(d.Config) }

// tellLinksOf does so for the interfaces that a configuration names.
func (d *daemon) tellLinksOf(c *conf.Config) {
	for _, name := range c.Links() {
		now := d.link(name)
		last, told := d.links[name]
		if told {
			now = d.delayed(c, now, last)
		}
		if told && last == now {
			continue
		}
		d.links[name] = now
		d.step(vrouter.Event{Kind: vrouter.LinkChanged, Link: now})
	}
}

// link returns the state of an interface. Its addresses are those of the machine, not those that VRRP puts there.
func (d *daemon) link(name string) vrouter.Link {
	l := vrouter.Link{Name: name}
	link := d.mon.Link(name)
	if link == nil {
		return l
	}
	l.Present, l.Up = true, d.isUp(link)
	for _, p := range link.Addrs {
		a := p.Addr()
		if d.vips[addrOn{name, a}] {
			continue
		}
		if a.Is4() && !l.Addr4.IsValid() {
			l.Addr4 = a
		}
		if a.Is6() && a.IsLinkLocalUnicast() && !l.Addr6.IsValid() {
			l.Addr6 = a
		}
	}
	return l
}

// tellSources tells whether the source addresses that are to be tracked are on this machine.
func (d *daemon) tellSources() {
	for _, id := range d.set.IDs(nil) {
		c := d.set.Instance(id)
		if !c.TrackSource {
			continue
		}
		d.step(vrouter.Event{Kind: vrouter.SourceChanged, ID: id, Present: d.mon.Has(c.SourceAddr)})
	}
}
