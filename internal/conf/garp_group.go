package conf

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// GARPGroup is a garp_group block: interfaces the announcements of which are paced together, for instance because they
// lead to one switch.
type GARPGroup struct {
	// GARPInterval and GNAInterval are the least times between two gratuitous ARPs and between two unsolicited neighbour
	// advertisements; 0: none, whatever global_defs says.
	GARPInterval, GNAInterval time.Duration
	Links                     []string
}

// garpGroup is a garp_group block while it is read.
type garpGroup struct {
	GARPGroup
	interval, gna bool
}

func garpGroupKeywords() []keyword[garpGroup] {
	type g = garpGroup
	link := func(b *builder, t *g, d *syntax.Directive, name string) {
		if b.vrrp.garpLinks[name] {
			b.report(d, syntax.GeneralError, "garp_group already specified for "+name+" - ignoring")
			return
		}
		define(&b.vrrp.garpLinks, name)
		if _, ok := b.link(name); !ok && !b.cfg.Global.DynamicIfaces {
			b.report(d, syntax.GeneralError, "WARNING - interface "+name+" specified for garp_group doesn't exist")
			b.vrrp.missingLink = true
		}
		t.Links = append(t.Links, name)
	}
	return []keyword[g]{
		{name: "garp_interval", kind: Value, arg: timer(0, maxTimer), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { t.GARPInterval, t.interval = l.val.d, true }},
		{name: "gna_interval", kind: Value, arg: timer(0, maxTimer), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { t.GNAInterval, t.gna = l.val.d, true }},
		{name: "interface", kind: Value, arg: deviceArg(), owner: VRRP, effect: on, set: func(b *builder, t *g, l entry) { link(b, t, l.Directive, l.val.s) }},
		{name: "interfaces", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *g, l entry) {
			for _, n := range names(l) {
				link(b, t, l.Directive, n)
			}
		}},
	}
}

func (b *builder) readGARPGroup(d *syntax.Directive) {
	g := &garpGroup{}
	apply(b, newTable(garpGroupKeywords()), d.Items(), g, "garp_group")
	if !g.interval && !g.gna {
		b.report(d, syntax.GeneralError, "garp group does not have any delay set - removing")
		return
	}
	if len(g.Links) == 0 {
		b.report(d, syntax.Note, "garp group does not have any interfaces set - removing")
		return
	}
	b.cfg.GARPGroups = append(b.cfg.GARPGroups, g.GARPGroup)
}
