package main

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

func TestLocalIGMPIsDisabledWhileTheDaemonRuns(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	reported := func() (s string) {
		r.In(func() error {
			b, err := os.ReadFile("/proc/sys/net/ipv4/igmp_link_local_mcast_reports")
			s = strings.TrimSpace(string(b))
			return err
		})
		return s
	}
	quiet := "global_defs {\n disable_local_igmp\n}\n" + fast
	r.ours(quiet)
	nettest.Eventually(t, 30*time.Second, "the address", func() bool { return r.Has(vip) })
	if got := reported(); got != "0" {
		t.Errorf("while it runs: %s", got)
	}
	if err := syscall.Kill(r.pid("v.pid"), syscall.SIGKILL); err != nil { // the child's end must not lose what was before
		t.Fatal(err)
	}
	r.becomesMasterAgain(2)
	r.reload(fast)
	r.waitFor("Cannot change disable_local_igmp at a reload - please restart")
	r.terminate()
	if got := reported(); got != "1" {
		t.Errorf("after the end: %s", got)
	}
}

func TestLateProcessRaisesItsPriority(t *testing.T) {
	t.Parallel()
	r := master(t, "global_defs {\n max_auto_priority 1\n}\n"+fast)
	child := r.pid("v.pid")
	if err := syscall.Kill(child, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	stopped := time.Now()
	nettest.Eventually(t, 10*time.Second, "a second and a half", func() bool { return time.Since(stopped) > 1500*time.Millisecond })
	if err := syscall.Kill(child, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	r.waitFor("VRRP thread timer expired 1.")
	r.waitFor("Set realtime priority 1")
	nettest.Eventually(t, 10*time.Second, "real-time priority 1", func() bool {
		attr, err := unix.SchedGetAttr(child, 0)
		return err == nil && attr.Policy == unix.SCHED_RR && attr.Priority == 1
	})
	r.terminate()
}

// receiveBuffers returns the sizes of the receive buffers of the VRRP sockets of a process, as setsockopt has set them.
func receiveBuffers(t *testing.T, pid int) []int {
	t.Helper()
	proc, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(proc)
	var sizes []int
	for n := range 100 {
		fd, err := unix.PidfdGetfd(proc, n, 0)
		if err != nil {
			continue
		}
		if p, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL); err == nil && p == 112 {
			size, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
			sizes = append(sizes, size/2) // the kernel doubles what it is asked for
		}
		unix.Close(fd)
	}
	return sizes
}

func TestInstancesOfASocketShareItsReceiveBuffer(t *testing.T) {
	t.Parallel()
	second := replace(fast, "VI_1", "VI_2", "virtual_router_id 51", "virtual_router_id 52\n kernel_rx_buf_size 7000", "10.77.0.100", "10.77.0.101")
	both(t, "global_defs {\n vrrp_rx_bufs_policy MTU\n vrrp_rx_bufs_multiplier 5\n}\n"+fast+second, func(t *testing.T, r *router) {
		r.waitFor("(VI_2) Entering MASTER STATE")
		if got := receiveBuffers(t, r.pid("v.pid")); !slices.Contains(got, 5*1500+7000) { // Debian's sends on another of these
			t.Errorf("%v", got)
		}
	})
}

func TestConfigurationIsKeptInAFileWhereItIsToBe(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours("global_defs {\n tmp_config_directory " + r.Dir + "\n}\n" + fast)
	nettest.Eventually(t, 30*time.Second, "the address", func() bool { return r.Has(vip) })
	r.reload("global_defs {\n tmp_config_directory /none\n}\n" + fast)
	r.waitFor("Cannot change config_directory at a reload - please restart")
	if r.count("temporary file") > 0 {
		t.Error("no file was made")
	}
	r.terminate()
	r.ours("global_defs {\n tmp_config_directory " + r.Dir + "/none\n}\n" + fast)
	r.waitFor("cannot make temporary file in " + r.Dir + "/none")
	nettest.Eventually(t, 30*time.Second, "the address nevertheless", func() bool { return r.Has(vip) })
}
