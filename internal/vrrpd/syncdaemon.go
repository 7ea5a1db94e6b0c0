package vrrpd

import (
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// followSync has the IPVS sync daemon follow the state of its instance (lvs_sync_daemon).
func (d *daemon) followSync(inst *conf.Instance, to vrouter.State) {
	if s := d.Config.Global.LVS.Sync; s != nil && s.Instance == inst.Name {
		d.setSync(ipvs.SyncFor(s, inst.VRID, to == vrouter.Master))
	}
}

// resync has the sync daemon be as a new configuration says: another one, or none.
func (d *daemon) resync() {
	s := d.Config.Global.LVS.Sync
	if s != nil {
		for id := range d.routers {
			inst, state := d.set.Instance(id), d.set.State(id)
			if inst != nil && inst.Name == s.Instance && state != vrouter.Init {
				d.followSync(inst, state)
				return
			}
		}
	}
	if d.sync != nil {
		d.sync.Set()
	}
}

func (d *daemon) setSync(s ipvs.Sync) {
	if d.sync == nil {
		namespace := d.Config.Global.LVS.NetNamespace
		open := func() (ipvs.Client, error) { return ipvs.Open(namespace) }
		d.sync = ipvs.Follow(open, func(text string) { d.log.Log(log.Err, text) })
	}
	d.sync.Set(s)
}
