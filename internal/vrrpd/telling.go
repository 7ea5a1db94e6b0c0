package vrrpd

import (
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/notify"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// tell tells the outside of an instance.
func (d *daemon) tell(id vrouter.ID, state string, priority uint8) {
	c := d.router(id).conf
	d.notify.Tell(notify.Note{Type: "INSTANCE", Name: c.Name, State: state, Priority: priority, Scripts: &c.Notify,
		Mail: c.SMTPAlert})
}

// tellPriority tells the FIFOs of a new priority; for them every instance that is not master is a backup.
func (d *daemon) tellPriority(a *vrouter.Action) {
	state := "BACKUP_PRIORITY"
	if a.To == vrouter.Master {
		state = "MASTER_PRIORITY"
	}
	d.notify.Write(notify.Note{Type: "INSTANCE", Name: d.router(a.ID).conf.Name, State: state, Priority: a.Priority})
}

// tellGroup tells the outside of a sync group.
func (d *daemon) tellGroup(name, state string) {
	if g := d.groups[name]; g != nil {
		d.notify.Tell(notify.Note{Type: "GROUP", Name: name, State: state, Scripts: &g.Notify, Mail: g.SMTPAlert})
	}
}

// rewriteStates writes all states to the FIFOs once more.
func (d *daemon) rewriteStates() {
	for _, id := range d.set.IDs(nil) {
		st := d.set.Status(id)
		d.notify.Write(notify.Note{Type: "INSTANCE", Name: d.set.Instance(id).Name, State: st.State.String(), Priority: st.Priority})
	}
	for _, g := range d.Config.SyncGroups {
		d.notify.Write(notify.Note{Type: "GROUP", Name: g.Name, State: d.set.GroupState(g.Name).String()})
	}
}

func groupsOf(c *conf.Config) map[string]*conf.SyncGroup {
	groups := make(map[string]*conf.SyncGroup, len(c.SyncGroups))
	for _, g := range c.SyncGroups {
		groups[g.Name] = g
	}
	return groups
}

// pipesOf returns what the notifier is told: the reader of the FIFO that both children write to runs once, in the checker
// child when there is one.
func pipesOf(c *conf.Config, hasChecker bool) *conf.Global {
	g := c.Global
	if hasChecker {
		g.NotifyFIFO.Script = nil
	}
	return &g
}
