package checkd

import (
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/log"
)

// runSync has the kernel send and receive connections as long as lvs_sync_daemon says so without an instance; with one, the
// VRRP child chooses.
func (d *daemon) runSync() {
	s := d.Config.Global.LVS.Sync
	switch {
	case s != nil && s.Instance == "":
		if d.sync == nil {
			open, namespace := d.Open, d.Config.Global.LVS.NetNamespace
			d.sync = ipvs.Follow(func() (ipvs.Client, error) { return open(namespace) }, func(text string) { d.log.Log(log.Err, text) })
		}
		d.sync.Set(ipvs.SyncBoth(s)...)
	case d.sync != nil:
		d.sync.Set()
	}
}

func (d *daemon) closeSync() {
	if d.sync != nil {
		d.sync.Close()
	}
}
