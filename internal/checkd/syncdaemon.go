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
		if d.syncd == nil {
			open, namespace := d.Open, d.Config.Global.LVS.NetNamespace
			d.syncd = ipvs.Follow(func() (ipvs.Client, error) { return open(namespace) }, func(text string) { d.log.Log(log.Err, text) })
		}
		d.syncd.Set(ipvs.SyncBoth(s)...)
	case d.syncd != nil:
		d.syncd.Set()
	}
}

func (d *daemon) closeSync() {
	if d.syncd != nil {
		d.syncd.Close()
	}
}
