package check

import (
	"errors"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// startDelay is how long after the start the first checks begin.
const startDelay = time.Second

// Schedule decides when a checker runs and what its results mean. It is pure.
//
// Of a checker with urls each check gets one. It is well after a pass, in which all of them were, and fails with any of them.
// After that the one that has failed must be well before there is a pass again.
type Schedule struct {
	conf   *conf.Check
	failed int32 // failures in a row that did not count
	adjust int32
	url    int32 // the number of the next one
	known  bool  // there was a result
	up     bool
	strict bool // the first failure counts at once
	broken bool // the next url is the one that has failed
	unable bool // the last check could not ask the server
}

// NewSchedule returns the schedule of a checker that is taken to be up unless it has alpha.
func NewSchedule(c *conf.Check) Schedule { return Schedule{conf: c, up: !c.Alpha, strict: true} }

// First returns when the first check is due after the start; random returns a duration below its argument.
func (s *Schedule) First(random func(below time.Duration) time.Duration) time.Duration {
	if s.conf.Timing.Warmup <= 0 {
		return startDelay
	}
	return startDelay + random(s.conf.Timing.Warmup)
}

// Verdict is what a result means.
type Verdict struct {
	Tell    bool // the table is to know: the first result, a changed one, another weight
	Changed bool // up has become down, or the reverse
	First   bool
	Up      bool
	Adjust  int
	Err     error
	URL     int  // the number of the one that was got
	Regain  bool // a url of a server that is down is well
	Try     int  // the number of this retry; 0: not one
	Retries int  // that are configured
	Retry   bool // the check has failed and will be repeated before it counts
	Unasked bool // Err is a LocalError: nothing is known that was not before
	Again   bool // so it was the last time
}

// Next takes in a result and returns what it means, and how long to wait until the next check.
func (s *Schedule) Next(adjust int, err error) (Verdict, time.Duration) {
	if err != nil && isLocal(err) {
		v := Verdict{Up: s.up, Err: err, Unasked: true, Again: s.unable}
		s.unable = true
		return v, s.conf.Timing.Loop
	}
	s.unable = false
	v := Verdict{First: !s.known, Up: s.up, Adjust: adjust, Err: err, URL: int(s.url), Try: int(s.failed), Retries: s.conf.Timing.Retry}
	if err != nil {
		return s.failure(v)
	}
	return s.success(v)
}

// isLocal tells whether an error is no answer to the question whether the server is well.
func isLocal(err error) bool {
	var local LocalError
	return errors.As(err, &local)
}

func (s *Schedule) failure(v Verdict) (Verdict, time.Duration) {
	web, t := len(s.conf.URLs) > 0, s.conf.Timing
	switch {
	case s.up && (s.known || !s.strict) && int(s.failed) < t.Retry:
		s.failed++
		v.Retry = true
		return v, t.BeforeRetry
	case web && s.known && !s.up && !s.broken: // within the pass after which it would be up
		return v, t.BeforeRetry
	case web && s.up && !s.known && s.strict:
		v.Try = t.Retry // they count as used up
	}
	v.Up, v.Changed = false, s.up
	v.Tell = v.Changed || v.First
	s.known, s.up, s.failed, s.broken = true, false, 0, web
	return v, t.Loop
}

func (s *Schedule) success(v Verdict) (Verdict, time.Duration) {
	s.failed = 0
	wait := s.conf.Timing.Loop
	if last := len(s.conf.URLs) - 1; last >= 0 {
		v.Regain = !s.up
		if s.conf.FastRecovery && !(s.known && s.up) {
			wait = 0
		}
		passed := !s.broken && int(s.url) == last
		switch {
		case passed, s.broken:
			s.url, s.broken = 0, false
		default:
			s.url++
		}
		if !passed {
			return v, wait
		}
		wait = s.conf.Timing.Loop
	}
	v.Up, v.Changed = true, !s.up
	v.Tell = v.Changed || v.First || v.Adjust != int(s.adjust)
	s.known, s.up, s.adjust = true, true, int32(v.Adjust)
	return v, wait
}
