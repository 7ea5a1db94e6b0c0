package checkd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/check"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// step feeds the table. What is to be done waits for carryOut, changes of the kernel in one batch.
func (d *daemon) step(ev lvs.Event) {
	d.acts = d.table.Step(d.now, ev, d.acts)
	if d.snmp != nil && ev.Kind != lvs.Timeout {
		d.snmp.changed = true
	}
}

// carryOut does what the table has said, until nothing new follows from it. What fails comes back as events once, and is
// left to the comparison after that.
func (d *daemon) carryOut() {
	for range 2 {
		d.do()
		if len(d.events) == 0 {
			return
		}
		for i := range d.events {
			d.step(d.events[i])
		}
		d.events = d.events[:0]
	}
	d.do()
}

func (d *daemon) do() {
	acts := d.acts
	if len(acts) == 0 {
		return
	}
	for _, f := range d.kernel.Apply(acts) {
		a := acts[f.Index]
		d.events = append(d.events, lvs.Event{Kind: lvs.Failed, Key: a.Service.Key, Dest: a.Dest.Key, Text: refusal(a, f)})
	}
	d.now = time.Now() // a start takes its time: the checks that it begins would all be due when it is over
	for i := range acts {
		if acts[i].Kind.InKernel() {
			d.changed++
		}
	}
	for i := range acts {
		d.perform(&acts[i])
	}
	clear(acts)
	if d.acts = acts[:0]; cap(acts) > maxKept {
		d.acts = nil
	}
}

// maxKept is how many actions the memory for the next ones holds at most: a start has many more than what comes after it.
const maxKept = 1024

// perform does what does not concern the kernel's table.
func (d *daemon) perform(a *lvs.Action) {
	switch a.Kind {
	case lvs.Log:
		d.log.Log([...]log.Severity{log.Info, log.Debug, log.Warning, log.Err}[a.Level], a.Text)
	case lvs.Compare:
		d.compare()
	case lvs.StartCheck:
		d.startCheck(a)
	case lvs.StopCheck:
		d.runner.Stop(check.ID(a.Check))
	case lvs.SuspendCheck:
		d.runner.Suspend(check.ID(a.Check))
	case lvs.ResumeCheck:
		d.runner.Resume(d.now, check.ID(a.Check))
	case lvs.Tell:
		d.tell(a)
	case lvs.Mark:
		d.mark(a.Marks)
	case lvs.Trap:
		d.trap(a.Trap)
	case lvs.Mail:
		d.notify.Alert(a.Subject, a.Text)
	}
}

// startCheck starts a checker. One that cannot be is as one that always succeeds.
func (d *daemon) startCheck(a *lvs.Action) {
	if a.Checker.Kind == "PING_CHECK" {
		allowPing()
	}
	state := check.Unknown
	switch {
	case a.Known && a.Up:
		state = check.Up
	case a.Known:
		state = check.Down
	case a.Added:
		state = check.Added
	}
	if err := d.runner.Start(d.now, check.ID(a.Check), a.Checker, d.options(a), state); err != nil {
		d.log.Log(log.Err, fmt.Sprintf("cannot check service %s: %v", a.Server, err))
	}
}

func (d *daemon) options(a *lvs.Action) check.Options {
	o := check.Options{TLS: &d.tls, ScriptUser: d.Config.Global.ScriptUser}
	if len(a.Checker.URLs) > 0 {
		l, server, virtual := d.log, a.Server, a.Virtual
		o.Remark = func(text string) { l.Info("http_check for RS " + server + " VS " + virtual + " " + text) }
	}
	return o
}

// tell writes to the FIFOs and runs the script of a change; those of one server or service run one after the other.
func (d *daemon) tell(a *lvs.Action) {
	key := a.Line[:max(0, strings.LastIndexByte(a.Line, ' '))] // without UP or DOWN
	d.notify.ServerChange(key, a.Line, a.Script)
}

// refusal returns the log line of what the kernel has refused, with keepalived's names of the calls.
func refusal(a lvs.Action, f ipvs.Failure) string {
	call := map[lvs.ActionKind]struct {
		name   string
		number int
	}{
		lvs.AddService: {"ADD", 1154}, lvs.EditService: {"EDIT", 1155}, lvs.DelService: {"DEL", 1156}, lvs.Flush: {"FLUSH", 1157},
		lvs.AddDest: {"ADDDEST", 1159}, lvs.DelDest: {"DELDEST", 1160}, lvs.EditDest: {"EDITDEST", 1161},
	}[a.Kind]
	text, number := f.Err.Error(), 0
	var errno unix.Errno
	if errors.As(f.Err, &errno) {
		text, number = explain(a.Kind, errno), int(errno)
	}
	on := ""
	switch a.Kind {
	case lvs.Flush:
	case lvs.AddDest, lvs.DelDest, lvs.EditDest:
		on = fmt.Sprintf(" (%s -> %s)", a.Service.Key, a.Dest.Key)
	default:
		on = fmt.Sprintf(" (%s)", a.Service.Key)
	}
	return fmt.Sprintf("IPVS cmd IP_VS_SO_SET_%s(%d) error: %s(%d)%s", call.name, call.number, text, number, on)
}

// explain says what an error number means for a call.
func explain(k lvs.ActionKind, errno unix.Errno) string {
	dest := k == lvs.AddDest || k == lvs.DelDest || k == lvs.EditDest
	switch {
	case errno == unix.EEXIST && dest:
		return "Destination already exists"
	case errno == unix.EEXIST:
		return "Service already exists"
	case errno == unix.ENOENT && dest:
		return "No such destination"
	case errno == unix.ESRCH:
		return "No such service"
	case errno == unix.ENOENT && k == lvs.AddService:
		return "Scheduler or persistence engine not found"
	}
	return errno.Error()
}
