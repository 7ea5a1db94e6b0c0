package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

const vip = "10.77.0.100/24"

func (r *router) count(text string) int { return strings.Count(r.proc.Output(), text) }

// becomesMasterAgain waits for the n-th time that the router became master, with its address in place.
func (r *router) becomesMasterAgain(n int) {
	r.t.Helper()
	nettest.Eventually(r.t, 30*time.Second, r.Name+" is master again", func() bool {
		return r.count("Entering MASTER STATE") == n && r.Has(vip)
	})
}

func TestInterfaceDownIsAFaultUntilItIsUp(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	r.IP("link set eth0 down")
	r.waitFor("Entering FAULT STATE")
	nettest.Eventually(t, 10*time.Second, "the address is gone", func() bool { return !r.Has(vip) })
	r.IP("link set eth0 up")
	r.becomesMasterAgain(2)
	r.terminate()
}

func TestInterfaceThatIsDeletedAndComesBackIsUsedAgain(t *testing.T) {
	t.Parallel()
	lab, rs := routers(t, "a")
	r := rs[0]
	r.ours(fast)
	r.becomesMasterAgain(1)
	r.IP("link del eth0")
	r.waitFor("Entering FAULT STATE")
	r.waitFor("Interface eth0 deleted")
	lab.Plug(r.Host)
	r.IP("addr add 10.77.0.1/24 dev eth0")
	r.waitFor("Interface eth0 added")
	r.becomesMasterAgain(2)
}

func TestInterfaceWithoutAddressIsAFault(t *testing.T) {
	t.Parallel()
	lab := nettest.NewLab(t, "a")
	r := &router{Host: lab.Hosts["a"], t: t}
	r.ours(fast)
	r.waitFor("no IPv4 address for interface")
	r.IP("addr add 10.77.0.1/24 dev eth0")
	r.becomesMasterAgain(1)
	r.IP("addr del 10.77.0.1/24 dev eth0")
	r.waitFor("Entering FAULT STATE")
}

func TestRemovedAddressIsNoticedAndSetAgain(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	r.IP("addr del " + vip + " dev eth0")
	r.waitFor("(VI_1) ip address 10.77.0.100/24 dev eth0, no longer exist")
	r.becomesMasterAgain(2)
}

func TestRouterThatWasStoppedDoesNotTakeOverFromItsSuccessor(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a", "b")
	a, b := rs[0], rs[1]
	b.ours(replace(fast, "priority 100", "priority 90"))
	b.becomesMasterAgain(1)
	a.ours(fast, "--watchdog-tick=0")
	holds(t, rs, vip, a)
	child := a.pid("v.pid")
	if err := syscall.Kill(child, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	b.becomesMasterAgain(2)
	if err := syscall.Kill(child, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	holds(t, rs, vip, a) // it is the better one, and says so: the other yields
}

func TestBackupThatWasStoppedBelievesTheAdvertsThatWait(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a", "b")
	a, b := rs[0], rs[1]
	a.ours(replace(fast, "priority 100", "priority 150"))
	a.becomesMasterAgain(1)
	b.ours(fast, "--watchdog-tick=0")
	b.waitFor("Entering BACKUP STATE (init)")
	child := b.pid("v.pid")
	for range 3 {
		if err := syscall.Kill(child, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond) // longer than the master-down interval
		if err := syscall.Kill(child, syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	if b.logged("Entering MASTER STATE")() {
		t.Errorf("the backup became master:\n%s", b.proc.Output())
	}
}

func TestTwoThousandAddressesMove(t *testing.T) {
	t.Parallel()
	var addrs strings.Builder
	for i := range 2000 {
		addrs.WriteString("  10.78." + itoa(i>>8) + "." + itoa(i&255) + "/32\n")
	}
	many := replace(fast, "10.77.0.100/24\n }", "10.77.0.100/24\n }\n virtual_ipaddress_excluded {\n"+addrs.String()+" }")
	_, rs := routers(t, "a", "b")
	a, b := rs[0], rs[1]
	a.ours(many)
	count := func(r *router) int { return strings.Count(r.IP("-o -4 addr show dev eth0"), "10.78.") }
	nettest.Eventually(t, 30*time.Second, "a holds all", func() bool { return count(a) == 2000 })
	b.ours(replace(many, "priority 100", "priority 150"))
	nettest.Eventually(t, 30*time.Second, "b holds all, a none", func() bool { return count(b) == 2000 && count(a) == 0 })
	b.terminate()
	nettest.Eventually(t, 30*time.Second, "a holds all, b none", func() bool { return count(a) == 2000 && count(b) == 0 })
}
