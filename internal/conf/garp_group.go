package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

// garpGroup is a garp_group block.
type garpGroup struct {
	interval, gna bool
	links         []string
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
		t.links = append(t.links, name)
	}
	return []keyword[g]{
		{name: "garp_interval", kind: Value, arg: timer(0, maxTimer), owner: VRRP, set: func(b *builder, t *g, l entry) { t.interval = true }},
		{name: "gna_interval", kind: Value, arg: timer(0, maxTimer), owner: VRRP, set: func(b *builder, t *g, l entry) { t.gna = true }},
		{name: "interface", kind: Value, arg: deviceArg(), owner: VRRP, set: func(b *builder, t *g, l entry) { link(b, t, l.Directive, l.val.s) }},
		{name: "interfaces", kind: Block, owner: VRRP, set: func(b *builder, t *g, l entry) {
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
	if len(g.links) == 0 {
		b.report(d, syntax.Note, "garp group does not have any interfaces set - removing")
	}
}
