package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

var errDown = errors.New("down")

// results: what a schedule makes of a row of results, as verdict and wait.
func TestSchedule(t *testing.T) {
	const s = time.Second
	timing := &conf.Timing{Loop: 10 * s, BeforeRetry: 2 * s, Retry: 2}
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
		{"retries", conf.Check{Kind: "TCP_CHECK", Timing: timing}, []step{
			{nil, true, true, 10 * s, false}, {errDown, false, true, 2 * s, false}, {nil, false, true, 10 * s, false},
			{errDown, false, true, 2 * s, false}, {errDown, false, true, 2 * s, false}, {errDown, true, false, 10 * s, true}}},
		{"alpha", conf.Check{Kind: "TCP_CHECK", Timing: timing, Alpha: true}, []step{
			{errDown, true, false, 10 * s, false}, {nil, true, true, 10 * s, true}}},
	} {
		c.check.Specifics = &conf.Specifics{}
		sched := NewSchedule(&c.check)
		for i, want := range c.steps {
			v, wait := sched.Next(0, want.err)
			if got := (step{want.err, v.Tell, v.Up, wait, v.Changed}); got != want {
				t.Errorf("%s: step %d: %+v, want %+v", c.name, i, got, want)
			}
		}
	}
}

// In which order the urls are got, as recorded of keepalived 2.2.7: each step is a url, whether it was well, what that means, and
// the wait, in seconds; delay_loop is 3, delay_before_retry 1.
func TestURLs(t *testing.T) {
	for _, c := range []struct {
		name        string
		urls, retry int
		alpha, fast bool
		steps       string
	}{
		{"all is well", 3, 1, false, false, "a+ 3, b+ 3, c+ tell 3, a+ 3, b+ 3, c+ 3, a+ 3"},
		{"the last fails later", 3, 1, false, false, "a+ 3, b+ 3, c+ tell 3, a+ 3, b+ 3, c- retry 1, c- down1 3, c- 3, c- 3, c+ regain 3, a+ regain 3, b+ regain 3, c+ regain up 3, a+ 3"},
		{"a retry is well", 2, 1, false, false, "a+ 3, b+ tell 3, a- retry 1, a+ 3, b- retry 1, b- down1 3"},
		{"within the first pass", 3, 2, false, false, "a+ 3, b- down2 3, b- 3, b+ regain 3, a+ regain 3, b+ regain 3, c+ regain up 3"},
		{"the first check", 1, 3, false, false, "a- down3 3, a- 3, a+ regain 3, a+ regain up 3, a- retry 1, a+ 3"},
		{"without retry", 1, 0, false, false, "a- down0 3, a+ regain 3, a+ regain up 3, a- down0 3"},
		{"within the pass after a failure", 3, 1, false, false, "a- down1 3, a+ regain 3, a+ regain 3, b- 1, b- 1, b- 1, b+ regain 3, c+ regain up 3, a+ 3"},
		{"alpha", 2, 1, true, false, "a+ regain 3, b+ regain up 3, a+ 3"},
		{"alpha that fails", 1, 2, true, false, "a- tell 3, a- 3, a+ regain 3, a+ regain up 3"},
		{"fast_recovery", 3, 1, false, true, "a+ 0, b+ 0, c+ tell 3, a+ 3, b- retry 1, b- down1 3, b- 3, b+ regain 0, a+ regain 0, b+ regain 0, c+ regain up 3, a+ 3"},
		{"fast_recovery that is not", 2, 1, false, true, "a- down1 3, a+ regain 0, a+ regain 0, b- 1, b+ regain up 3"},
	} {
		k := &conf.Check{Kind: "HTTP_GET", Alpha: c.alpha, Specifics: &conf.Specifics{URLs: make([]*conf.URL, c.urls), FastRecovery: c.fast},
			Timing: &conf.Timing{Loop: 3 * time.Second, BeforeRetry: time.Second, Retry: c.retry}}
		s := NewSchedule(k)
		var got []string
		for _, step := range strings.Split(c.steps, ", ") {
			var err error
			if step[1] == '-' {
				err = errDown
			}
			v, wait := s.Next(0, err)
			text := string(rune('a'+v.URL)) + step[1:2]
			for _, word := range []struct {
				on   bool
				text string
			}{{v.Retry, "retry"}, {v.Regain, "regain"}, {v.Changed && !v.Up, fmt.Sprintf("down%d", v.Try)}, {v.Changed && v.Up, "up"}, {v.Tell && !v.Changed, "tell"}} {
				if word.on {
					text += " " + word.text
				}
			}
			got = append(got, fmt.Sprintf("%s %g", text, wait.Seconds()))
		}
		if text := strings.Join(got, ", "); text != c.steps {
			t.Errorf("%s:\n%s, want\n%s", c.name, text, c.steps)
		}
	}
}

