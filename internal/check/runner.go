package check

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// ID names a checker of a Runner.
type ID int32

// Result is the outcome of one check.
type Result struct {
	ID     ID
	Adjust int
	Err    error
	Stack  string // of a panic
	job    *job
}

// Runner repeats checkers. A checker that waits costs no goroutine, one that runs holds up nobody. One goroutine calls its
// methods and reads its results.
type Runner struct {
	epoch   time.Time
	jobs    map[ID]*job
	queue   queue
	limit   func(c *conf.Check) time.Duration // of one check
	sockets *poller                           // of dialogues
	free    []*session
	buffer  []byte
	more    bool // a dialogue can go on at once
	done    []Result
	results chan Result // of probes
	running sync.WaitGroup
	closing chan struct{}
}

// job is a checker and its schedule.
type job struct {
	id        ID
	place     int32 // in the queue; -1: not there
	suspended bool
	checker   any // a dialogue or a probe
	schedule  Schedule
	due       time.Duration      // since the Runner's epoch: when it is to run, or what it does must have come to something
	session   *session           // of a dialogue that is under way
	cancel    context.CancelFunc // ends a probe that is under way
}

// bufferSize is how much is read at once, in bytes.
const bufferSize = 16 << 10

// NewRunner returns a Runner without checkers.
func NewRunner() (*Runner, error) {
	sockets, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &Runner{epoch: time.Now(), jobs: map[ID]*job{}, limit: timeoutOf, sockets: sockets, buffer: make([]byte, bufferSize),
		results: make(chan Result, 64), closing: make(chan struct{})}, nil
}

// Ready tells that Advance has something to do before the Deadline.
func (r *Runner) Ready() <-chan struct{} { return r.sockets.ready }

// Results gives outcomes that Advance does not return, to be handed to Finish.
func (r *Runner) Results() <-chan Result { return r.results }

// Start begins a checker at now. With a known state the checker has said that it is up, or down. What does not ask a server
// is not started, nor does it fail.
func (r *Runner) Start(now time.Time, id ID, c *conf.Check, o Options, state State) error {
	checker, err := newChecker(c, o)
	if err == nil && checker != nil {
		r.start(now, id, checker, c, state)
	}
	return err
}

func (r *Runner) start(now time.Time, id ID, checker any, c *conf.Check, state State) {
	schedule := NewSchedule(c)
	switch state {
	case Up, Down:
		schedule.known, schedule.up = true, state == Up
		schedule.broken = state == Down && len(c.URLs) > 0
	case Added:
		schedule.strict = false
	}
	j := &job{id: id, checker: checker, schedule: schedule, place: -1}
	r.jobs[id] = j
	r.put(j, r.at(now)+j.schedule.First(func(below time.Duration) time.Duration { return rand.N(below) }))
}

// at returns a time as job.due has it.
func (r *Runner) at(t time.Time) time.Duration { return t.Sub(r.epoch) }

// State is what a checker has said before.
type State uint8

// The states. Of a checker that a reload has added nothing is known either, but its first failure is repeated before it
// counts.
const (
	Unknown State = iota
	Up
	Down
	Added
)

// leastLimit is how long a dialogue may take at least, of which each step is in time.
const leastLimit = time.Minute

// timeoutOf returns how long one check may take.
func timeoutOf(c *conf.Check) time.Duration {
	switch c.Kind {
	case "MISC_CHECK":
		return c.ScriptTimeout
	case "HTTP_GET", "SSL_GET", "SMTP_CHECK":
		return max(leastLimit, 10*c.Timing.Connect)
	}
	return c.Timing.Connect
}

// Stop ends a checker; a check that runs is cut short and not heard of.
func (r *Runner) Stop(id ID) {
	if j := r.jobs[id]; j != nil {
		delete(r.jobs, id)
		r.rest(j)
		if j.cancel != nil {
			j.cancel()
		}
	}
}

// rest has a job wait for nothing; a probe that runs goes on.
func (r *Runner) rest(j *job) {
	if j.place >= 0 {
		heap.Remove(&r.queue, int(j.place))
	}
	r.release(j)
}

// Suspend puts a checker to rest, Resume wakes it. What a probe finds out meanwhile is not heard of.
func (r *Runner) Suspend(id ID) {
	if j := r.jobs[id]; j != nil && !j.suspended {
		j.suspended = true
		r.rest(j)
	}
}

// Resume wakes a checker at now.
func (r *Runner) Resume(now time.Time, id ID) {
	if j := r.jobs[id]; j != nil && j.suspended {
		j.suspended = false
		if j.cancel == nil {
			r.put(j, r.at(now)+startDelay)
		}
	}
}

// Deadline returns when Advance has something to do; zero means never.
func (r *Runner) Deadline() time.Time {
	switch {
	case r.more:
		return r.epoch
	case len(r.queue) == 0:
		return time.Time{}
	}
	return r.epoch.Add(r.queue[0].due)
}

// maxStarts bounds what one call of Advance begins: who calls it has other things to do, and servers have answered meanwhile,
// even when there are more checks than the machine can carry out.
const maxStarts = 16

