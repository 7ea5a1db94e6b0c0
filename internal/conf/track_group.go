package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

// TrackGroup is one track_group block: instances that go to FAULT when something static is lost.
type TrackGroup struct {
	Name    string
	Members []string
}

func (b *builder) readTrackGroup(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.report(d, syntax.GeneralError, "track_group must have a name - skipping")
		return
	}
	g := &TrackGroup{Name: d.Words[1].Text}
	if b.vrrp.trackGroups[g.Name] {
		b.report(d, syntax.GeneralError, "track_group "+g.Name+" already defined")
		return
	}
	define(&b.vrrp.trackGroups, g.Name)
	rows := []keyword[TrackGroup]{{name: "group", kind: Block, owner: VRRP,
		set: func(b *builder, g *TrackGroup, l entry) { g.Members = append(g.Members, names(l)...) }}}
	apply(b, newTable(rows), d.Items(), g, "track_group")
	b.cfg.TrackGroups = append(b.cfg.TrackGroups, g)
}
