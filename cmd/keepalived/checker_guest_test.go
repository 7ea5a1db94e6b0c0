//go:build guest

package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// director starts our daemon on the plain configuration and waits until both servers are in the table.
func director(t *testing.T, c contest) (*arena, *nettest.Process, string) {
	t.Helper()
	a := newArena(t)
	a.revive("127.0.0.2")
	a.revive("127.0.0.3")
	conf := a.host.Write("k.conf", c.config(false))
	p := a.host.Start(os.Getenv("KEEPALIVED"), "-n", "-l", "-G", "-f", conf, "-p", a.host.Dir+"/k.pid", "-c", a.host.Dir+"/c.pid")
	var table string
	nettest.Eventually(t, 20*time.Second, "both servers", func() bool {
		table = a.table()
		return strings.Contains(table, "127.0.0.2") && strings.Contains(table, "127.0.0.3")
	})
	return a, p, table
}

func (a *arena) same(want, what string) {
	a.t.Helper()
	nettest.Eventually(a.t, 30*time.Second, what, func() bool { return a.table() == want })
}

// What someone else does to the table does not last, and is said.
func TestOthersChangesAreRepaired(t *testing.T) {
	t.Parallel()
	a, p, want := director(t, contest{})
	for _, change := range []string{"-C", "-d -t 10.0.0.1:80 -r 127.0.0.2:8080", "-e -t 10.0.0.1:80 -r 127.0.0.3:8080 -m -w 9", "-E -t 10.0.0.1:80 -s lc"} {
		out, err := exec.Command("ip", append([]string{"netns", "exec", a.host.NS, "ipvsadm"}, strings.Fields(change)...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("ipvsadm %s: %v: %s", change, err, out)
		}
		a.same(want, "repair of "+change)
	}
	if !strings.Contains(p.Output(), "IPVS table was changed by others") {
		t.Error("nothing was said of it")
	}
}

// The table outlives a checker child that dies, and its successor goes on with it.
func TestTableOutlivesTheChild(t *testing.T) {
	t.Parallel()
	a, p, want := director(t, contest{})
	a.signal(a.host.Dir+"/c.pid", syscall.SIGKILL)
	nettest.Eventually(t, 20*time.Second, "another child", func() bool {
		if got := a.table(); got != want {
			t.Fatalf("the table has changed:\n%s", got)
		}
		return strings.Count(p.Output(), "Starting Healthcheck child process") == 2
	})
	a.kill("127.0.0.2")
	nettest.Eventually(t, 20*time.Second, "removal", func() bool { return !strings.Contains(a.table(), "127.0.0.2") })
	a.signal(a.host.Dir+"/k.pid", syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if code := p.Wait(ctx); code != 0 || a.table() != "" {
		t.Errorf("exit code %d, left: %s", code, a.table())
	}
}

// A checker rests while the address of its virtual server is elsewhere.
func TestSuspendedCheckers(t *testing.T) {
	t.Parallel()
	a, p, want := director(t, contest{service: "ha_suspend"})
	a.kill("127.0.0.2")
	time.Sleep(4 * time.Second) // nothing is to happen
	if got := a.table(); got != want {
		t.Errorf("a suspended checker has changed the table:\n%s", got)
	}
	a.host.IP("addr add 10.0.0.1/32 dev lo")
	nettest.Eventually(t, 20*time.Second, "removal", func() bool { return !strings.Contains(a.table(), "127.0.0.2") })
	a.host.IP("addr del 10.0.0.1/32 dev lo")
	nettest.Eventually(t, 10*time.Second, "suspension", func() bool { return strings.Contains(p.Output(), "Suspending healthchecker") })
	a.revive("127.0.0.2")
	a.host.IP("addr add 10.0.0.1/32 dev lo")
	a.same(want, "return")
}

// Mail and FIFO tell of a server.
func TestServersAreToldOf(t *testing.T) {
	t.Parallel()
	fifo := t.TempDir() + "/fifo"
	c := contest{text: "global_defs {\nlvs_notify_fifo " + fifo + "\n}\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"}
	a, _, _ := director(t, c)
	f, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a.kill("127.0.0.2")
	var got string
	buf := make([]byte, 4096)
	for !strings.Contains(got, "DOWN\n\x00") {
		_ = f.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := f.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got += string(buf[:n])
	}
	if !strings.HasSuffix(got, "RS [127.0.0.2]:tcp:8080 [10.0.0.1]:tcp:80 DOWN\n\x00") {
		t.Errorf("got %q", got)
	}
}
