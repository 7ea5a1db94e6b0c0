package script

import (
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// gains tells whether the script is there to gain privileges: whoever writes sudo into the configuration means it.
func gains(s *conf.Script) bool {
	if len(s.Argv) == 0 {
		return false
	}
	switch path.Base(s.Argv[0]) {
	case "sudo", "su", "doas", "pkexec":
		return true
	}
	return false
}

// realtime tells whether the daemon runs with real-time priority, which is not meant for its scripts.
func realtime() bool {
	attr, err := unix.SchedGetAttr(0, 0)
	return err == nil && attr.Policy != unix.SCHED_NORMAL
}

// onThread runs the command from a thread of its own. What the kernel is told of that thread the child inherits and the
// daemon does not: the thread ends with the goroutine, which never unlocks it, and the runtime makes no other threads from
// one that is locked.
func (c Command) onThread(ctx context.Context, result chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() { // the main thread never ends; while it is held, another goroutine gets another one
		defer runtime.UnlockOSThread()
		other := make(chan error)
		go c.onThread(ctx, other)
		result <- <-other
		return
	}
	err := c.prepareThread()
	if err == nil {
		err = c.execute(ctx)
	}
	result <- err
}

// prepareThread makes the thread one that a script may inherit from (prctl(2), sched_setattr(2)).
func (c Command) prepareThread() error {
	var errs []error
	if c.bounded {
		errs = append(errs, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	}
	if realtime() {
		errs = append(errs, unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("cannot run script '%s': %w", c, err)
	}
	return nil
}
