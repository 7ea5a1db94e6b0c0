package conf

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// EncapKind is a kind of lightweight tunnel, numbered as in linux/lwtunnel.h.
type EncapKind uint16

// The kinds.
const (
	EncapMPLS EncapKind = 1
	EncapIP   EncapKind = 2
	EncapILA  EncapKind = 3
	EncapIP6  EncapKind = 4
)

// Encap is the lightweight tunnel that packets of a route go into.
type Encap struct {
	Kind     EncapKind
	ID       *uint64
	Dst, Src netip.Addr
	TOS      *uint8 // or traffic class
	TTL      *uint8 // or hop limit
	Flags    *uint16
	Labels   []uint32 // MPLS, the outermost first
	Locator  uint64   // ILA
}

// readEncap reads an encapsulation, the first word of which stands at i, and returns the place of its last word.
func (b *builder) readEncap(t *routeLine, d *syntax.Directive, i int) int {
	i++
	if i >= len(d.Words) {
		b.report(d, syntax.GeneralError, "No encapsulation type specified for route")
		t.bad = true
		return i
	}
	e := &Encap{}
	if n := len(t.Hops); n > 0 {
		t.Hops[n-1].Encap = e
	} else {
		t.Encap = e
	}
	w := d.Words[i]
	switch w.Text {
	case "mpls", "ila":
		if i+1 >= len(d.Words) || !e.readValue(w.Text, d.Words[i+1].Text) {
			b.err(w, syntax.GeneralError, "invalid encap "+w.Text+" value in route - skipping")
			t.bad = true
		}
		return i + 1
	case "ip":
		e.Kind = EncapIP
	case "ip6":
		e.Kind = EncapIP6
	default:
		b.err(w, syntax.GeneralError, "unknown encap type "+w.Text+" in route - skipping")
		t.bad = true
		return i
	}
	for i+2 < len(d.Words) && isEncapOption(d.Words[i+1].Text) {
		if !b.encapOption(e, d.Words[i+1].Text, d.Words[i+2].Text) {
			b.err(d.Words[i+2], syntax.GeneralError, "invalid encap "+d.Words[i+1].Text+" '"+d.Words[i+2].Text+"' in route - skipping")
			t.bad = true
		}
		i += 2
	}
	return i
}

func isEncapOption(word string) bool {
	switch word {
	case "id", "dst", "src", "tos", "ttl", "flags", "tc", "hoplimit":
		return true
	}
	return false
}

// readValue reads the labels of MPLS or the locator of ILA.
func (e *Encap) readValue(kind, text string) bool {
	if kind == "mpls" {
		e.Kind = EncapMPLS
		for _, label := range strings.Split(text, "/") {
			n, err := strconv.ParseUint(label, 0, 20)
			if err != nil {
				return false
			}
			e.Labels = append(e.Labels, uint32(n))
		}
		return true
	}
	e.Kind = EncapILA
	groups := strings.Split(text, ":")
	for _, g := range groups {
		n, err := strconv.ParseUint(g, 16, 16)
		if err != nil {
			return false
		}
		e.Locator = e.Locator<<16 | n
	}
	return len(groups) == 4
}

// encapOption stores one option of an IP tunnel.
func (b *builder) encapOption(e *Encap, name, text string) bool {
	switch name {
	case "dst", "src":
		a, ok := parseAddr(text)
		if !ok || a.Is6() != (e.Kind == EncapIP6) {
			return false
		}
		if name == "dst" {
			e.Dst = a
		} else {
			e.Src = a
		}
		return true
	case "tos", "tc":
		n, ok := b.named("rt_dsfield", text, 255)
		v := uint8(n)
		e.TOS = &v
		return ok
	}
	bits := map[string]int{"id": 64, "ttl": 8, "hoplimit": 8, "flags": 16}[name]
	n, err := strconv.ParseUint(text, 0, bits)
	switch name {
	case "id":
		e.ID = &n
	case "flags":
		v := uint16(n)
		e.Flags = &v
	default:
		v := uint8(n)
		e.TTL = &v
	}
	return err == nil
}
