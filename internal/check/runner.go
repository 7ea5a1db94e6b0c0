package check

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
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
	jobs    map[ID]*job
	queue   queue
	results chan Result
	work    chan *job // to those who have nothing to do
	idle    atomic.Int32
	running sync.WaitGroup
	closing chan struct{}
}

// job is a checker and its schedule.
type job struct {
	id        ID
	place     int32 // in the queue; -1: not there
	checker   Checker
	conf      *conf.Check
	schedule  Schedule
	suspended bool
	due       time.Time
	running   *span                           // nil: it waits
	rest      func(ctx context.Context) error // of a check that has begun
}

// NewRunner returns a Runner without checkers.
func NewRunner() *Runner {
	return &Runner{jobs: map[ID]*job{}, results: make(chan Result, 64), work: make(chan *job), closing: make(chan struct{})}
}

// Results gives the outcomes, to be handed to Finish.
func (r *Runner) Results() <-chan Result { return r.results }

// Start begins a checker at now. With a known state the checker has said that it is up, or down.
func (r *Runner) Start(now time.Time, id ID, checker Checker, c *conf.Check, state State) {
	schedule := NewSchedule(c)
	switch state {
	case Up, Down:
		schedule.known, schedule.up = true, state == Up
	case Added:
		schedule.strict = false
	}
	j := &job{id: id, checker: checker, conf: c, schedule: schedule, place: -1}
	r.jobs[id] = j
	r.put(j, now.Add(j.schedule.First(func(below time.Duration) time.Duration { return rand.N(below) })))
}

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
	case "HTTP_GET", "SSL_GET":
		return max(leastLimit, 10*c.Timing.Connect) * time.Duration(len(c.URLs))
	case "SMTP_CHECK":
		return max(leastLimit, 10*c.Timing.Connect)
	}
	return c.Timing.Connect
}

// Stop ends a checker; a check that runs is cut short and not heard of.
func (r *Runner) Stop(id ID) {
	j := r.jobs[id]
	if j == nil {
		return
	}
	delete(r.jobs, id)
	r.take(j)
	if j.running != nil {
		j.running.cancel()
	}
}

// Suspend puts a checker to rest, Resume wakes it.
func (r *Runner) Suspend(id ID) {
	if j := r.jobs[id]; j != nil && !j.suspended {
		j.suspended = true
		r.take(j)
	}
}

// Resume wakes a checker at now.
func (r *Runner) Resume(now time.Time, id ID) {
	if j := r.jobs[id]; j != nil && j.suspended {
		j.suspended = false
		if j.running == nil {
			r.put(j, now.Add(startDelay))
		}
	}
}

// Deadline returns when Advance has something to do; zero means never.
func (r *Runner) Deadline() time.Time {
	if len(r.queue) == 0 {
		return time.Time{}
	}
	return r.queue[0].due
}

// maxStarts bounds what one call of Advance does: who calls it has other things to do, even when there are more checks than
// the machine can carry out.
const maxStarts = 64

// Advance starts checks that are due, and returns the results that are there already, to be handed to Finish.
func (r *Runner) Advance(now time.Time) (done []Result) {
	for n := 0; n < maxStarts && len(r.queue) > 0 && !r.queue[0].due.After(now); n++ {
		j := heap.Pop(&r.queue).(*job)
		j.running = &span{deadline: now.Add(timeoutOf(j.conf))}
		if b, ok := j.checker.(beginner); ok {
			if res, there := j.begin(b); there {
				done = append(done, res)
				continue
			}
		}
		r.hand(j)
	}
	return done
}

// beginner is a checker that may come to its outcome without waiting for anything; what is left otherwise may wait.
type beginner interface {
	begin() (rest func(ctx context.Context) error, outcome error)
}

// begin tells whether the result is there already.
func (j *job) begin(b beginner) (res Result, there bool) {
	defer func() {
		if p := recover(); p != nil {
			res, there = panicked(p), true
		}
		res.ID, res.job = j.id, j
	}()
	j.rest, res.Err = b.begin()
	return res, j.rest == nil
}

// panicked returns the result of a check that has panicked.
func panicked(p any) Result {
	return Result{Err: fmt.Errorf("%w: %v", ErrPanic, p), Stack: string(debug.Stack())}
}

// maxIdle is how many goroutines wait for the next check to carry on: those that come and go copy their stacks as they grow.
const maxIdle = 16

// hand has another goroutine carry on a check: one that has nothing to do, or a new one.
func (r *Runner) hand(j *job) {
	select {
	case r.work <- j:
		return
	default:
	}
	r.running.Add(1)
	go func() {
		defer r.running.Done()
		for more := true; more; j, more = r.next() {
			res := probe(j)
			res.ID, res.job = j.id, j
			select {
			case r.results <- res:
			case <-r.closing:
				return
			}
		}
	}()
}

// next waits for another check, unless enough do that.
func (r *Runner) next() (j *job, ok bool) {
	defer r.idle.Add(-1)
	if r.idle.Add(1) > maxIdle {
		return nil, false
	}
	select {
	case j := <-r.work:
		return j, true
	case <-r.closing:
		return nil, false
	}
}

// probe runs a check; its panic is its failure.
func probe(j *job) (res Result) {
	defer func() {
		if p := recover(); p != nil {
			res = panicked(p)
		}
	}()
	if rest := j.rest; rest != nil {
		j.rest = nil
		return Result{Err: rest(j.running)}
	}
	res.Adjust, res.Err = j.checker.Check(j.running)
	return res
}

// Finish takes in a result and returns what it means; ok is false for a checker that was stopped or suspended meanwhile.
func (r *Runner) Finish(now time.Time, res Result) (v Verdict, ok bool) {
	j := res.job
	j.running = nil
	if r.jobs[j.id] != j || j.suspended {
		return Verdict{}, false
	}
	v, wait := j.schedule.Next(res.Adjust, res.Err)
	r.put(j, now.Add(wait))
	return v, true
}

// Close ends all checks and waits for them.
func (r *Runner) Close() {
	close(r.closing)
	for _, j := range r.jobs {
		if j.running != nil {
			j.running.cancel()
		}
	}
	r.running.Wait()
}

func (r *Runner) put(j *job, due time.Time) {
	j.due = due
	heap.Push(&r.queue, j)
}

func (r *Runner) take(j *job) {
	if j.place >= 0 {
		heap.Remove(&r.queue, int(j.place))
	}
}

// queue is a heap of the jobs that wait.
type queue []*job

// Len, Less, Swap, Push and Pop make the heap.
func (q queue) Len() int { return len(q) }

// Less orders by due time.
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }

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
