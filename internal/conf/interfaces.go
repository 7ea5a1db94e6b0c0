package conf

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// readDelays reads IF DOWN [UP] lines.
func (b *builder) readDelays(d *syntax.Directive) {
	limit := timer(0, 255_000_000)
	for _, l := range b.entries(entry{d, value{}}) {
		if _, ok := b.link(l.Name()); !ok {
			b.report(l, syntax.BadInterface, "unknown interface "+l.Name()+" specified for up/down delay")
			continue
		}
		if len(l.Words) < 2 {
			b.report(l, syntax.GeneralError, "no delay specified for interface "+l.Name())
		}
		var delay LinkDelay
		for i, w := range l.Words[1:min(3, len(l.Words))] {
			n, ok := b.decimal(w, &limit)
			if !ok {
				continue
			}
			*[...]*time.Duration{&delay.Down, &delay.Up}[i] = time.Duration(n) * time.Microsecond
		}
		if b.cfg.LinkDelays == nil {
			b.cfg.LinkDelays = map[string]LinkDelay{}
		}
		b.cfg.LinkDelays[l.Name()] = delay
	}
}
