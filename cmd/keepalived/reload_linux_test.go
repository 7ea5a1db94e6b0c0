package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// reload sends SIGHUP and waits until the daemon has dealt with it.
func (r *router) reload(conf string) {
	r.t.Helper()
	done := r.count("Reload complete")
	r.Write("keepalived.conf", conf)
	r.proc.Signal(syscall.SIGHUP)
	nettest.Eventually(r.t, 30*time.Second, "reload complete", func() bool { return r.count("Reload complete") > done })
}

// monitor watches the kernel's addresses and routes and the packets of the host. What it returns tells what was seen so
// far.
func (r *router) monitor() func() (netlink, packets string) {
	r.t.Helper()
	mon := r.Start("ip", "-o", "monitor", "address", "route")
	nettest.NeedProgram(r.t, "tcpdump", "tcpdump")
	dump := r.Start("tcpdump", "-l", "-n", "-i", "eth0", "arp or proto 112")
	nettest.Eventually(r.t, 30*time.Second, "tcpdump listens", func() bool { return strings.Contains(dump.Output(), "listening on") })
	return func() (string, string) {
		var changes strings.Builder
		for line := range strings.Lines(mon.Output()) {
			if !strings.HasPrefix(line, "Error:") { // of its own, when another test's hosts go away meanwhile
				changes.WriteString(line)
			}
		}
		return changes.String(), dump.Output()
	}
}

func TestReloadOfAnEqualFileDoesNothing(t *testing.T) {
	t.Parallel()
	slow := replace(plain, "advert_int 1", "advert_int 10\n garp_master_delay 1")
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours(replace(slow, "priority 100", "priority 255")) // an owner is master at once
	r.becomesMasterAgain(1)
	nettest.Eventually(t, 30*time.Second, "the second set of announcements", func() bool { return r.count("Sending gratuitous ARP") == 10 })
	look := r.monitor()
	before, _ := os.ReadFile(r.conf)
	for range 3 {
		r.reload(string(before))
	}
	netlink, packets := look()
	if netlink != "" {
		t.Errorf("the reload wrote to the kernel:\n%s", netlink)
	}
	if n := strings.Count(packets, "VRRPv2, Advertisement") + strings.Count(packets, "ARP"); n > 1 { // one advert is due every 10 s
		t.Errorf("the reload sent %d packets:\n%s", n, packets)
	}
	r.reload("! another comment\n\n" + string(before))
	if netlink, _ := look(); netlink != "" {
		t.Errorf("a comment made the reload write to the kernel:\n%s", netlink)
	}
}

func TestReloadAddsAndRemovesWhatHasChangedOnly(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	look := r.monitor()
	r.reload(replace(fast, vip, vip+"\n  10.77.0.101/24"))
	nettest.Eventually(t, 10*time.Second, "the new address", func() bool { return r.Has("10.77.0.101/24") })
	r.reload(fast)
	nettest.Eventually(t, 10*time.Second, "the new address is gone", func() bool { return !r.Has("10.77.0.101/24") })
	if netlink, _ := look(); strings.Contains(netlink, "10.77.0.100") {
		t.Errorf("the address that stays was touched:\n%s", netlink)
	}
	if r.count("Entering") != 2 { // BACKUP (init), MASTER
		t.Errorf("the state changed:\n%s", r.proc.Output())
	}
}

func TestReloadWithErrorsChangesNothing(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	r.reload(replace(fast, "virtual_ipaddress {", "virtual_ipadress {", "priority 100", "priority 300"))
	for _, want := range []string{"Unknown keyword 'virtual_ipadress' (did you mean virtual_ipaddress?)", "300", "Reload refused"} {
		if !r.logged(want)() {
			t.Errorf("%q was not logged:\n%s", want, r.proc.Output())
		}
	}
	r.reload(fast)
	if !r.Has(vip) || r.count("Entering") != 2 {
		t.Errorf("the state changed:\n%s", r.proc.Output())
	}
}

func TestErrorOfTheStartDoesNotRefuseAReload(t *testing.T) {
	t.Parallel()
	bad := "no_such_keyword 1\n" + fast
	r := master(t, bad)
	r.reload(replace(bad, vip, vip+"\n  10.77.0.101/24"))
	nettest.Eventually(t, 10*time.Second, "the new address", func() bool { return r.Has("10.77.0.101/24") })
}

func TestInstancesComeAndGoByReload(t *testing.T) {
	t.Parallel()
	second := replace(fast, "VI_1", "VI_2", "virtual_router_id 51", "virtual_router_id 52", vip, "10.77.0.102/24",
		"interface eth0", "interface eth0\n notify_deleted")
	r := master(t, fast)
	r.reload(fast + second)
	nettest.Eventually(t, 10*time.Second, "the second instance is master", func() bool { return r.Has("10.77.0.102/24") })
	r.reload(fast)
	nettest.Eventually(t, 10*time.Second, "its address is gone", func() bool { return !r.Has("10.77.0.102/24") })
	if r.count("(VI_1) Entering") != 2 {
		t.Errorf("the first instance was disturbed:\n%s", r.proc.Output())
	}
}

