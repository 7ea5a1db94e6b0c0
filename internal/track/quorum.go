package track

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// cause is what has changed the number of processes.
type cause uint8

const (
	unknownCause cause = iota // something that was not seen happening
	byFork
	byExit
	byName // a process has become another program, or has changed its name
)

// quorum turns the number of processes into up and down. A change only counts when it has lasted for its delay: a fork is
// often followed by another program, and an exit by a new process. A change of name is final.
type quorum struct {
	def       *conf.WatchedProcess
	up, known bool
	due       time.Time // when the change that is under way counts; zero: none is
}

// delay returns how long a change must last.
func (q *quorum) delay(good bool, by cause) time.Duration {
	switch {
	case by == byName:
		return 0
	case by == byFork, by == unknownCause && good:
		return q.def.ForkDelay
	}
	return q.def.TerminateDelay
}

// count takes in how many processes there are at now, and by what. It tells whether up has changed or is known for the
// first time.
func (q *quorum) count(now time.Time, n int, by cause) (changed bool) {
	good := n >= q.def.Quorum && n <= q.def.QuorumMax
	switch {
	case !q.known:
		q.known, q.up = true, good
		return true
	case good == q.up:
		q.due = time.Time{}
		return false
	case q.due.IsZero():
		q.due = now.Add(q.delay(good, by))
	}
	if now.Before(q.due) {
		return false
	}
	q.due = time.Time{}
	q.up = good
	return true
}
