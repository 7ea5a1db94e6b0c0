package vrrpd

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/keepalived-go/keepalived/internal/announce"
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/netcfg"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// addrOn is an address on an interface, as the configuration names it.
type addrOn struct {
	dev  string
	addr netip.Addr
}

// held is an address that we have set, or found in place when we were about to.
type held struct {
	id    vrouter.ID
	index int // interface
	found bool
}

// repeat is what is left of the announcements of an address: the others come first, and so do additions that wait.
type repeat struct {
	target announce.Target
	count  int
}

// The first piece of a job is small, so that the first announcement does not wait for many additions.
const (
	firstPiece = 8
	nextPiece  = 64
)

// workOutbox carries out one piece of the waiting changes of addresses.
func (d *daemon) workOutbox() {
	if d.out.empty() {
		d.pieceLen = firstPiece
		for _, r := range d.repeats {
			d.announces.Add(r.count, r.target)
		}
		d.repeats = d.repeats[:0]
		return
	}
	if j := d.out.nextRouting(); j != nil {
		d.workRoutes(j)
		return
	}
	d.pieces = d.out.next(d.pieceLen, d.pieces[:0])
	d.pieceLen = nextPiece
	if len(d.pieces) == 0 {
		return
	}
	if d.pieces[0].add {
		d.setPieces()
	} else {
		d.removePieces()
	}
}

// setPieces sets d.pieces and announces those that are there.
func (d *daemon) setPieces() {
	d.addrs, d.owners = d.addrs[:0], d.owners[:0]
	for i := range d.pieces {
		p := &d.pieces[i]
		link := d.mon.Link(p.dev())
		if link == nil {
			d.failed(p.id, vrouter.AddAddrs, fmt.Sprintf("%v: interface %s does not exist", p.addr.Prefix, p.dev()))
			continue
		}
		d.addrs = append(d.addrs, kernelAddr(p.addr, link.Index))
		d.owners = append(d.owners, p)
	}
	bad := d.report(vrouter.AddAddrs, d.kernel.AddAddrs(d.addrs))
	for i, p := range d.owners {
		if bad[i] {
			continue
		}
		a := &d.addrs[i]
		found := slices.Contains(d.mon.LinkByIndex(a.Ifindex).Addrs, a.Prefix)
		d.held[addrOn{p.dev(), a.Prefix.Addr()}] = held{p.id, a.Ifindex, found}
		if p.id == staticID {
			d.mon.Remember(a.Ifindex, a.Prefix) // it is the machine's own
		}
		if p.announce > 0 {
			t := announce.Target{Owner: int32(p.id), Ifindex: a.Ifindex, Addr: a.Prefix.Addr()}
			d.announces.Add(1, t)
			d.repeats = append(d.repeats, repeat{t, p.announce - 1})
		}
	}
	d.sendAnnouncements()
}

// removePieces removes those of d.pieces that are there: what we have set, and what an earlier process has left behind.
func (d *daemon) removePieces() {
	d.addrs, d.owners = d.addrs[:0], d.owners[:0]
	for i := range d.pieces {
		p := &d.pieces[i]
		link := d.mon.Link(p.dev())
		key := addrOn{p.dev(), p.addr.Prefix.Addr()}
		h, ours := d.held[key]
		delete(d.held, key)
		there := link != nil && (ours || slices.Contains(link.Addrs, p.addr.Prefix))
		if !there || p.owner && (h.found || !ours) {
			continue
		}
		d.addrs = append(d.addrs, kernelAddr(p.addr, link.Index))
		d.owners = append(d.owners, p)
	}
	d.report(vrouter.DelAddrs, d.kernel.DelAddrs(d.addrs))
	for i := range d.addrs { // the mirror does not hear of what we remove ourselves
		d.mon.Forget(d.addrs[i].Ifindex, d.addrs[i].Prefix)
	}
}

// report hands the failures of a batch to the instances that they belong to, each once, and tells which entries of
// d.addrs failed.
func (d *daemon) report(kind vrouter.ActionKind, err error) map[int]bool {
	if err == nil {
		return nil
	}
	var errs netcfg.AddrErrors
	if !errors.As(err, &errs) { // the whole batch
		errs = nil
		for _, a := range d.addrs {
			errs = append(errs, netcfg.AddrError{Addr: a, Err: err})
		}
	}
	bad := map[int]bool{}
	told := map[vrouter.ID]bool{}
	for _, e := range errs {
		for i := range d.addrs {
			if d.addrs[i] != e.Addr || bad[i] {
				continue
			}
			bad[i] = true
			if id := d.owners[i].id; !told[id] {
				told[id] = true
				d.failed(id, kind, fmt.Sprintf("%v: %v", e.Addr.Prefix, e.Err))
			}
			break
		}
	}
	return bad
}

// failed has the state machine hear of a failure after the actions that are under way.
func (d *daemon) failed(id vrouter.ID, kind vrouter.ActionKind, reason string) {
	if id == staticID {
		d.log.Info("cannot change static addresses: " + reason)
		return
	}
	d.pending = append(d.pending, vrouter.Event{Kind: vrouter.ActionFailed, ID: id, Failed: kind, Err: reason})
}

func kernelAddr(a *conf.Address, index int) netcfg.Addr {
	k := netcfg.Addr{Ifindex: index, Prefix: a.Prefix, Peer: a.Peer, Broadcast: a.Broadcast, Label: a.Label,
		Scope: a.Scope, Flags: a.Flags, PreferredLft: a.PreferredLft}
	if a.BroadcastAuto && a.Prefix.Addr().Is4() {
		k.Broadcast = netcfg.BroadcastOf(a.Prefix)
	}
	return k
}

// enqueueAnnouncements has addresses that are set announced.
func (d *daemon) enqueueAnnouncements(id vrouter.ID, addrs []conf.Address, count int) {
	ifname := d.router(id).conf.Interface
	for i := range addrs {
		p := piece{job: job{ifname: ifname}, addr: &addrs[i]}
		key := addrOn{p.dev(), addrs[i].Prefix.Addr()}
		if h, ok := d.held[key]; ok {
			d.announces.Add(count, announce.Target{Owner: int32(id), Ifindex: h.index, Addr: key.addr})
		}
	}
}

// announceLimit bounds the announcements of one turn of the loop.
const announceLimit = 256

// sendAnnouncements sends what is due.
func (d *daemon) sendAnnouncements() {
	if d.announces.Empty() {
		return
	}
	d.targets = d.announces.Advance(d.now, announceLimit, d.targets[:0])
	for _, t := range d.targets {
		link := d.mon.LinkByIndex(t.Ifindex)
		if link == nil || len(link.HW) != 6 {
			continue // gone, or a kind of interface that has no ARP
		}
		if err := d.arp.Queue(t, link.HW, t.Addr.Is6() && netcfg.Forwards6(link.Name)); err != nil {
			d.log.Info(err.Error())
			continue
		}
		if d.log.Detailed() {
			d.lines = append(d.lines, vrouter.Action{Kind: vrouter.Log, Text: announced(t, link.Name)})
		}
	}
	d.arp.Flush(func(t announce.Target, err error) {
		d.log.Info(fmt.Sprintf("Error sending announcement for %v on interface %d: %v", t.Addr, t.Ifindex, err))
	})
}

func announced(t announce.Target, ifname string) string {
	if t.Addr.Is6() {
		return fmt.Sprintf("Sending unsolicited Neighbour Advert on %s for %v", ifname, t.Addr)
	}
	return fmt.Sprintf("Sending gratuitous ARP on %s for %v", ifname, t.Addr)
}
