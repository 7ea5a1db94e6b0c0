package track

import (
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func TestProcessesAreMatched(t *testing.T) {
	for _, c := range []struct {
		want   conf.WatchedProcess
		comm   string
		argv   string
		expect bool
	}{
		{conf.WatchedProcess{Path: "nginx"}, "nginx", "nginx: worker", true},
		{conf.WatchedProcess{Path: "nginx"}, "nginx2", "nginx2", false},
		{conf.WatchedProcess{Path: "a_program_of_a_long_name"}, "a_program_of_a_", "x", true},
		{conf.WatchedProcess{Path: "/usr/sbin/named"}, "named", "/usr/sbin/named -f", true},
		{conf.WatchedProcess{Path: "/usr/sbin/named"}, "named", "/opt/named -f", false},
		{conf.WatchedProcess{Path: "sh", FullCommand: true}, "sh", "sh -c x", true},
		{conf.WatchedProcess{Path: "sh", FullCommand: true}, "sh", "/bin/sh -c x", false},
		{conf.WatchedProcess{Path: "sh", Params: []string{"-c"}, Match: conf.MatchExact}, "sh", "/bin/sh -c", true},
		{conf.WatchedProcess{Path: "sh", Params: []string{"-c"}, Match: conf.MatchExact}, "sh", "/bin/sh -c x", false},
		{conf.WatchedProcess{Path: "sh", Match: conf.MatchExact}, "sh", "sh", true},
		{conf.WatchedProcess{Path: "sh", Match: conf.MatchExact}, "sh", "sh x", false},
		{conf.WatchedProcess{Path: "sh", Params: []string{"-c"}, Match: conf.MatchInitial}, "sh", "sh -c x", true},
		{conf.WatchedProcess{Path: "sh", Params: []string{"-c", "x"}, Match: conf.MatchInitial}, "sh", "sh -c xy", false},
		{conf.WatchedProcess{Path: "sh", Params: []string{"-c", "x"}, Match: conf.MatchPartial}, "sh", "sh -c xy z", true},
		{conf.WatchedProcess{Path: "sh", Params: []string{"-c", "x"}, Match: conf.MatchPartial}, "sh", "sh -d xy", false},
		{conf.WatchedProcess{Path: "sh", Params: []string{"-c"}, Match: conf.MatchPartial}, "sh", "sh", false},
	} {
		p := process{comm: c.comm, argv: strings.Fields(c.argv)}
		if got := matches(&c.want, p); got != c.expect {
			t.Errorf("%+v matches %q: %t", c.want, c.argv, got)
		}
	}
}

// fakeProcesses is the processes of a machine.
type fakeProcesses map[int]process

func (f fakeProcesses) All() (pids []int) {
	for pid := range f {
		pids = append(pids, pid)
	}
	return pids
}

func (f fakeProcesses) Read(pid int, _ bool) (process, bool) {
	p, ok := f[pid]
	return p, ok
}

func TestCensusFollowsEvents(t *testing.T) {
	f := fakeProcesses{1: {comm: "init"}, 7: {comm: "nginx"}}
	h := &headcount{census: newCensus([]*conf.WatchedProcess{{Path: "nginx"}}, f)}
	is := func(n int) {
		t.Helper()
		if h.count(0) != n {
			t.Errorf("%d processes, want %d", h.count(0), n)
		}
	}
	h.scan()
	is(1)
	h.apply(event{kind: forked, parent: 7, pid: 8})
	h.apply(event{kind: forked, parent: 1, pid: 9})
	is(2)
	f[8] = process{comm: "sh"} // the child becomes another program
	h.apply(event{kind: execed, pid: 8})
	is(1)
	f[9] = process{comm: "nginx"}
	h.apply(event{kind: execed, pid: 9})
	is(2)
	h.apply(event{kind: exited, pid: 7})
	is(1)
	delete(f, 9)
	h.apply(event{kind: lost})
	is(1) // 7 is still there when looked at
}

func TestQuorumWaitsForItsDelays(t *testing.T) {
	at := time.Unix(0, 0)
	q := &quorum{def: &conf.WatchedProcess{Quorum: 2, QuorumMax: 3, ForkDelay: time.Second, TerminateDelay: 2 * time.Second}}
	by := unknownCause
	step := func(after time.Duration, n int, changed, up bool) {
		t.Helper()
		at = at.Add(after)
		if got := q.count(at, n, by); got != changed || q.up != up {
			t.Errorf("at %v with %d: changed %t, up %t; want %t, %t", at.Sub(time.Unix(0, 0)), n, got, q.up, changed, up)
		}
	}
	step(0, 1, true, false) // the first count holds at once
	step(0, 2, false, false)
	step(time.Second/2, 1, false, false) // not for long enough
	step(0, 2, false, false)
	step(time.Second, 2, true, true)
	step(0, 4, false, true) // too many
	step(time.Second, 4, false, true)
	step(time.Second, 4, true, false)
	by = byName // counts at once, whatever it leads to
	step(0, 3, true, true)
	step(0, 1, true, false)
	by = byFork
	step(0, 2, false, false)
	step(time.Second, 2, true, true)
	step(0, 4, false, true) // the delay is that of the fork here too
	step(time.Second, 4, true, false)
	by = byExit
	step(0, 3, false, false)
	step(2*time.Second, 3, true, true)
	step(0, 1, false, true)
	step(2*time.Second, 1, true, false)
}

func TestEventsOfThreadsAreLeftOut(t *testing.T) {
	if _, ok := parseEvent(make([]byte, 10)); ok {
		t.Error("a short message gave an event")
	}
	if _, ok := parseEvent(make([]byte, 100)); ok {
		t.Error("the answer to the request gave an event")
	}
}
