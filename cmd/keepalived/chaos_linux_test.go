package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// TestExactlyOneRouterHoldsTheAddressWhateverHappens puts three routers, one of them Debian's, through crashes, pauses
// and partitions. After each, exactly one of those that are together holds the address.
func TestExactlyOneRouterHoldsTheAddressWhateverHappens(t *testing.T) {
	t.Parallel()
	nettest.Debian(t)
	lab, rs := routers(t, "a", "b", "c")
	start := func(i int) {
		r := rs[i]
		conf := replace(fast, "priority 100", "priority "+strconv.Itoa(100+20*i))
		if i == 1 {
			_ = os.Remove(r.file("p.pid"))
			_ = os.Remove(r.file("v.pid"))
			r.debians(conf)
			return
		}
		r.ours(conf, "--watchdog-tick=0")
	}
	for i := range rs {
		start(i)
	}
	holds(t, rs, vip, rs[2])
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 15 {
		i := rng.IntN(len(rs))
		r := rs[i]
		switch what := rng.IntN(3); what {
		case 0:
			t.Logf("round %d: %s crashes and is started again", round, r.Name)
			r.proc.Kill()
			time.Sleep(time.Duration(rng.IntN(600)) * time.Millisecond)
			start(i)
		case 1:
			t.Logf("round %d: %s is stopped and continued", round, r.Name)
			child := r.pid("v.pid")
			if child == 0 || syscall.Kill(child, syscall.SIGSTOP) != nil {
				t.Fatalf("%s has no VRRP child", r.Name)
			}
			time.Sleep(time.Duration(rng.IntN(900)) * time.Millisecond)
			_ = syscall.Kill(child, syscall.SIGCONT)
		case 2:
			t.Logf("round %d: %s is cut off and joined again", round, r.Name)
			lab.Partition(r.Host, true)
			nettest.Eventually(t, 20*time.Second, r.Name+" thinks that it is alone", func() bool { return r.Has(vip) })
			holdsOne(t, without(rs, r))
			lab.Partition(r.Host, false)
		}
		holdsOne(t, rs)
	}
	holds(t, rs, vip, rs[2])
}

func without(rs []*router, r *router) []*router {
	var rest []*router
	for _, x := range rs {
		if x != r {
			rest = append(rest, x)
		}
	}
	return rest
}

// holdsOne waits until exactly one of the routers holds the address, and checks that it stays so.
func holdsOne(t *testing.T, rs []*router) {
	t.Helper()
	holders := func() (n int) {
		for _, r := range rs {
			if r.Has(vip) {
				n++
			}
		}
		return n
	}
	nettest.Eventually(t, 20*time.Second, "exactly one router holds the address", func() bool {
		if holders() != 1 {
			return false
		}
		time.Sleep(50 * time.Millisecond) // not just in passing
		return holders() == 1
	})
}
