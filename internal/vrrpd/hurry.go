package vrrpd

import (
	"fmt"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// hurry raises the priority of the process when it was late by much more than it may be (max_auto_priority).
func (d *daemon) hurry(deadline time.Time) {
	late, want := d.now.Sub(deadline), 0
	if !deadline.After(time.Unix(0, 0)) { // nothing was due, or work was left over
		return
	}
	if want = raised(&d.Config.Global, d.priority, late); want == 0 {
		return
	}
	d.log.Info(fmt.Sprintf("VRRP thread timer expired %d.%06d seconds ago", late/time.Second, late%time.Second/time.Microsecond))
	d.log.Info(fmt.Sprintf("Set realtime priority %d", want))
	d.priority = want // it is not tried again when it cannot be had
	if err := d.Raise(want); err != nil {
		d.log.Info(err.Error())
	}
}

// raised returns the real-time priority that a process should have which has this one, 0 for none, and was late; 0: the
// same.
func raised(g *conf.Global, now int, late time.Duration) int {
	if now = max(now, g.VRRPProcess.RTPriority); late < g.MinAutoPriorityDelay || now >= g.MaxAutoPriority {
		return 0
	}
	return now + 1
}
