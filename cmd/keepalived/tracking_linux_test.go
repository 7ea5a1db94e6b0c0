package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// classic is the pair that most guides describe: a load balancer that is watched, and a file that asks for handing over.
// Only on router a are there files @DIR@/haproxy.pid that may go away.
const classic = `global_defs {
 script_user root
}
vrrp_script chk_haproxy {
 script "/bin/sh -c 'kill -0 $(cat @DIR@/haproxy.pid)'"
 interval 1
 weight 2
}
vrrp_script chk_state_down {
 script "[[ -f @DIR@/down ]] && exit 1 || exit 0"
 interval 1
 weight 3
}
vrrp_instance VI_1 {
 state BACKUP
 interface eth0
 version 3
 virtual_router_id 51
 priority @PRIO@
 advert_int 0.2
 @EXTRA@
 track_script {
  chk_haproxy
  chk_state_down
 }
 notify_master "@DIR@/notify.sh master"
 notify_backup "@DIR@/notify.sh backup"
 virtual_ipaddress {
  10.77.0.100/24
 }
}
`

// haproxy is what the classic pair watches; any process will do.
func (r *router) haproxy() *exec.Cmd {
	r.t.Helper()
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	r.Write("haproxy.pid", itoa(cmd.Process.Pid))
	return cmd
}

func (r *router) program(name, text string) {
	r.t.Helper()
	if err := os.Chmod(r.Write(name, text), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

// mails returns what notify.sh has written.
func (r *router) mails() string {
	b, _ := os.ReadFile(r.file("mails"))
	return string(b)
}

func classicPair(t *testing.T, extra string) (rs []*router, proxies []*exec.Cmd) {
	t.Helper()
	_, rs = routers(t, "a", "b")
	for i, r := range rs {
		proxies = append(proxies, r.haproxy())
		r.program("notify.sh", "#!/bin/sh\necho \"$@\" >>"+r.Dir+"/mails\n")
		r.ours(replace(classic, "@DIR@", r.Dir, "@PRIO@", itoa(101-i), "@EXTRA@", extra))
		if i == 0 {
			holds(t, rs, vip, r)
		}
	}
	rs[1].waitFor("to 105")
	return rs, proxies
}

func stopProcess(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

func TestAddressFollowsTheWatchedProcess(t *testing.T) {
	t.Parallel()
	rs, proxies := classicPair(t, "")
	a, b := rs[0], rs[1]
	stopProcess(proxies[0])
	holds(t, rs, vip, b)
	a.waitFor("VRRP_Script(chk_haproxy) failed (exited with status 1)")
	a.haproxy()
	holds(t, rs, vip, a) // it is better again
	a.Write("down", "")
	holds(t, rs, vip, b)
	nettest.Eventually(t, 10*time.Second, "all mails", func() bool {
		return a.mails() == "backup\nmaster\nbackup\nmaster\nbackup\n" && b.mails() == "backup\nmaster\nbackup\nmaster\n"
	})
}

func TestNopreemptLeavesTheAddressWhereItIs(t *testing.T) {
	t.Parallel()
	rs, proxies := classicPair(t, "nopreempt")
	a, b := rs[0], rs[1]
	stopProcess(proxies[0])
	a.waitFor("from 106 to 104") // b is better now, but it does not preempt
	a.proc.Kill()
	nettest.Eventually(t, 30*time.Second, "b takes over", func() bool { return b.Has(vip) })
	a.haproxy()
	a.ours(replace(classic, "@DIR@", a.Dir, "@PRIO@", "101", "@EXTRA@", "nopreempt"))
	a.waitFor("to 106")
	holds(t, rs, vip, b)
}

const trackers = `track_file load {
 file @DIR@/load
 init_file 0
}
vrrp_track_process daemon {
 process watched_daemon
 weight 10
}
vrrp_instance VI_1 {
 interface eth0
 version 3
 virtual_router_id 51
 priority 100
 advert_int 0.1
 track_file {
  load weight 2
 }
 track_process {
  daemon
 }
 track_interface {
  up0
  up1 weight -20
 }
 virtual_ipaddress {
  10.77.0.100/24
 }
}
interface_up_down_delays {
 up1 0.5 0.1
}
`

func TestFilesProcessesAndInterfacesAreTracked(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	for _, dev := range []string{"up0", "up1"} {
		r.IP("link add " + dev + " type veth peer name peer_" + dev)
		r.IP("link set peer_" + dev + " up")
		r.IP("link set " + dev + " up")
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(r.Dir, "watched_daemon")
	nettest.Run(t, "cp", sleep, program)
	r.ours(replace(trackers, "@DIR@", r.Dir))
	r.waitFor("Entering MASTER STATE")
	if b, err := os.ReadFile(r.file("load")); err != nil || string(b) != "0\n" {
		t.Errorf("init_file: %q, %v", b, err)
	}
	r.Write("load", "15\n")
	r.waitFor("Changing effective priority from 100 to 130")
	daemon := exec.Command(program, "1000")
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer stopProcess(daemon)
	r.waitFor("Quorum gained for tracked process daemon")
	r.waitFor("Changing effective priority from 130 to 140")
	r.IP("link set up1 down")
	r.waitFor("Changing effective priority from 140 to 120")
	r.IP("link set up1 up")
	r.waitFor("Changing effective priority from 120 to 140")
	r.IP("link set up0 down")
	r.waitFor("Entering FAULT STATE")
	holds(t, rs, vip, nil)
	r.IP("link set up0 up")
	holds(t, rs, vip, r)
	r.Write("load", "-254\n")
	r.waitFor("(VI_1): tracked file load now FAULT state")
	holds(t, rs, vip, nil)
	r.Write("load", "0\n")
	holds(t, rs, vip, r)
	stopProcess(daemon)
	r.waitFor("Quorum lost for tracked process daemon")
	if strings.Contains(r.proc.Output(), "has no effect yet") {
		t.Error("something has no effect")
	}
}

func TestSyncGroupMovesTogetherWhenAMembersScriptFails(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a", "b")
	for i, r := range rs {
		one := replace(classic, "@DIR@", r.Dir, "@PRIO@", itoa(101-i), "@EXTRA@", "", "chk_haproxy\n  chk_state_down", "chk_haproxy weight 0")
		two := strings.Split(replace(one, "VI_1", "VI_2", "virtual_router_id 51", "virtual_router_id 52", "100/24", "101/24",
			"chk_haproxy weight 0", ""), "vrrp_instance")[1]
		group := "vrrp_sync_group G {\n group {\n  VI_1\n  VI_2\n }\n notify \"" + r.Dir + "/notify.sh\"\n}\n"
		r.haproxy()
		r.program("notify.sh", "#!/bin/sh\necho \"$@\" >>"+r.Dir+"/mails\n")
		r.ours(one + "vrrp_instance" + two + group)
		if i == 0 {
			holds(t, rs, vip, r)
			holds(t, rs, "10.77.0.101/24", r)
		}
	}
	a, b := rs[0], rs[1]
	b.waitFor("Entering BACKUP STATE")
	if err := os.Remove(a.file("haproxy.pid")); err != nil {
		t.Fatal(err)
	}
	holds(t, rs, vip, b)
	holds(t, rs, "10.77.0.101/24", b)
	a.haproxy()
	holds(t, rs, vip, a)
	holds(t, rs, "10.77.0.101/24", a)
	nettest.Eventually(t, 10*time.Second, "the group's notes", func() bool {
		return strings.Contains(a.mails(), "GROUP G FAULT 0\n") && strings.Contains(b.mails(), "GROUP G MASTER 0\n")
	})
}
