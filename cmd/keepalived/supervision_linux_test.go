package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
	"github.com/keepalived-go/keepalived/internal/supervisor"
)

const plain = `vrrp_instance VI_1 {
 interface eth0
 virtual_router_id 51
 priority 100
 advert_int 1
 virtual_ipaddress {
  10.77.0.100/24
 }
}
`

// fast is plain with adverts every 0.1 s, for tests that go through several elections.
var fast = replace(plain, "advert_int 1", "version 3\n advert_int 0.1")

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func comm(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(b))
}

// master starts one router and waits until it is master.
func master(t *testing.T, conf string, args ...string) *router {
	t.Helper()
	_, rs := routers(t, "a")
	rs[0].ours(conf, args...)
	nettest.Eventually(t, 30*time.Second, "the router is master", func() bool { return rs[0].Has("10.77.0.100/24") })
	return rs[0]
}

func TestProcessesAreNamedAndHaveTheirPidFiles(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	parent, child := r.pid("p.pid"), r.pid("v.pid")
	if parent != r.proc.Cmd.Process.Pid || child == 0 || child == parent {
		t.Errorf("pid files say %d and %d, the parent is %d", parent, child, r.proc.Cmd.Process.Pid)
	}
	for _, pid := range []int{parent, child} {
		if comm(pid) != "keepalived" {
			t.Errorf("process %d is named %q", pid, comm(pid))
		}
	}
	r.terminate()
	for _, name := range []string{"p.pid", "v.pid"} {
		if _, err := os.Stat(r.file(name)); err == nil {
			t.Errorf("%s is left behind", name)
		}
	}
}

// children returns the processes that a process has started and not yet waited for.
func children(pid int) []string {
	var out []string
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range lists {
		b, _ := os.ReadFile(name)
		out = append(out, strings.Fields(string(b))...)
	}
	return out
}

// A process is started while the configuration is read. It becomes a child or is gone.
func TestNoProcessIsWithoutUse(t *testing.T) {
	for name, tc := range map[string]struct {
		conf string
		want int
	}{
		"VRRP":             {fast, 1},
		"a startup script": {"global_defs {\n startup_script /bin/true\n}\n" + fast, 1},
		"no child":         {"global_defs {\n router_id x\n}\n", 0},
		"a namespace":      {"net_namespace OTHER\n" + fast, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, rs := routers(t, "a", "b")
			r := rs[0]
			r.ours(replace(tc.conf, "OTHER", rs[1].NS))
			r.waitFor("Startup complete")
			got := children(r.proc.Cmd.Process.Pid)
			if len(got) != tc.want || tc.want == 1 && got[0] != itoa(r.pid("v.pid")) {
				t.Errorf("children %v, pid file %d", got, r.pid("v.pid"))
			}
			if strings.Contains(tc.conf, "OTHER") {
				nettest.Eventually(t, 30*time.Second, "the address is in the namespace", func() bool { return rs[1].Has(vip) })
			}
			r.terminate()
		})
	}
}

func TestStartThatFailsLeavesNoProcess(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours("", "-f", "/none")
	ctx, cancel := waitContext()
	defer cancel()
	if code := r.proc.Wait(ctx); code == supervisor.ExitOK { // the output has ended, which a child would share
		t.Errorf("exit code %d:\n%s", code, r.proc.Output())
	}
}

func TestChildThatDiesOrHangsIsReplaced(t *testing.T) {
	for name, tc := range map[string]struct {
		sig   syscall.Signal
		lines []string
	}{
		"SIGKILL": {syscall.SIGKILL, []string{"Keepalived_vrrp exited due to signal 9", "died: Respawning"}},
		"SIGSTOP": {syscall.SIGSTOP, []string{"its event loop hangs, replacing it", "is stopped by a signal", "died: Respawning"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := master(t, fast, "--watchdog-tick=0.2", "--watchdog-threshold=3")
			child := r.pid("v.pid")
			if err := syscall.Kill(child, tc.sig); err != nil {
				t.Fatal(err)
			}
			nettest.Eventually(t, 30*time.Second, "another child", func() bool {
				pid := r.pid("v.pid")
				return pid != 0 && pid != child && alive(pid)
			})
			for _, line := range tc.lines {
				r.waitFor(line)
			}
			nettest.Eventually(t, 30*time.Second, "master again", func() bool {
				return strings.Count(r.proc.Output(), "Entering MASTER STATE") == 2 && r.Has("10.77.0.100/24")
			})
			r.terminate()
		})
	}
}

func TestWatchdogCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	r := master(t, fast, "--watchdog-tick=0")
	child := r.pid("v.pid")
	if err := syscall.Kill(child, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // nothing is to happen: there is no condition to wait for
	if r.pid("v.pid") != child || !alive(child) {
		t.Error("the child was replaced")
	}
}

func TestNobodyOutlivesTheParent(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	child := r.pid("v.pid")
	if err := syscall.Kill(r.pid("p.pid"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	nettest.Eventually(t, 10*time.Second, "the child is gone", func() bool { return !alive(child) })
	if r.Has("10.77.0.100/24") {
		t.Error("the address is still there")
	}
	r.ours(fast) // the pid files of the dead do not hold it up
	nettest.Eventually(t, 30*time.Second, "master again", func() bool { return r.Has("10.77.0.100/24") })
}

func TestSecondDaemonIsRefused(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	first := r.proc
	r.ours(fast)
	r.waitFor("daemon is already running")
	if r.pid("p.pid") != first.Cmd.Process.Pid {
		t.Error("the pid file of the first was overwritten")
	}
}

func TestStalePidFileIsTakenOver(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.Write("p.pid", fmt.Sprintf("%d\nold text that is longer", os.Getpid())) // another program has that pid now
	r.ours(fast)
	r.waitFor("Startup complete")
	if b, _ := os.ReadFile(r.file("p.pid")); string(b) != fmt.Sprintf("%d\n", r.proc.Cmd.Process.Pid) {
		t.Errorf("pid file holds %q", b)
	}
}

func TestPermanentExitCodeStopsTheDaemon(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours(replace(plain, "virtual_router_id 51", ""))
	ctx, cancel := waitContext()
	defer cancel()
	if code := r.proc.Wait(ctx); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	if !r.logged("Keepalived_vrrp exited with permanent error CONFIG. Terminating")() {
		t.Errorf("logged:\n%s", r.proc.Output())
	}
}

func TestDontRespawnEndsTheDaemonWithItsChild(t *testing.T) {
	t.Parallel()
	r := master(t, fast, "-R")
	if err := syscall.Kill(r.pid("v.pid"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := waitContext()
	defer cancel()
	if code := r.proc.Wait(ctx); code == 0 || !r.logged("died: Exiting")() {
		t.Errorf("exit code %d:\n%s", code, r.proc.Output())
	}
}

func TestSignalDuringTheStartIsNotLost(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours(fast)
	nettest.Eventually(t, 30*time.Second, "the start", func() bool { return r.proc.Output() != "" })
	r.proc.Signal(syscall.SIGHUP)
	r.waitFor("Reload complete")
	r.terminate()
}
