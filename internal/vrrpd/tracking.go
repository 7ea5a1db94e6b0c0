package vrrpd

import (
	"context"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/track"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// outlet hands what the watcher finds to the loop and the log.
type outlet struct{ d *daemon }

var _ track.Outlet = outlet{}

// Report posts a report.
func (o outlet) Report(r track.Report) { o.d.inbox.post(message{report: r}) }

// Log writes a line.
func (o outlet) Log(text string) { o.d.log.Info(text) }

// settleTime bounds how long the start waits for a first look at files and processes.
const settleTime = 2 * time.Second

// startTracking begins to watch what is tracked. Files, processes and polled links are known when it returns; scripts must
// run first.
func (d *daemon) startTracking() {
	d.watcher = track.New(outlet{d})
	d.watcher.Apply(d.Config)
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	d.watcher.Settle(ctx)
	d.poller.Settle(ctx)
	d.readSettled()
}

// readSettled takes in what files and processes are like. Scripts and signals wait until the instances have started: which
// state they start in must not depend on how fast a script is.
func (d *daemon) readSettled() {
	for _, m := range d.inbox.take(nil) {
		switch {
		case m.beat.Name != "":
			d.polled(m.beat)
		case m.signal != nil || m.report.Kind == conf.TrackScript:
			d.inbox.post(m)
		default:
			d.tracked(m.report)
		}
	}
}

// tracked tells the state machine of a report.
func (d *daemon) tracked(r track.Report) {
	if !d.watcher.Current(r) {
		return
	}
	t := vrouter.Tracked{Target: r.Target, Known: true, Up: r.Up, Value: r.Value}
	d.step(vrouter.Event{Kind: vrouter.TrackedChanged, Tracked: []vrouter.Tracked{t}})
}

// unknown returns the states of things of which nothing is known.
func unknown(fresh []conf.Target) []vrouter.Tracked {
	var out []vrouter.Tracked
	for _, t := range fresh {
		out = append(out, vrouter.Tracked{Target: t})
	}
	return out
}

// delayed holds back that an interface goes down or up for as long as the configuration says; what changes back
// meanwhile is never told.
func (d *daemon) delayed(c *conf.Config, now, last vrouter.Link) vrouter.Link {
	delay := c.LinkDelays[now.Name]
	wait := delay.Down
	if now.Up {
		wait = delay.Up
	}
	if now.Up == last.Up || wait == 0 || !now.Present {
		delete(d.linkDue, now.Name)
		return now
	}
	due, waiting := d.linkDue[now.Name]
	if !waiting {
		due = d.now.Add(wait)
		d.linkDue[now.Name] = due
	}
	if d.now.Before(due) {
		now.Up = last.Up
		return now
	}
	delete(d.linkDue, now.Name)
	return now
}

// nextLinkDue returns when the first interface is to be told of; zero: none is held back.
func (d *daemon) nextLinkDue() time.Time {
	var first time.Time
	for _, t := range d.linkDue {
		if first.IsZero() || t.Before(first) {
			first = t
		}
	}
	return first
}
