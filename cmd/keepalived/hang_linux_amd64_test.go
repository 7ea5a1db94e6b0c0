package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// freezeLoop holds the thread on which the event loop of the process waits, as a deadlock would, and that of Go's own
// poller, which looks the same from outside; all others go on. It must be called on a locked thread, and so must what it
// returns: that waits for the end of the process, which is not complete before.
func freezeLoop(t *testing.T, pid int) (reap func()) {
	t.Helper()
	var frozen []int
	nettest.Eventually(t, 10*time.Second, "the event loop waits", func() bool {
		dirs, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		for _, dir := range dirs {
			tid, _ := strconv.Atoi(filepath.Base(dir))
			if err := unix.PtraceSeize(tid); err != nil {
				nettest.CannotRun(t, "it may not trace a process: "+err.Error())
			}
			if inEpollWait(t, tid) {
				if frozen = append(frozen, tid); len(frozen) == 2 {
					return true
				}
				continue
			}
			if err := unix.PtraceDetach(tid); err != nil {
				t.Fatal(err)
			}
		}
		return false
	})
	return func() {
		for _, tid := range frozen {
			_, _ = unix.Wait4(tid, nil, unix.WALL, nil)
		}
	}
}

// inEpollWait stops a thread and tells whether it was waiting in epoll.
func inEpollWait(t *testing.T, tid int) bool {
	t.Helper()
	if err := unix.PtraceInterrupt(tid); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Wait4(tid, nil, unix.WALL, nil); err != nil {
		t.Fatal(err)
	}
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &regs); err != nil {
		t.Fatal(err)
	}
	return regs.Orig_rax == unix.SYS_EPOLL_PWAIT
}

func TestHangingLoopShowsItsStacksAndIsReplaced(t *testing.T) {
	t.Parallel()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := master(t, fast, "--watchdog-tick=0.2", "--watchdog-threshold=3")
	child := r.pid("v.pid")
	reap := freezeLoop(t, child)
	r.waitFor("its event loop hangs, replacing it")
	r.waitFor("the event loop hangs; stacks of all goroutines:")
	r.waitFor("vrrpd.(*daemon).loop") // where it hangs
	reap()
	nettest.Eventually(t, 30*time.Second, "another child", func() bool { p := r.pid("v.pid"); return p != 0 && p != child })
	r.becomesMasterAgain(2)
	r.terminate()
}
