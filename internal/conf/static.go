package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

func (b *builder) readStaticAddrs(d *syntax.Directive) {
	for _, l := range b.entries(entry{d, value{}}) {
		a, ok := b.readAddress(l, true)
		if !ok {
			continue
		}
		if a.trackGroup != "" && !b.vrrp.trackGroups[a.trackGroup] {
			b.report(l, syntax.GeneralError, "track_group "+a.trackGroup+" not found for static address "+l.Name())
		}
		b.vrrp.statics++
	}
}
