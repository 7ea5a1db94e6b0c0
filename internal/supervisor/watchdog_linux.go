package supervisor

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/log"
)

// watchdog counts the signs of life that a child owes. The parent raises the counter each tick; the child's own event
// loop resets it.
type watchdog struct {
	owed      int
	threshold int  // at least 1
	ending    bool // the child is being ended
}

// busyTime is how long a child may be silent while it takes in a configuration: with ten thousand servers on a slow machine
// that is many seconds, and another child would be no quicker.
const busyTime = time.Minute

// tick raises the counter and tells whether the child has begun to hang. A child that is busy has more time.
func (w *watchdog) tick(every time.Duration, busy bool) (hangs bool) {
	limit := w.threshold
	if busy {
		limit = max(limit, int(busyTime/every))
	}
	w.owed++
	if w.ending || w.owed <= limit {
		return false
	}
	w.ending = true
	return true
}

func (w *watchdog) reset() { w.owed, w.ending = 0, false }

// dumpTime is how long a hung child gets to write its stacks to the log.
const dumpTime = 300 * time.Millisecond

// watch raises the counters. A child past the threshold hangs: it is to dump its stacks, then it is killed, and its end
// leads to its restart.
func (s *Supervisor) watch() {
	for _, c := range s.children {
		if c.proc == nil {
			continue
		}
		if !c.dog.tick(s.WatchdogTick, !c.up || s.waiting[c]) {
			_ = c.conn.Send(control.Ping, -1) // a full socket is a sign of its own
			continue
		}
		s.Log.Log(log.Alert, fmt.Sprintf("%s process(%d) has not answered for %v: its event loop hangs, replacing it",
			processName(c.role), c.proc.Pid, time.Duration(c.dog.owed)*s.WatchdogTick))
		if c.stopped() {
			s.Log.Log(log.Alert, fmt.Sprintf("%s process(%d) is stopped by a signal and cannot show where it hangs",
				processName(c.role), c.proc.Pid))
			c.signal(unix.SIGKILL)
			continue
		}
		c.signal(unix.SIGQUIT)
		proc := c.proc // by then the child may have a new one
		time.AfterFunc(dumpTime, func() { s.dumped <- proc })
	}
}
