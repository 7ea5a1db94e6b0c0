package check

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

var errDown = errors.New("down")

// results: what a schedule makes of a row of results, as verdict and wait.
func TestSchedule(t *testing.T) {
	const s = time.Second
	timing := conf.Timing{Loop: 10 * s, BeforeRetry: 2 * s, Retry: 2}
	type step struct {
		err     error
		tell    bool
		up      bool
		wait    time.Duration
		changed bool
	}
	for _, c := range []struct {
		name  string
		check conf.Check
		steps []step
	}{
		{"the first failure counts at once", conf.Check{Kind: "TCP_CHECK", Timing: timing}, []step{
			{errDown, true, false, 10 * s, true}, {errDown, false, false, 10 * s, false}, {nil, true, true, 10 * s, true}}},
		{"but not of HTTP", conf.Check{Kind: "HTTP_GET", Timing: timing}, []step{
			{errDown, false, true, 2 * s, false}, {errDown, false, true, 2 * s, false}, {errDown, true, false, 10 * s, true}}},
		{"retries", conf.Check{Kind: "TCP_CHECK", Timing: timing}, []step{
			{nil, true, true, 10 * s, false}, {errDown, false, true, 2 * s, false}, {nil, false, true, 10 * s, false},
			{errDown, false, true, 2 * s, false}, {errDown, false, true, 2 * s, false}, {errDown, true, false, 10 * s, true}}},
		{"alpha", conf.Check{Kind: "TCP_CHECK", Timing: timing, Alpha: true}, []step{
			{errDown, true, false, 10 * s, false}, {nil, true, true, 10 * s, true}}},
	} {
		sched := NewSchedule(&c.check)
		for i, want := range c.steps {
			v, wait := sched.Next(0, want.err)
			if got := (step{want.err, v.Tell, v.Up, wait, v.Changed}); got != want {
				t.Errorf("%s: step %d: %+v, want %+v", c.name, i, got, want)
			}
		}
	}
}

func TestFirstCheck(t *testing.T) {
	most := func(below time.Duration) time.Duration { return below - 1 }
	s := NewSchedule(&conf.Check{Timing: conf.Timing{Warmup: 5 * time.Second}})
	if d := s.First(most); d != 6*time.Second-1 {
		t.Error(d)
	}
	s = NewSchedule(&conf.Check{})
	if d := s.First(most); d != time.Second {
		t.Error(d)
	}
}

// hung waits for the end of its time.
type hung struct{}

func (hung) Check(ctx context.Context) (int, error) {
	<-ctx.Done()
	return 0, ErrTimeout
}

type well struct{}

func (well) Check(context.Context) (int, error) { return 0, nil }

// Checks that hang hold up no other, and one that was stopped is not heard of.
func TestChecksRunBesideEachOther(t *testing.T) {
	r := NewRunner()
	defer r.Close()
	now := time.Now()
	c := &conf.Check{Kind: "TCP_CHECK", Timing: conf.Timing{Loop: time.Hour, Connect: time.Hour}}
	for id := ID(1); id <= 100; id++ {
		r.Start(now, id, hung{}, c, Unknown)
	}
	r.Start(now, 200, well{}, c, Unknown)
	now = now.Add(time.Minute)
	for !r.Deadline().After(now) && !r.Deadline().IsZero() {
		r.Advance(now)
	}
	res := <-r.Results()
	if v, ok := r.Finish(now, res); res.ID != 200 || !ok || !v.Up || !v.First {
		t.Errorf("%+v %+v %t", res, v, ok)
	}
	if d := r.Deadline(); !d.Equal(now.Add(time.Hour)) {
		t.Errorf("deadline %v", d)
	}
	r.Stop(7)
	res = <-r.Results()
	if _, ok := r.Finish(now, res); res.ID != 7 || ok {
		t.Errorf("a stopped check is heard of: %+v", res)
	}
}