// A check that could not ask its server says nothing of it, whatever came before: it is repeated as usual.
func TestUnaskedIsNoVerdict(t *testing.T) {
	unasked := LocalError{What: NoSocket, Err: unix.EMFILE}
	c := &conf.Check{Kind: "TCP_CHECK", Timing: &conf.Timing{Loop: 10 * time.Second, BeforeRetry: time.Second, Retry: 1}, Specifics: &conf.Specifics{}}
	s := NewSchedule(c)
	for i, step := range []struct {
		err  error
		want Verdict
	}{
		{unasked, Verdict{Up: true, Unasked: true}},
		{unasked, Verdict{Up: true, Unasked: true, Again: true}},
		{nil, Verdict{Tell: true, First: true, Up: true, Retries: 1}},
		{errDown, Verdict{Up: true, Retry: true, Retries: 1}},
		{SMTPError{"Could not connect to", unasked}, Verdict{Up: true, Unasked: true}},
		{errDown, Verdict{Tell: true, Changed: true, Try: 1, Retries: 1}},
		{unasked, Verdict{Unasked: true}},
	} {
		v, wait := s.Next(0, step.err)
		step.want.Err = step.err
		if long := c.Timing.Loop; v != step.want || wait != long && !v.Retry {
			t.Errorf("step %d: %+v, wait %v; want %+v", i, v, wait, step.want)
		}
	}
}

func TestFirstCheck(t *testing.T) {
	most := func(below time.Duration) time.Duration { return below - 1 }
	s := NewSchedule(&conf.Check{Timing: &conf.Timing{Warmup: 5 * time.Second}, Specifics: &conf.Specifics{}})
	if d := s.First(most); d != 6*time.Second-1 {
		t.Error(d)
	}
	s = NewSchedule(&conf.Check{Timing: &conf.Timing{}, Specifics: &conf.Specifics{}})
	if d := s.First(most); d != time.Second {
		t.Error(d)
	}
}

// hung waits for the end of its time.
type hung struct{}

func (hung) check(ctx context.Context, _ int) (int, error) {
	<-ctx.Done()
	return 0, ErrTimeout
}

type well struct{}

func (well) check(context.Context, int) (int, error) { return 0, nil }

