package track

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

const (
	// pollEvery is how often the processes are looked at where the kernel does not tell of them.
	pollEvery = time.Second
	// rescanEvery mends what may have been missed where it does.
	rescanEvery = time.Minute
)

// headcount watches the processes of all definitions.
type headcount struct {
	*census
	quorums []*quorum
	conn    *connector // nil: the kernel does not tell
	watch   *watch
	out     Outlet
}

// watchProcesses reports which programs have enough processes, until ctx ends.
func watchProcesses(ctx context.Context, x *watch, cfg *conf.Config, out Outlet) {
	defs := cfg.Processes
	if len(defs) == 0 {
		close(x.ready)
		return
	}
	h := &headcount{census: newCensus(defs, procfs{}), watch: x, out: out}
	for _, d := range defs {
		h.quorums = append(h.quorums, &quorum{def: d})
	}
	every := rescanEvery
	conn, err := listenProcesses(cfg.Global.ProcessRcvBuf, cfg.Global.ProcessRcvBufForce) // before the scan, so that nothing falls in between
	if err != nil {
		every = pollEvery
		out.Log("The kernel does not tell of processes (" + err.Error() + ") - looking every " + every.String())
	}
	if conn != nil {
		out.Log("proc_events has confirmed it is configured")
	}
	h.scan()
	h.judge(unknownCause)
	close(x.ready)
	h.conn = conn
	h.loop(ctx, every)
}

func (h *headcount) loop(ctx context.Context, every time.Duration) {
	var events <-chan event // nil without connector: never ready
	if h.conn != nil {
		events = h.conn.events
		defer h.conn.close()
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		var due <-chan time.Time
		if t := h.earliest(); !t.IsZero() {
			due = time.After(time.Until(t))
		}
		by := unknownCause
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			by = h.apply(e)
		case <-tick.C:
			h.scan()
		case <-due:
		}
		h.judge(by)
	}
}

// apply takes in an event and returns what it can have changed the numbers by.
func (h *headcount) apply(e event) cause {
	switch e.kind {
	case forked:
		h.forked(e.parent, e.pid)
		return byFork
	case execed:
		h.look(e.pid)
		return byName
	case exited:
		h.exited(e.pid)
		return byExit
	case lost:
		if size := h.conn.grow(); size > 0 {
			h.out.Log(fmt.Sprintf("Setting global_def process_monitor_rcv_bufs to %d - recommend updating configuration file", size))
		}
		h.scan()
	}
	return unknownCause
}

// earliest returns when the first pending change counts; zero: none is pending.
func (h *headcount) earliest() time.Time {
	var first time.Time
	for _, q := range h.quorums {
		if !q.due.IsZero() && (first.IsZero() || q.due.Before(first)) {
			first = q.due
		}
	}
	return first
}

// judge reports what has changed.
func (h *headcount) judge(by cause) {
	now := time.Now()
	for i, q := range h.quorums {
		first, n := !q.known, h.count(i)
		changed := q.count(now, n, by)
		h.watch.counted(q, n)
		if !changed {
			continue
		}
		if !first {
			what := "lost"
			if q.up {
				what = "gained"
			}
			h.out.Log("Quorum " + what + " for tracked process " + q.def.Name)
		}
		h.out.Report(Report{Target: conf.Target{Kind: conf.TrackProcess, Name: q.def.Name}, Up: q.up, from: h.watch})
	}
}

// counted keeps what a report tells of a definition.
func (x *watch) counted(q *quorum, n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.counts == nil {
		x.counts = map[string]Count{}
	}
	x.counts[q.def.Name] = Count{Now: n, Quorum: q.up, Forked: !q.due.IsZero() && !q.up, Terminated: !q.due.IsZero() && q.up}
}

// procfs is the processes as /proc shows them.
type procfs struct{}

var _ reader = procfs{}

// All returns the numbers in /proc.
func (procfs) All() []int {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	var pids []int
	for _, n := range names {
		if pid, err := strconv.Atoi(n); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Read reads the name and state of a process, and its command line when asked. A zombie has ended.
func (procfs) Read(pid int, args bool) (process, bool) {
	dir := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(dir + "/stat")
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if err != nil || open < 0 || end < open || len(stat) < end+3 {
		return process{}, false
	}
	if state := stat[end+2]; state == 'Z' || state == 'X' {
		return process{}, false
	}
	p := process{comm: string(stat[open+1 : end])}
	if args {
		line, _ := os.ReadFile(dir + "/cmdline")
		if text := strings.TrimSuffix(string(line), "\x00"); text != "" {
			p.argv = strings.Split(text, "\x00")
		}
	}
	return p, true
}