func TestRapidReloadsAreSafe(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	for range 200 {
		r.proc.Signal(syscall.SIGHUP)
	}
	r.reload(replace(fast, vip, vip+"\n  10.77.0.101/24"))
	nettest.Eventually(t, 10*time.Second, "the last configuration", func() bool { return r.Has("10.77.0.101/24") })
	r.terminate()
}

func TestBackgroundStartReturnsWhenUpOrFailed(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	exe, _ := os.Executable()
	argv := func() []string {
		return []string{"env", testMainEnv + "=1", exe, "-G", "-f", r.conf, "-p", r.file("p.pid"), "-r", r.file("v.pid"),
			"-g" + r.file("k.log")}
	}
	ctx, cancel := waitContext()
	defer cancel()
	r.conf = r.file("no_such.conf")
	r.proc = r.Start(argv()...)
	if code := r.proc.Wait(ctx); code != 6 {
		t.Errorf("without configuration: exit code %d, want 6:\n%s", code, r.proc.Output())
	}
	r.conf = filepath.Base(r.Write("k.conf", fast)) // relative: the daemon must find it after it has left
	r.proc = r.Start(argv()...)
	if code := r.proc.Wait(ctx); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, r.proc.Output())
	}
	pid := r.pid("p.pid")
	defer syscall.Kill(pid, syscall.SIGKILL)
	if !alive(pid) || !alive(r.pid("v.pid")) {
		t.Error("the daemon is not there")
	}
	nettest.Eventually(t, 30*time.Second, "it is master", func() bool { return r.Has(vip) })
	if log, _ := os.ReadFile(r.file("k_vrrp.log")); !strings.Contains(string(log), "Entering MASTER STATE") {
		t.Errorf("k_vrrp.log: %s", log)
	}
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	nettest.Eventually(t, 30*time.Second, "it finds its file again", func() bool {
		log, _ := os.ReadFile(r.file("k.log"))
		return strings.Contains(string(log), "Reload complete")
	})
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	nettest.Eventually(t, 30*time.Second, "it has ended", func() bool { return !alive(pid) })
}

func TestRefusedReloadIsExplainedAndCopiesAreKept(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	globals := "global_defs {\n reload_check_config " + r.file("check") + "\n config_save_dir " + r.file("saved") + "\n reload_file " +
		r.file("marker") + "\n}\n"
	r.ours(globals + fast)
	r.becomesMasterAgain(1)
	r.reload(globals + replace(fast, "priority 100", "priority x"))
	if b, _ := os.ReadFile(r.file("check")); !strings.Contains(string(b), "invalid number 'x'") {
		t.Errorf("the check says %q", b)
	}
	r.reload(globals + fast + "! changed\n")
	saved, _ := filepath.Glob(r.file("saved/keepalived.conf.*"))
	if len(saved) != 2 {
		t.Errorf("saved: %v", saved)
	}
	if _, err := os.Stat(r.file("marker")); err == nil {
		t.Error("the marker of the reload is still there")
	}
}

func TestReloadComesAtTheTimeInTheFile(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours("global_defs {\n reload_time_file " + r.file("when") + "\n}\n" + fast)
	r.becomesMasterAgain(1)
	r.Write("when", time.Now().Add(time.Hour).Format("2006-01-02 15:04:05"))
	r.waitFor("Scheduling reload for ")
	r.Write("when", time.Now().Add(2*time.Second).Format("15:04:05")+"\n")
	r.waitFor("Reload time updated from ")
	r.waitFor("Reload complete")
	if _, err := os.Stat(r.file("when")); err == nil {
		t.Error("the file is still there")
	}
	r.Write("when", time.Now().Add(time.Hour).Format("2006-01-02 15:04:05"))
	nettest.Eventually(t, 20*time.Second, "another time", func() bool { return r.count("Scheduling reload for ") == 2 })
	if err := os.Remove(r.file("when")); err != nil {
		t.Fatal(err)
	}
	r.waitFor("Cancelling reload scheduled for ")
}

func TestReloadStartsAChildThatIsWantedForTheFirstTime(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours("global_defs {\n router_id x\n}\n")
	r.waitFor("Startup complete")
	if r.pid("v.pid") != 0 {
		t.Fatal("there is a VRRP child without an instance")
	}
	r.reload(fast)
	r.becomesMasterAgain(1)
	r.terminate()
}