// Checks that hang hold up no other, and one that was stopped is not heard of.
func TestChecksRunBesideEachOther(t *testing.T) {
	r := newRunner(t)
	now := time.Now()
	c := &conf.Check{Kind: "TCP_CHECK", Timing: &conf.Timing{Loop: time.Hour, Connect: time.Hour}, Specifics: &conf.Specifics{}}
	for id := ID(1); id <= 100; id++ {
		r.start(now, id, hung{}, c, Unknown)
	}
	r.start(now, 200, well{}, c, Unknown)
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
	r, err := NewRunner()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	begun := make(chan bool, 3)
	for i, kind := range []string{"HTTP_GET", "SSL_GET", "SMTP_CHECK"} {
		at := serve(t, func(c net.Conn) { begun <- true; hanging(c) })
		c := &conf.Check{Kind: kind, Target: at.Addr(), Port: at.Port(), Timing: &conf.Timing{Connect: time.Hour},
			Specifics: &conf.Specifics{URLs: []*conf.URL{{Path: "/"}}}}
		if err := r.Start(now, ID(i), c, Options{}, Unknown); err != nil {
			t.Fatal(err)
		}
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

type panicking struct{}

func (panicking) check(context.Context, int) (int, error) {
	var none []int
	return none[len(none)], nil
}

// clumsy is a dialogue that panics.
type clumsy struct{}

func (clumsy) step(s *session) (uint32, error) { return uint32(s.out[len(s.out)]), nil }

// A check that panics has failed, its stack is handed over, and it runs again as the others do.
func TestPanicConcernsOneCheck(t *testing.T) {
	r := newRunner(t)
	now := time.Now()
	c := &conf.Check{Kind: "TCP_CHECK", Timing: &conf.Timing{Loop: time.Hour, Connect: time.Hour}, Specifics: &conf.Specifics{}}
	r.start(now, 1, panicking{}, c, Unknown)
	r.start(now, 2, well{}, c, Unknown)
	r.start(now, 3, clumsy{}, c, Unknown)
	for range 2 {
		now = now.Add(2 * time.Hour)
		done := slices.Clone(r.Advance(now))
		for range 2 {
			done = append(done, <-r.Results())
		}
		if len(done) != 3 {
			t.Errorf("%d results", len(done))
		}
		for _, res := range done {
			v, ok := r.Finish(now, res)
			if failed := res.ID != 2; !ok || v.Up == failed || errors.Is(res.Err, ErrPanic) != failed || (res.Stack != "") != failed {
				t.Errorf("%+v %+v %t", res, v, ok)
			}
		}
	}
}

// web starts a checker of kind HTTP_GET that is due at now.
func web(t *testing.T, r *Runner, now time.Time, id ID, at netip.AddrPort) {
	t.Helper()
	c := &conf.Check{Kind: "HTTP_GET", Target: at.Addr(), Port: at.Port(), Timing: &conf.Timing{Connect: time.Minute, Loop: time.Minute},
		Specifics: &conf.Specifics{URLs: []*conf.URL{{Path: "/"}}}}
	if err := r.Start(now.Add(-startDelay), id, c, Options{}, Unknown); err != nil {
		t.Fatal(err)
	}
}

// An answer that came while the process was stalled counts, however late it is seen; silence does not.
func TestAnswersGoBeforeTimeouts(t *testing.T) {
	r := newRunner(t)
	now := time.Now()
	answered := make(chan bool)
	web(t, r, now, 1, serve(t, func(c net.Conn) { answering("HTTP/1.0 200 OK\r\n\r\n")(c); c.Close(); answered <- true }))
	web(t, r, now, 2, serve(t, hanging))
	for len(r.queue) > 0 && r.queue[0].session == nil {
		r.Advance(now)
	}
	<-answered
	done := r.Advance(now.Add(time.Hour))
	if len(done) != 2 || done[0].ID != 1 || done[0].Err != nil || done[1].ID != 2 || done[1].Err != ErrTimeout {
		t.Errorf("%+v", done)
	}
}

// A dialogue that is stopped or put to rest hangs up at once and is not heard of; its session serves another one.
func TestStoppedDialogue(t *testing.T) {
	r := newRunner(t)
	now := time.Now()
	over := make(chan bool)
	at := serve(t, func(c net.Conn) { hanging(c); over <- true })
	for id, end := range []func(ID){r.Stop, r.Suspend} {
		web(t, r, now, ID(id), at)
		if done := r.Advance(now); len(done) > 0 || r.jobs[ID(id)].session == nil {
			t.Fatalf("it is not under way: %v", done)
		}
		end(ID(id))
		<-over
		if len(r.free) != 1 || !r.Deadline().IsZero() {
			t.Errorf("%d sessions, deadline %v", len(r.free), r.Deadline())
		}
	}
	r.Resume(now, 1)
	if d := r.Deadline(); !d.Equal(now.Add(startDelay)) {
		t.Errorf("due at %v", d)
	}
}

// Each check gets the next url, whether it is carried on in the loop or in a goroutine.
func TestChecksGetOneURL(t *testing.T) {
	for _, regex := range []string{"", "ok"} {
		asked := make(chan string, 10)
		at := serve(t, func(c net.Conn) {
			r := bufio.NewReader(c)
			line, _ := r.ReadString('\n')
			asked <- strings.Fields(line)[1]
			for strings.TrimSpace(line) != "" {
				line, _ = r.ReadString('\n')
			}
			_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\nok")
		})
		r := newRunner(t)
		c := &conf.Check{Kind: "HTTP_GET", Target: at.Addr(), Port: at.Port(), Timing: &conf.Timing{Loop: time.Nanosecond, Connect: time.Minute},
			Specifics: &conf.Specifics{URLs: []*conf.URL{{Path: "/a"}, {Path: "/b", Regex: regex}}}}
		if err := r.Start(time.Now().Add(-startDelay), 1, c, Options{}, Unknown); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"/a", "/b", "/a"} {
			res := turn(r, 1)[0]
			v, ok := r.Finish(time.Now(), res)
			if got := <-asked; got != want || !ok || res.Err != nil || v.Tell != (i == 1) {
				t.Errorf("regex %q, check %d: %s, %+v, %t", regex, i, got, v, ok)
			}
		}
		r.Stop(1)
	}
}

// gated is well once its gate opens, unless it is cut short before.
type gated chan bool

func (g gated) check(ctx context.Context, _ int) (int, error) {
	select {
	case <-g:
		return 0, nil
	case <-ctx.Done():
		return 0, ErrTimeout
	}
}

// What a probe finds out while it is at rest is not heard of; once it has been woken it is.
func TestProbeAtRest(t *testing.T) {
	r := newRunner(t)
	now := time.Now()
	gate := make(gated)
	c := &conf.Check{Kind: "TCP_CHECK", Timing: &conf.Timing{Loop: time.Hour, Connect: time.Hour}, Specifics: &conf.Specifics{}}
	for _, woken := range []bool{true, false} {
		r.start(now.Add(-startDelay), 1, gate, c, Unknown)
		r.Advance(now)
		r.Suspend(1)
		if woken {
			r.Resume(now, 1)
		}
		gate <- true
		v, ok := r.Finish(now, <-r.Results())
		if ok != woken || v.Up != woken || r.Deadline().IsZero() == woken {
			t.Errorf("woken %t: %+v %t, deadline %v", woken, v, ok, r.Deadline())
		}
		r.Stop(1)
	}
}

// Checks that are repeated a thousand times a second leave no garbage: collecting it would hold up the others.
func TestDialoguesMakeNoGarbage(t *testing.T) {
	r := newRunner(t)
	for id, c := range []*conf.Check{{Kind: "TCP_CHECK", Specifics: &conf.Specifics{}}, {Kind: "HTTP_GET", Specifics: &conf.Specifics{URLs: []*conf.URL{{Path: "/"}}}}} {
		at := plainServer(t)
		c.Target, c.Port, c.Timing = at.Addr(), at.Port(), &conf.Timing{Loop: time.Nanosecond, Connect: time.Minute}
		if err := r.Start(time.Now().Add(-startDelay), ID(id), c, Options{}, Unknown); err != nil {
			t.Fatal(err)
		}
		each := testing.AllocsPerRun(200, func() {
			for len(r.Advance(time.Now())) == 0 {
				if r.queue[0].session != nil {
					<-r.Ready()
				}
			}
			res := r.done[0]
			if v, _ := r.Finish(time.Now(), res); !v.Up {
				t.Fatal(res.Err)
			}
		})
		if most := raceAllocs(); each > most {
			t.Errorf("%s: %v allocations, want %v", c.Kind, each, most)
		}
		r.Stop(ID(id))
	}
}

// raceAllocs returns how many allocations of each check are those of the race detector.
func raceAllocs() float64 {
	info, _ := debug.ReadBuildInfo()
	if info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return 2
	}
	return 0
}

