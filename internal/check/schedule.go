package check

import (
	"errors"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// startDelay is how long after the start the first checks begin.
const startDelay = time.Second

// Schedule decides when a checker runs and what its results mean. It is pure.
type Schedule struct {
	timing *conf.Timing
	failed int32 // failures in a row that did not count
	adjust int32
	known  bool // there was a result
	up     bool
	strict bool // the first failure counts at once
	unable bool // the last check could not ask the server
}

// NewSchedule returns the schedule of a checker that is taken to be up unless it has alpha.
func NewSchedule(c *conf.Check) Schedule {
	strict := c.Kind != "HTTP_GET" && c.Kind != "SSL_GET"
	return Schedule{timing: &c.Timing, up: !c.Alpha, strict: strict}
}

// First returns when the first check is due after the start; random returns a duration below its argument.
func (s *Schedule) First(random func(below time.Duration) time.Duration) time.Duration {
	if s.timing.Warmup <= 0 {
		return startDelay
	}
	return startDelay + random(s.timing.Warmup)
}

// Verdict is what a result means.
type Verdict struct {
	Tell    bool // the table is to know: the first result, a changed one, another weight
	Changed bool // up has become down, or the reverse
	First   bool
	Up      bool
	Adjust  int
	Err     error
	Try     int  // the number of this retry; 0: not one
	Retries int  // that are configured
	Retry   bool // the check has failed and will be repeated before it counts
	Unasked bool // Err is a LocalError: nothing is known that was not before
	Again   bool // so it was the last time
}

// Next takes in a result and returns what it means, and how long to wait until the next check.
func (s *Schedule) Next(adjust int, err error) (Verdict, time.Duration) {
	var local LocalError
	if errors.As(err, &local) {
		v := Verdict{Up: s.up, Err: err, Unasked: true, Again: s.unable}
		s.unable = true
		return v, s.timing.Loop
	}
	s.unable = false
	v := Verdict{First: !s.known, Up: err == nil, Adjust: adjust, Err: err, Try: int(s.failed), Retries: s.timing.Retry}
	mayRetry := s.up && (s.known || !s.strict)
	if err != nil && mayRetry && int(s.failed) < s.timing.Retry {
		s.failed++
		v.Retry, v.Up = true, s.up
		return v, s.timing.BeforeRetry
	}
	v.Changed = v.Up != s.up
	v.Tell = v.Changed || v.First || v.Up && adjust != int(s.adjust)
	s.known, s.up, s.failed, s.adjust = true, v.Up, 0, int32(adjust)
	return v, s.timing.Loop
}