// Advance carries on what can be carried on, starts checks that are due, and returns the results that are there already, to be
// handed to Finish before the next call.
func (r *Runner) Advance(now time.Time) []Result {
	r.done = r.done[:0]
	at := r.at(now)
	// What has come goes before what has expired: a process that was stalled would take servers for dead that have answered.
	events, others := r.sockets.collect()
	r.more = others
	for i := range events {
		if j := r.jobs[ID(events[i].Fd)]; j != nil && j.session != nil {
			r.carryOn(j, at)
		}
	}
	for n := 0; n < maxStarts && len(r.queue) > 0 && r.queue[0].due <= at; n++ {
		switch j := r.queue[0]; {
		case j.session == nil:
			r.begin(j, at)
		case others: // its answer may be there
			return r.done
		default:
			r.finished(j, Result{Err: ErrTimeout})
		}
	}
	return r.done
}

// begin begins a check.
func (r *Runner) begin(j *job, at time.Duration) {
	end := at + r.limit(j.schedule.conf)
	if p, ok := j.checker.(probe); ok {
		heap.Pop(&r.queue)
		ctx, cancel := context.WithDeadline(context.Background(), r.epoch.Add(end))
		j.cancel = cancel
		url := int(j.schedule.url)
		r.running.Go(func() { r.report(ctx, j, p, url) })
		return
	}
	if n := len(r.free) - 1; n >= 0 {
		j.session, r.free = r.free[n], r.free[:n]
	} else {
		j.session = &session{fd: -1}
	}
	j.session.url, j.session.end, j.session.patience = int(j.schedule.url), end, patienceOf(j.schedule.conf)
	r.carryOn(j, at)
}

// carryOn has a dialogue take its next step.
func (r *Runner) carryOn(j *job, at time.Duration) {
	s := j.session
	s.more, s.buffer = false, r.buffer
	events, res := j.step()
	if events != 0 && events != s.watched {
		if err := r.sockets.watch(s.fd, j.id, events, s.watched != 0); err != nil {
			events, res.Err = 0, LocalError{What: NoSocket, Err: err}
		}
		s.watched = events
	}
	if events == 0 {
		r.finished(j, res)
		return
	}
	r.more = r.more || s.more
	until := s.end
	if s.patience > 0 {
		until = min(until, at+s.patience)
	}
	r.put(j, until)
}

// step takes the next step of a dialogue; its panic is its failure.
func (j *job) step() (events uint32, res Result) {
	defer func() {
		if p := recover(); p != nil {
			events, res = 0, panicked(p)
		}
	}()
	events, res.Err = j.checker.(dialogue).step(j.session)
	return events, res
}

// finished ends a check of a dialogue.
func (r *Runner) finished(j *job, res Result) {
	r.rest(j)
	res.ID, res.job = j.id, j
	r.done = append(r.done, res)
}

// maxFree is how many sessions are kept for other checks.
const maxFree = 64

// release takes the session from a job that has one.
func (r *Runner) release(j *job) {
	s := j.session
	if s == nil {
		return
	}
	s.hangUp()
	j.session = nil
	if len(r.free) < maxFree {
		r.free = append(r.free, s)
	}
}

// panicked returns the result of a check that has panicked.
func panicked(p any) Result {
	return Result{Err: fmt.Errorf("%w: %v", ErrPanic, p), Stack: string(debug.Stack())}
}

// report runs a probe and hands over its result.
func (r *Runner) report(ctx context.Context, j *job, p probe, url int) {
	res := ask(ctx, p, url)
	res.ID, res.job = j.id, j
	select {
	case r.results <- res:
	case <-r.closing:
	}
}

// ask runs a probe; its panic is its failure.
func ask(ctx context.Context, p probe, url int) (res Result) {
	defer func() {
		if p := recover(); p != nil {
			res = panicked(p)
		}
	}()
	res.Adjust, res.Err = p.check(ctx, url)
	return res
}

// Finish takes in a result and returns what it means; ok is false for a checker that was stopped or suspended meanwhile.
func (r *Runner) Finish(now time.Time, res Result) (v Verdict, ok bool) {
	j := res.job
	if j.cancel != nil {
		j.cancel()
		j.cancel = nil
	}
	if r.jobs[j.id] != j || j.suspended {
		return Verdict{}, false
	}
	v, wait := j.schedule.Next(res.Adjust, res.Err)
	r.put(j, r.at(now)+wait)
	return v, true
}

// Close ends all checks and waits for them.
func (r *Runner) Close() {
	close(r.closing)
	for id := range r.jobs {
		r.Stop(id)
	}
	r.running.Wait()
	r.sockets.close()
}

// put has a job wait until due.
func (r *Runner) put(j *job, due time.Duration) {
	j.due = due
	if j.place >= 0 {
		heap.Fix(&r.queue, int(j.place))
	} else {
		heap.Push(&r.queue, j)
	}
}

// queue is a heap of the jobs that wait.
type queue []*job

// Len, Less, Swap, Push and Pop make the heap.
func (q queue) Len() int { return len(q) }

// Less orders by due time.
func (q queue) Less(i, j int) bool { return q[i].due < q[j].due }

// Swap exchanges two jobs.
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = int32(i), int32(j)
}

// Push appends a job.
func (q *queue) Push(x any) {
	j := x.(*job)
	j.place = int32(len(*q))
	*q = append(*q, j)
}

// Pop takes the last job.
func (q *queue) Pop() any {
	old := *q
	j := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	j.place = -1
	return j
}
