package vrrpd

import (
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// followSync has the IPVS sync daemon follow the state of its instance (lvs_sync_daemon).
func (d *daemon) followSync(inst *conf.Instance, to vrouter.State) {
	s := d.Config.Global.LVS.Sync
	if s == nil || s.Instance != inst.Name {
		return
	}
	if d.sync == nil {
		namespace := d.Config.Global.LVS.NetNamespace
		open := func() (ipvs.Client, error) { return ipvs.Open(namespace) }
		d.sync = ipvs.Follow(open, func(text string) { d.log.Log(log.Err, text) })
	}
	d.sync.Set(ipvs.SyncFor(s, inst.VRID, to == vrouter.Master))
}