// Checks that wait for a server end with the runner, whatever time they have.
func TestEndOfTheRunnerEndsItsChecks(t *testing.T) {
	r := NewRunner()
	now := time.Now()
	begun := make(chan bool, 3)
	for i, kind := range []string{"HTTP_GET", "SSL_GET", "SMTP_CHECK"} {
		at := serve(t, func(c net.Conn) { begun <- true; hanging(c) })
		c := &conf.Check{Kind: kind, Target: at.Addr(), Port: at.Port(), Timing: conf.Timing{Connect: time.Hour},
			Specifics: &conf.Specifics{URLs: []*conf.URL{{Path: "/"}}}}
		k, err := New(c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.Start(now, ID(i), k, c, Unknown)
	}
	r.Advance(now.Add(time.Minute))
	for range 3 {
		<-begun
	}
	closed := make(chan bool)
	go func() { r.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(20 * time.Second):
		t.Error("they go on")
	}
}

// A check that panics has failed, its stack is handed over, and it runs again as the others do.
func TestPanicConcernsOneCheck(t *testing.T) {
	r := NewRunner()
	defer r.Close()
	now := time.Now()
	c := &conf.Check{Kind: "TCP_CHECK", Timing: conf.Timing{Loop: time.Hour, Connect: time.Hour}}
	r.Start(now, 1, panicking{}, c, Unknown)
	r.Start(now, 2, well{}, c, Unknown)
	for range 2 {
		now = now.Add(2 * time.Hour)
		r.Advance(now)
		for range 2 {
			res := <-r.Results()
			v, ok := r.Finish(now, res)
			if failed := res.ID == 1; !ok || v.Up == failed || (res.Stack != "") != failed {
				t.Errorf("%+v %+v %t", res, v, ok)
			}
		}
	}
}

// The first failure of a checker counts at once, of one that a reload has added after its retries.
func TestFirstFailure(t *testing.T) {
	r := NewRunner()
	defer r.Close()
	now := time.Now().Add(-time.Minute)
	c := &conf.Check{Kind: "TCP_CHECK", Timing: conf.Timing{Loop: time.Hour, Connect: time.Nanosecond, Retry: 1}}
	r.Start(now, 1, hung{}, c, Unknown)
	r.Start(now, 2, hung{}, c, Added)
	r.Advance(now.Add(time.Minute))
	for range 2 {
		res := <-r.Results()
		if v, ok := r.Finish(now, res); !ok || v.Retry != (res.ID == 2) || v.Tell == v.Retry {
			t.Errorf("%d: %+v %t", res.ID, v, ok)
		}
	}
}

func TestSuspend(t *testing.T) {
	r := NewRunner()
	defer r.Close()
	now := time.Now()
	r.Start(now, 1, well{}, &conf.Check{Timing: conf.Timing{Connect: time.Second}}, Unknown)
	r.Suspend(1)
	if !r.Deadline().IsZero() {
		t.Error("a suspended check is due")
	}
	r.Resume(now, 1)
	if d := r.Deadline(); !d.Equal(now.Add(startDelay)) {
		t.Errorf("due at %v", d)
	}
}

// What can be told without waiting is told at once.
func TestConnectingWithinTheHostTakesNoTime(t *testing.T) {
	r := NewRunner()
	defer r.Close()
	now := time.Now()
	for i, at := range []netip.AddrPort{serve(t, silent), closed(t)} {
		c := &conf.Check{Kind: "TCP_CHECK", Target: at.Addr(), Port: at.Port(), Timing: conf.Timing{Loop: time.Hour, Connect: time.Hour}}
		k, _ := New(c, Options{})
		r.Start(now, ID(i), k, c, Unknown)
	}
	done := r.Advance(now.Add(time.Minute))
	if len(done) != 2 {
		t.Fatalf("%d results", len(done))
	}
	for _, res := range done {
		if v, ok := r.Finish(now, res); !ok || v.Up != (res.ID == 0) {
			t.Errorf("%d: %+v %t", res.ID, v, ok)
		}
	}
}

// However many checks are due, the caller has its turn soon again.
func TestAdvanceIsBounded(t *testing.T) {
	r := NewRunner()
	defer r.Close()
	now := time.Now()
	at := closed(t)
	c := &conf.Check{Kind: "TCP_CHECK", Target: at.Addr(), Port: at.Port(), Timing: conf.Timing{Loop: time.Nanosecond, Connect: time.Hour}}
	k, _ := New(c, Options{})
	for id := range ID(1000) {
		r.Start(now, id, k, c, Unknown)
	}
	now = now.Add(time.Minute)
	if n := len(r.Advance(now)); n == 0 || n > maxStarts {
		t.Errorf("%d checks at once", n)
	}
	if r.Deadline().After(now) {
		t.Error("the others are not due any more")
	}
}

// A span is a context as those of package context are.
func TestSpanEnds(t *testing.T) {
	late := &span{deadline: time.Now().Add(10 * time.Millisecond)}
	child, cancel := context.WithCancel(late)
	defer cancel()
	called := make(chan bool)
	context.AfterFunc(late, func() { called <- true })
	<-called
	<-child.Done()
	if !errors.Is(child.Err(), context.DeadlineExceeded) || !errors.Is(late.Err(), context.DeadlineExceeded) {
		t.Errorf("%v, %v", child.Err(), late.Err())
	}
	early := &span{deadline: time.Now().Add(time.Hour)}
	stop := early.onCancel(func() { t.Error("called although stopped") })
	if !stop() || stop() {
		t.Error("stopped not once")
	}
	times := 0
	early.onCancel(func() { times++ })
	early.cancel()
	early.cancel()
	<-early.Done()
	if !errors.Is(early.Err(), context.Canceled) || times != 1 {
		t.Errorf("%v, called %d times", early.Err(), times)
	}
	early.onCancel(func() { times++ })
	if times != 2 {
		t.Error("what comes after the end is not called")
	}
}

// Ten thousand checkers that wait cost less than a kilobyte each, and no goroutine.
func TestManyCheckersAreCheap(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	r := NewRunner()
	defer r.Close()
	c := &conf.Check{Kind: "TCP_CHECK", Timing: conf.Timing{Loop: time.Minute, Warmup: time.Minute}}
	for id := ID(1); id <= 10000; id++ {
		k, _ := New(c, Options{})
		r.Start(time.Now(), id, k, c, Unknown)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int64(after.HeapAlloc-before.HeapAlloc) / 10000
	t.Logf("%d bytes per checker", each)
	if each > 1024 || runtime.NumGoroutine() > goroutines+2 {
		t.Errorf("%d bytes each, %d goroutines", each, runtime.NumGoroutine()-goroutines)
	}
	runtime.KeepAlive(r)
}