// plainServer answers each request by HTTP, and allocates nothing.
func plainServer(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 1000)); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan bool)
	t.Cleanup(func() { _ = unix.Shutdown(fd, unix.SHUT_RDWR); <-over; unix.Close(fd) })
	go func() {
		defer close(over)
		buffer := make([]byte, 1000)
		for {
			c, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0, 0, 0, 0)
			if errno != 0 {
				return
			}
			if n, _ := unix.Read(int(c), buffer); n > 0 {
				_, _ = unix.Write(int(c), answerOfPlainServer)
			}
			unix.Close(int(c))
		}
	}()
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(sa.(*unix.SockaddrInet4).Port))
}

var answerOfPlainServer = []byte("HTTP/1.1 200 OK\r\nServer: plain\r\nContent-Length: 2\r\n\r\nok")

// The first failure of a checker counts at once, of one that a reload has added after its retries.
func TestFirstFailure(t *testing.T) {
	r := newRunner(t)
	now := time.Now().Add(-time.Minute)
	c := &conf.Check{Kind: "TCP_CHECK", Timing: &conf.Timing{Loop: time.Hour, Connect: time.Nanosecond, Retry: 1}, Specifics: &conf.Specifics{}}
	r.start(now, 1, hung{}, c, Unknown)
	r.start(now, 2, hung{}, c, Added)
	r.Advance(now.Add(time.Minute))
	for range 2 {
		res := <-r.Results()
		if v, ok := r.Finish(now, res); !ok || v.Retry != (res.ID == 2) || v.Tell == v.Retry {
			t.Errorf("%d: %+v %t", res.ID, v, ok)
		}
	}
}

