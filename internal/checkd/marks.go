package checkd

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/firewall"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// markPeriod is how often the firewall's table is looked for, and tried again where that has failed.
const markPeriod = 10 * time.Second

// mark hands to the firewall what it is to mark. Neither its answer nor its failure holds up a check.
func (d *daemon) mark(m *lvs.Marking) {
	if d.marker == nil {
		report := func(text string) { d.log.Log(log.Err, text) }
		d.marker = firewall.Start(d.Firewall(d.Config.Global.LVS.NetNamespace, d.log.Info), markPeriod, report)
	}
	d.marker.Set(m)
}

func (d *daemon) closeMarks() {
	if d.marker != nil {
		d.marker.Close()
	}
}
