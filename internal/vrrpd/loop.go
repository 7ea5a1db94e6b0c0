package vrrpd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// loop turns until the child has stopped. In each turn what waits outside comes before what has expired: a process that
// was held up must not claim mastership over adverts that lie in its sockets.
func (d *daemon) loop() error {
	for !d.stopping {
		deadline := d.deadline()
		ready, err := d.poll.Wait(deadline)
		d.now = time.Now()
		d.hurry(deadline)
		if err == nil && d.due(d.set.Deadline()) {
			// The process may have been held up between waiting and reading the clock.
			ready, err = d.poll.Wait(d.now)
		}
		if err != nil {
			return err
		}
		for _, t := range ready {
			if err := d.readable(t); err != nil {
				return err
			}
		}
		d.readInbox()
		d.expire()
		d.writeLines()
	}
	return nil
}

// claimLead is spent awake before a backup claims to be master: an idle processor takes about as long to wake up, and
// the network has been without a master for long enough.
const claimLead = 150 * time.Microsecond

// deadline returns when the loop has something to do by itself; now when work is left over.
func (d *daemon) deadline() time.Time {
	if !d.out.empty() {
		return time.Unix(0, 0)
	}
	first := d.set.Deadline()
	if d.set.ClaimsNext() {
		first = first.Add(-claimLead)
	}
	for _, t := range [...]time.Time{d.announces.Deadline(), d.startAt, d.nextLinkDue(), d.restoreAt} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func (d *daemon) readable(t token) error {
	switch t {
	case tokenControl:
		d.readControl()
		return nil
	case tokenNetlink:
		return d.readNetlink()
	}
	if l := d.byToken[int(t)]; l != nil {
		d.readAdverts(l)
	}
	return nil
}

// due tells whether a deadline has come; a zero one never does.
func (d *daemon) due(t time.Time) bool { return !t.IsZero() && !d.now.Before(t) }

// expire does what is due.
func (d *daemon) expire() {
	if d.due(d.startAt) {
		d.startAt = time.Time{}
		d.log.Info("Delayed start completed")
		d.step(vrouter.Event{Kind: vrouter.Start})
	}
	if d.due(d.restoreAt) {
		d.restoreStatics()
	}
	if d.due(d.nextLinkDue()) {
		d.tellLinks()
	}
	if d.due(d.set.Deadline()) {
		d.step(vrouter.Event{Kind: vrouter.Timeout})
	}
	d.workOutbox()
	d.handlePending()
	d.sendAnnouncements()
}

// maxPackets is more than a receive buffer of the usual size holds; it bounds a turn under a flood.
const maxPackets = 1024

func (d *daemon) readAdverts(l *listener) {
	for range maxPackets {
		ok, err := l.Read(&d.packet)
		if err != nil && !ok {
			if !errors.Is(err, unix.ENETDOWN) { // the interface went down: netlink says so as well
				d.log.Info(err.Error())
			}
			return
		}
		if !ok {
			return
		}
		if err != nil {
			continue // not a VRRP packet at all
		}
		id, known := d.find(l, &d.packet)
		if !known {
			if d.Config.Global.LogUnknownVRIDs && len(d.packet.Payload) > 1 {
				d.log.Info(fmt.Sprintf("Unknown VRID(%d) received on interface(%s). ignoring...", d.packet.Payload[1], l.ifname))
			}
			continue
		}
		p := &d.packet
		d.vpacket = vrouter.Packet{Src: p.Src, Dst: p.Dst, TTL: p.TTL, TotalLen: p.TotalLen,
			Multicast: p.Dst.IsMulticast(), Payload: p.Payload}
		d.step(vrouter.Event{Kind: vrouter.Received, ID: id, Packet: &d.vpacket})
	}
}

func (d *daemon) readControl() {
	for {
		m, ok, err := d.Control.TryReceive()
		if err != nil {
			d.log.Log(log.Err, "the parent process is gone: "+err.Error())
			d.stop()
			return
		}
		if !ok {
			return
		}
		switch m.Kind {
		case control.Ping:
			_ = d.Control.Send(control.Pong, -1) // the next one will do
		case control.Reload:
			d.reload(os.NewFile(uintptr(m.FD), "config"))
		}
	}
}

// readInbox deals with what other goroutines have posted.
func (d *daemon) readInbox() {
	d.messages = d.inbox.take(d.messages)
	for _, m := range d.messages {
		switch {
		case m.signal != nil:
			d.signal(m.signal)
		case m.beat.Name != "":
			d.polled(m.beat)
		default:
			d.tracked(m.report)
		}
	}
}

func (d *daemon) signal(sig os.Signal) {
	switch sig {
	case unix.SIGTERM:
		d.stop()
	case unix.SIGINT: // of a terminal, which sends it to the parent as well: the parent decides
	case unix.SIGHUP:
		d.log.Info("Reloading") // by the copy that is in force already: nothing changes
	default:
		d.dump(sig)
	}
}

// step feeds the state machine and carries out what it says. Adverts leave first, since the other routers wait for them
// and nothing that they say depends on the rest; log lines wait until the end of the turn.
func (d *daemon) step(ev vrouter.Event) {
	d.acts = d.set.Step(d.now, ev, d.acts[:0])
	for i := range d.acts {
		if a := &d.acts[i]; a.Kind == vrouter.SendAdvert {
			d.sendAdvert(a.ID, a.Priority)
		}
	}
	d.tx.Flush(d.sendFailed)
	for i := range d.acts {
		d.do(&d.acts[i])
	}
}

// writeLines logs what the state machine has said in this turn.
func (d *daemon) writeLines() {
	for i := range d.lines {
		d.log.Log(severity(d.lines[i].Level), d.lines[i].Text)
	}
	clear(d.lines) // the texts are garbage now
	d.lines = d.lines[:0]
}

func (d *daemon) sendFailed(id int32, err error) {
	reason := err.Error()
	var errno unix.Errno
	if errors.As(err, &errno) {
		text := errno.Error() // the C library's text, but for its first letter
		reason = fmt.Sprintf("%d (%s)", int(errno), strings.ToUpper(text[:1])+text[1:])
	}
	d.failed(vrouter.ID(id), vrouter.SendAdvert, reason)
}

// handlePending lets the state machine hear of failures. What fails in turn waits for the next turn of the loop, so
// that something that always fails cannot keep the loop here.
func (d *daemon) handlePending() {
	n := len(d.pending)
	for i := range n {
		d.step(d.pending[i])
	}
	d.pending = append(d.pending[:0], d.pending[n:]...)
}

func (d *daemon) do(a *vrouter.Action) {
	switch a.Kind {
	case vrouter.AddAddrs:
		d.out.add(a.ID, d.router(a.ID).conf, a.Addrs)
	case vrouter.DelAddrs:
		d.out.del(a.ID, d.router(a.ID).conf, a.Addrs)
	case vrouter.AddRoutes:
		d.out.routes(a.ID, true, a.Routes, a.Rules)
	case vrouter.DelRoutes:
		d.out.routes(a.ID, false, a.Routes, a.Rules)
	case vrouter.Announce:
		if !d.out.announce(a.ID, a.Addrs, a.Count) {
			d.enqueueAnnouncements(a.ID, a.Addrs, a.Count)
		}
	case vrouter.StopAnnounce:
		d.out.silence(a.ID)
		d.repeats = slices.DeleteFunc(d.repeats, func(r repeat) bool { return r.target.Owner == int32(a.ID) })
		d.announces.Cancel(int32(a.ID))
	case vrouter.NotifyState:
		if a.To == vrouter.Backup {
			_, _ = d.prepareAdvert(a.ID, a.Priority) // an error will be seen when it is sent
		}
		d.tell(a.ID, a.To.String(), a.Priority)
		d.followSync(d.router(a.ID).conf, a.To)
	case vrouter.NotifyGroup:
		d.tellGroup(a.Group, a.To.String())
	case vrouter.NotifyPriority:
		d.tellPriority(a)
	case vrouter.NotifyRxLowerPrio:
		d.tell(a.ID, "MASTER_RX_LOWER_PRI", a.Priority)
	case vrouter.Log:
		if !a.Detail || d.log.Detailed() {
			d.lines = append(d.lines, *a)
		}
	}
}

func severity(l vrouter.Level) log.Severity {
	switch l {
	case vrouter.Notice:
		return log.Notice
	case vrouter.Warning:
		return log.Warning
	case vrouter.Error:
		return log.Err
	case vrouter.Alert:
		return log.Alert
	}
	return log.Info
}

// reload puts a new configuration in force. One that cannot be read changes nothing.
func (d *daemon) reload(f *os.File) {
	d.log.Info("Reloading")
	c, err := d.Read(f)
	if err != nil {
		d.log.Log(log.Err, "cannot read the new configuration: "+err.Error())
	} else {
		d.tellLinksOf(c)
		fresh := d.watcher.Apply(c)
		d.groups = groupsOf(c)
		d.changeStatics(d.Config, c)
		d.step(vrouter.Event{Kind: vrouter.Reload, Config: c, Tracked: unknown(fresh)})
		d.adopt(c)
		d.resync()
		if c.Global.FIFOStatesOnReload {
			d.rewriteStates()
		}
	}
	if err := d.Control.Send(control.Reloaded, -1); err != nil {
		d.log.Info(err.Error())
	}
}

// stop ends the loop after masters have resigned and released their addresses.
func (d *daemon) stop() {
	if d.stopping {
		return
	}
	d.stopping = true
	if d.startAt.IsZero() {
		d.step(vrouter.Event{Kind: vrouter.Stop})
	}
	d.removeStatics()
	if d.KeepAddrs {
		d.out = outbox{}
	}
	for !d.out.empty() {
		d.workOutbox()
	}
	d.writeLines()
}
