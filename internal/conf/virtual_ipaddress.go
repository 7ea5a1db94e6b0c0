package conf

import (
	"fmt"
	"net/netip"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// entries returns the lines of a list block. A block inside an entry is reported and skipped.
func (b *builder) entries(l entry) []*syntax.Directive {
	if l.Name() != "virtual_server_group" {
		b.surplus(l.Directive, 1)
	}
	out := make([]*syntax.Directive, 0, len(l.Items()))
	for _, d := range l.Items() {
		if len(d.Words) == 0 {
			continue
		}
		if d.Block != nil {
			b.add(syntax.Diagnostic{Pos: d.Block.Open(), Severity: syntax.UnexpectedOpen, Text: "Unexpected '{' - ignoring"})
			continue
		}
		out = append(out, d)
	}
	return out
}

// readVIPs reads virtual_ipaddress. The first address decides on the family of the instance.
func (b *builder) readVIPs(t *instanceBlock, l entry) {
	for _, d := range b.entries(l) {
		a, ok := b.readAddress(d, false)
		if !ok {
			continue
		}
		if !b.family(t, a.Prefix.Addr(), "virtual_ipaddress") {
			b.report(d, syntax.GeneralError, "("+t.Name+"): address family must match VRRP instance ["+d.Name()+"] - ignoring")
			continue
		}
		if !b.newVIP(t, &a) {
			continue
		}
		t.Addrs = append(t.Addrs, a.Address)
	}
}

// readExcluded reads virtual_ipaddress_excluded, of any family.
func (b *builder) readExcluded(t *instanceBlock, l entry) {
	for _, d := range b.entries(l) {
		if a, ok := b.readAddress(d, false); ok && b.newVIP(t, &a) {
			t.ExcludedAddrs = append(t.ExcludedAddrs, a.Address)
		}
	}
}

// newVIP tells whether the instance does not have the address yet.
func (b *builder) newVIP(t *instanceBlock, a *addressLine) bool {
	for _, list := range [][]Address{t.Addrs, t.ExcludedAddrs} {
		for i := range list {
			if o := &list[i]; o.Prefix.Addr() == a.Prefix.Addr() && o.Dev == a.Dev {
				b.add(syntax.Diagnostic{Pos: a.Pos, Severity: syntax.GeneralError,
					Text: "(" + t.Name + "): VIP duplicates a VIP " + a.Prefix.Addr().String() + " - ignoring"})
				return false
			}
		}
	}
	return true
}

// family lets an address decide on the family of the instance, or tells whether it is of that family.
func (b *builder) family(t *instanceBlock, a netip.Addr, from string) bool {
	f := IPv4
	if a.Is6() {
		f = IPv6
	}
	if t.familyFrom == "" {
		t.familyFrom, t.Family = from, f
	}
	return t.Family == f
}

// readSource reads mcast_src_ip and unicast_src_ip.
func (b *builder) readSource(t *instanceBlock, l entry) {
	a, ok := hostAddr(l.word(1))
	if !ok {
		b.err(l.Words[1], syntax.GeneralError, "Configuration error: VRRP instance["+t.Name+"] malformed src address["+l.word(1)+"]. Skipping...")
		return
	}
	if !b.family(t, a, l.Name()) {
		b.err(l.Words[1], syntax.GeneralError, "Configuration error: VRRP instance["+t.Name+"] and src address["+l.word(1)+"] MUST be of the same family !!! Skipping...")
		return
	}
	t.SourceAddr = a
}

// readGroup reads mcast_dst_ip.
func (b *builder) readGroup(t *instanceBlock, l entry) {
	a, ok := parseAddr(l.word(1))
	switch {
	case !ok || !a.IsMulticast():
		b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") multicast destination address "+l.word(1)+" is not valid - ignoring")
	case a.Is6() && !a.IsLinkLocalMulticast():
		b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") multicast destination address "+l.word(1)+" must be link local - ignoring")
	case !b.family(t, a, l.Name()):
		b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") multicast destination address "+l.word(1)+" is of the wrong family - ignoring")
	default:
		t.MulticastGroup = a
	}
}

func peerOptions() []option[Peer] {
	return []option[Peer]{
		{name: "min_ttl", args: "0..255", effect: on, set: func(b *builder, p *Peer, w syntax.Word) {
			if n, ok := b.unsigned(w, 0, 255); ok {
				p.MinTTL = uint8(n)
			}
		}},
		{name: "max_ttl", args: "0..255", effect: on, set: func(b *builder, p *Peer, w syntax.Word) {
			if n, ok := b.unsigned(w, 0, 255); ok {
				p.MaxTTL = uint8(n)
			}
		}},
	}
}

func peerWords() []Keyword { return optionRows(peerOptions(), VRRP, "<entry>/") }

// readPeers reads unicast_peer: one address per line, with limits of the TTL.
func (b *builder) readPeers(t *instanceBlock, l entry) {
	t.unicastWord = true
	for _, d := range b.entries(l) {
		a, ok := hostAddr(d.Name())
		if !ok {
			b.report(d, syntax.GeneralError, "Configuration error: VRRP instance["+t.Name+"] malformed unicast peer address["+d.Name()+"]. Skipping...")
			continue
		}
		if !b.family(t, a, "unicast_peer") {
			b.report(d, syntax.GeneralError, "Configuration error: VRRP instance["+t.Name+"] and unicast peer address["+d.Name()+"] MUST be of the same family !!! Skipping...")
			continue
		}
		p := Peer{Pos: d.Pos(), Addr: a, MaxTTL: 255}
		b.peerOptions(&p, d)
		if p.MinTTL > p.MaxTTL {
			b.report(d, syntax.GeneralError, fmt.Sprintf("(%s) min_ttl %d > max_ttl %d - all packets will be discarded", t.Name, p.MinTTL, p.MaxTTL))
		}
		if p.MinTTL != 0 || p.MaxTTL != 255 {
			t.CheckSource = true
		}
		t.Peers = append(t.Peers, p)
	}
}

func (b *builder) peerOptions(p *Peer, d *syntax.Directive) {
	options := peerOptions()
	for i := 1; i < len(d.Words); i++ {
		known := false
		for _, o := range options {
			if o.name != d.Words[i].Text {
				continue
			}
			known = true
			if i+1 >= len(d.Words) {
				b.missing(d, i+1)
				return
			}
			i++
			o.set(b, p, d.Words[i])
			break
		}
		if !known {
			b.err(d.Words[i], syntax.GeneralError, "Unknown unicast_peer option '"+d.Words[i].Text+"' - ignoring")
		}
	}
}
