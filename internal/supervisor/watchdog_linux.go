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
	threshold int // at least 1
}

// tick raises the counter and tells whether the child hangs.
func (w *watchdog) tick() bool {
	w.owed++
	return w.owed > w.threshold
}

func (w *watchdog) reset() { w.owed = 0 }

// dumpTime is how long a hung child gets to write its stacks to the log.
const dumpTime = 300 * time.Millisecond

// watch raises the counters. A child past the threshold hangs: it is to dump its stacks, then it is killed, and its end
// leads to its restart.
func (s *Supervisor) watch() {
	for _, c := range s.children {
		if c.proc == nil {
			continue
		}
		if !c.dog.tick() {
			_ = c.conn.Send(control.Ping, -1) // a full socket is a sign of its own
			continue
		}
		if c.dog.owed != c.dog.threshold+1 {
			continue // is being ended
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
