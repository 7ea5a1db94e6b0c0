package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

func (b *builder) readTrackGroup(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.report(d, syntax.GeneralError, "track_group must have a name - skipping")
		return
	}
	name := d.Words[1].Text
	if b.vrrp.trackGroups[name] {
		b.report(d, syntax.GeneralError, "track_group "+name+" already defined")
		return
	}
	define(&b.vrrp.trackGroups, name)
	rows := []keyword[topLevel]{{name: "group", kind: Block, owner: VRRP}}
	apply(b, newTable(rows), d.Items(), &topLevel{}, "track_group")
}