func TestSuspend(t *testing.T) {
	r := newRunner(t)
	now := time.Now()
	r.start(now, 1, well{}, &conf.Check{Timing: &conf.Timing{Connect: time.Second}, Specifics: &conf.Specifics{}}, Unknown)
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
	r := newRunner(t)
	now := time.Now()
	for i, at := range []netip.AddrPort{serve(t, silent), closed(t)} {
		c := &conf.Check{Kind: "TCP_CHECK", Target: at.Addr(), Port: at.Port(), Timing: &conf.Timing{Loop: time.Hour, Connect: time.Hour}, Specifics: &conf.Specifics{}}
		_ = r.Start(now, ID(i), c, Options{}, Unknown)
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
	r := newRunner(t)
	now := time.Now()
	at := closed(t)
	c := &conf.Check{Kind: "TCP_CHECK", Target: at.Addr(), Port: at.Port(), Timing: &conf.Timing{Loop: time.Nanosecond, Connect: time.Hour}, Specifics: &conf.Specifics{}}
	for id := range ID(1000) {
		_ = r.Start(now, id, c, Options{}, Unknown)
	}
	now = now.Add(time.Minute)
	if n := len(r.Advance(now)); n == 0 || n > maxStarts {
		t.Errorf("%d checks at once", n)
	}
	if r.Deadline().After(now) {
		t.Error("the others are not due any more")
	}
}

// Ten thousand checkers that wait cost a few words each, and no goroutine.
func TestManyCheckersAreCheap(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	r := newRunner(t)
	c := &conf.Check{Kind: "TCP_CHECK", Timing: &conf.Timing{Loop: time.Minute, Warmup: time.Minute}, Specifics: &conf.Specifics{}}
	for id := ID(1); id <= 10000; id++ {
		_ = r.Start(time.Now(), id, c, Options{}, Unknown)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int64(after.HeapAlloc-before.HeapAlloc) / 10000
	t.Logf("%d bytes per checker", each)
	if each > 200 || runtime.NumGoroutine() > goroutines+2 {
		t.Errorf("%d bytes each, %d goroutines", each, runtime.NumGoroutine()-goroutines)
	}
	runtime.KeepAlive(r)
}
