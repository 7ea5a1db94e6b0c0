package track

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/script"
)

// prober runs one script again and again.
type prober struct {
	def     *conf.VRRPScript
	watch   *watch
	out     Outlet
	verdict verdict
	status  int // of the latest run that ended by itself
}

// outcome is how a run ended.
type outcome struct {
	ok     bool
	text   string // as the log has it
	exited bool
	status int // when it exited
}

// runScript runs the script of x at once and then once per interval, until ctx ends. A run that is not over when the next
// one is due makes that one fall out.
func runScript(ctx context.Context, x *watch, out Outlet) {
	s := x.script
	p := &prober{def: s, watch: x, out: out, verdict: newVerdict(s.Rise, s.Fall, s.InitFail)}
	tick := time.NewTicker(s.Interval)
	defer tick.Stop()
	for {
		p.run(ctx, tick.C)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// run runs the script once. A run that exceeds its timeout has failed at that moment, however long it takes to end.
func (p *prober) run(ctx context.Context, tick <-chan time.Time) {
	p.watch.setRunning(true)
	defer p.watch.setRunning(false)
	limit, cancel := context.WithTimeout(ctx, p.def.Timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.execute(limit) }()
	expired, skipped := limit.Done(), false
	for {
		select {
		case err := <-done:
			if expired != nil && limit.Err() == nil {
				p.note(outcomeOf(err))
			} else if expired != nil && ctx.Err() == nil {
				p.note(outcome{text: "timed_out"})
			}
			return
		case <-expired:
			expired = nil
			if ctx.Err() == nil {
				p.note(outcome{text: "timed_out"})
			}
		case <-tick:
			if !skipped && ctx.Err() == nil {
				skipped = true
				p.out.Log("Track script " + p.def.Name + " is already running, expect idle - skipping run")
			}
		}
	}
}

func (x *watch) setRunning(on bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.running = on
}

func (p *prober) execute(ctx context.Context) error {
	cmd, err := script.New(p.def.Script, p.watch.user)
	if err != nil {
		return err
	}
	return cmd.Run(ctx)
}

// outcomeOf reads the error of a run.
func outcomeOf(err error) outcome {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return outcome{ok: true, text: "succeeded", exited: true}
	case !errors.As(err, &exit):
		return outcome{text: "failed (" + err.Error() + ")"}
	}
	if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return outcome{text: fmt.Sprintf("failed (due to signal %d)", int(ws.Signal()))}
	}
	n := exit.ExitCode()
	return outcome{text: fmt.Sprintf("failed (exited with status %d)", n), exited: true, status: n}
}

// note takes a result in and reports what it changes.
func (p *prober) note(o outcome) {
	if o.exited && o.status != p.status {
		p.status = o.status
		p.out.Log(fmt.Sprintf("Script `%s` now returning %d", p.def.Name, o.status))
	}
	if !p.verdict.result(o.ok) {
		return
	}
	up := p.verdict.isUp()
	p.watch.mu.Lock()
	p.watch.up, p.watch.known = up, true
	p.watch.mu.Unlock()
	if up == o.ok { // not the first of several successes that it takes
		p.out.Log("VRRP_Script(" + p.def.Name + ") " + o.text)
	}
	p.out.Report(Report{Target: conf.Target{Kind: conf.TrackScript, Name: p.def.Name}, Up: up, from: p.watch})
}
