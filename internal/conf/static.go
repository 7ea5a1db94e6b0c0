package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

// StaticAddress is one line of static_ipaddress.
type StaticAddress struct {
	Address
	TrackGroup string
}

func (b *builder) readStaticAddrs(d *syntax.Directive) {
	for _, l := range b.entries(entry{d, value{}}) {
		a, ok := b.readAddress(l, true)
		if !ok {
			continue
		}
		if a.Dev == "" {
			a.Dev = b.cfg.Global.DefaultInterface
		}
		if a.trackGroup != "" && !b.vrrp.trackGroups[a.trackGroup] {
			b.report(l, syntax.GeneralError, "track_group "+a.trackGroup+" not found for static address "+l.Name())
		}
		b.cfg.StaticAddrs = append(b.cfg.StaticAddrs, StaticAddress{a.Address, a.trackGroup})
	}
}
