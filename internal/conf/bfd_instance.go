package conf

import (
	"strconv"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// bfdBlock is a bfd_instance block.
type bfdBlock struct {
	neighbor string
	tracker
}

func bfdKeywords() []keyword[bfdBlock] {
	type t = bfdBlock
	millis := func(name string, least int64) keyword[t] {
		return keyword[t]{name: name, kind: Value, arg: arg{form: decimal, min: least * 1000, max: 4294967_000, unit: 1e6, places: 3}, owner: BFD}
	}
	neighbor := func(name string) keyword[t] {
		return keyword[t]{name: name, kind: Value, arg: addressArg(), owner: BFD, set: func(b *builder, f *t, l entry) { f.neighbor = l.val.s }}
	}
	ttl := func(name string) keyword[t] {
		return keyword[t]{name: name, kind: Value, arg: number(1, 255), owner: BFD}
	}
	return []keyword[t]{
		{name: "source_ip", kind: Value, arg: addressArg(), owner: BFD},
		neighbor("neighbor_ip"), neighbor("neighbour_ip"),
		millis("min_rx", 1), millis("min_tx", 1), millis("idle_tx", 1000),
		{name: "multiplier", kind: Value, arg: number(1, 255), owner: BFD},
		{name: "passive", owner: BFD},
		ttl("ttl"), ttl("hoplimit"),
		{name: "max_hops", kind: Value, arg: integer(-1, 255), owner: BFD},
		{name: "multihop", kind: Value, arg: boolArg(), owner: BFD},
		{name: "weight", kind: Value, arg: weightArg(253), owner: VRRP, set: func(b *builder, f *t, l entry) { f.readWeight(l) }},
		{name: "vrrp"}, {name: "checker"},
	}
}

func (b *builder) readBFD(d *syntax.Directive) {
	const longest = 31
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	name := d.Words[1].Text
	switch {
	case len(name) > longest:
		b.report(d, syntax.GeneralError, "Configuration error: BFD instance name "+name+" too long (maximum length is "+strconv.Itoa(longest)+" characters) - ignoring")
		return
	case b.vrrp.bfd[name]:
		b.report(d, syntax.GeneralError, "Configuration error: BFD instance "+name+" already configured, ignoring")
		return
	}
	define(&b.vrrp.bfd, name)
	f := &bfdBlock{}
	b.defineTracker(TrackBFD, name, &f.tracker)
	apply(b, newTable(bfdKeywords()), d.Items(), f, "bfd_instance")
	if f.neighbor == "" {
		b.report(d, syntax.GeneralError, "Configuration error: BFD instance "+name+" has no neighbor address set, disabling instance")
		return
	}
	b.cfg.HasBFD = true
}
