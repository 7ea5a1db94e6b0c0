package vrrpd

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/keepalived-go/keepalived/internal/advert"
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/mmsg"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// router is what the loop keeps of an instance: how its adverts leave.
type router struct {
	conf     *conf.Instance
	index    int // interface; 0: none
	source   netip.Addr
	priority uint8
	oldSum   bool            // the checksum that peers before 1.3.7 want
	packets  []*mmsg.Message // the latest advert, one per destination; reused while nothing changes
}

// router returns the wire side of the instance. That of an instance whose configuration was replaced is made anew.
func (d *daemon) router(id vrouter.ID) *router {
	c := d.set.Instance(id)
	r := d.routers[id]
	if r == nil || r.conf != c && c != nil {
		r = &router{conf: c, index: d.index(wireOf(c).ifname)}
		d.routers[id] = r
	}
	return r
}

func (d *daemon) index(ifname string) int {
	if l := d.mon.Link(ifname); l != nil {
		return l.Index
	}
	return 0
}

// sendAdvert queues the packets of an advert.
func (d *daemon) sendAdvert(id vrouter.ID, priority uint8) {
	r, err := d.prepareAdvert(id, priority)
	if err != nil {
		d.failed(id, vrouter.SendAdvert, err.Error())
		return
	}
	for _, p := range r.packets {
		d.tx.Queue(int32(id), p)
	}
}

// prepareAdvert encodes the packets of an advert, unless nothing in them has changed since the last time. A backup
// prepares for the moment in which it must be quick.
func (d *daemon) prepareAdvert(id vrouter.ID, priority uint8) (*router, error) {
	r, st := d.router(id), d.set.Status(id)
	if r.packets != nil && r.priority == priority && r.source == st.Source && r.oldSum == st.OldChecksum {
		return r, nil
	}
	r.priority, r.source, r.oldSum = priority, st.Source, st.OldChecksum
	return r, d.encode(r, id)
}

func (d *daemon) encode(r *router, id vrouter.ID) error {
	r.packets = nil
	if r.conf.VRF != "" && r.index == 0 { // the main routing table is no place for these adverts
		return fmt.Errorf("VRF %s does not exist", r.conf.VRF)
	}
	for _, dst := range r.destinations() {
		payload, err := d.set.AppendAdvert(nil, id, r.priority, dst)
		if err != nil {
			r.packets = nil
			return err
		}
		ttl := uint8(255)
		if r.conf.Unicast {
			ttl = r.conf.UnicastTTL
		}
		route := advert.Route{Ifindex: r.index, VRF: r.conf.VRF != "", Src: r.source, Dst: dst, TTL: ttl}
		r.packets = append(r.packets, advert.NewMessage(route, payload))
	}
	return nil
}

func (r *router) destinations() []netip.Addr {
	if !r.conf.Unicast {
		return []netip.Addr{r.conf.MulticastGroup}
	}
	var dsts []netip.Addr
	for _, p := range r.conf.Peers {
		dsts = append(dsts, p.Addr)
	}
	return dsts
}

// wire is where adverts of one family come in: an interface, or a VRF with all that is in it. An empty name means every
// interface.
type wire struct {
	ifname string
	v6     bool
}

func wireOf(c *conf.Instance) wire { return wire{c.Link(), c.Family == conf.IPv6} }

// listener is one receiving socket and the instances behind it.
type listener struct {
	*advert.Listener
	wire
	index  int
	token  int
	byVRID map[uint8][]vrouter.ID
}

// find returns the instance that a packet belongs to, false when nobody has its VRID. Where one VRID serves multicast
// and unicast, the destination decides; otherwise the only instance gets it, so that it can say what does not fit.
func (d *daemon) find(l *listener, p *advert.Packet) (vrouter.ID, bool) {
	if len(p.Payload) < 2 {
		return 0, false
	}
	ids := l.byVRID[p.Payload[1]]
	if len(ids) == 0 {
		return 0, false
	}
	for _, id := range ids {
		c := d.router(id).conf
		if c.Unicast && !p.Dst.IsMulticast() || !c.Unicast && c.MulticastGroup == p.Dst {
			return id, true
		}
	}
	return ids[0], true
}

// wire makes the sockets fit the instances and the interfaces that are there. It is idempotent.
func (d *daemon) wire() {
	d.ids = d.set.IDs(d.ids[:0])
	want := map[wire][]vrouter.ID{}
	for _, id := range d.ids {
		r := d.router(id)
		if index := d.index(wireOf(r.conf).ifname); index != r.index {
			r.index, r.packets = index, nil
		}
		want[wireOf(r.conf)] = append(want[wireOf(r.conf)], id)
	}
	for id := range d.routers {
		if !slices.Contains(d.ids, id) {
			delete(d.routers, id)
		}
	}
	for w, l := range d.listeners {
		if want[w] == nil || l.index != d.index(w.ifname) {
			d.unlisten(l)
		}
	}
	for w, ids := range want {
		d.listen(w, ids)
	}
}

// listen opens the socket of a wire, unless it is open, and joins the groups of its instances.
func (d *daemon) listen(w wire, ids []vrouter.ID) {
	index := d.index(w.ifname)
	if w.ifname != "" && index == 0 {
		return // when the interface appears
	}
	l := d.listeners[w]
	if l == nil {
		var err error
		if l, err = d.openListener(w, index, ids); err != nil {
			d.log.Info(err.Error())
			return
		}
	}
	l.byVRID = map[uint8][]vrouter.ID{}
	for _, id := range ids {
		c := d.router(id).conf
		l.byVRID[c.VRID] = append(l.byVRID[c.VRID], id)
		if c.Unicast {
			continue
		}
		if err := l.Join(c.MulticastGroup, index); err != nil {
			d.log.Info("(" + c.Name + ") " + err.Error())
		}
	}
}

func (d *daemon) openListener(w wire, index int, ids []vrouter.ID) (*listener, error) {
	rcvbuf := 0
	for _, id := range ids {
		rcvbuf += d.router(id).conf.RxBuf
	}
	s, err := advert.Listen(w.ifname, w.v6, rcvbuf)
	if err != nil {
		return nil, err
	}
	l := &listener{Listener: s, wire: w, index: index, token: d.nextToken}
	if err := d.poll.Add(s.FD(), token(l.token)); err != nil {
		s.Close()
		return nil, err
	}
	d.nextToken++
	d.listeners[w] = l
	d.byToken[l.token] = l
	return l, nil
}

func (d *daemon) unlisten(l *listener) {
	d.poll.Remove(l.FD())
	l.Close()
	delete(d.listeners, l.wire)
	delete(d.byToken, l.token)
}
