package track

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// quorum turns the number of processes into up and down. A change only counts when it has lasted for its delay.
type quorum struct {
	def       *conf.WatchedProcess
	up, known bool
	due       time.Time // when the change that is under way counts; zero: none is
}

// count takes in how many processes there are at now. It tells whether up has changed or is known for the first time.
func (q *quorum) count(now time.Time, n int) (changed bool) {
	good := n >= q.def.Quorum && n <= q.def.QuorumMax
	switch {
	case !q.known:
		q.known, q.up = true, good
		return true
	case good == q.up:
		q.due = time.Time{}
		return false
	case q.due.IsZero():
		delay := q.def.TerminateDelay
		if good {
			delay = q.def.ForkDelay
		}
		q.due = now.Add(delay)
	}
	if now.Before(q.due) {
		return false
	}
	q.due = time.Time{}
	q.up = good
	return true
}
