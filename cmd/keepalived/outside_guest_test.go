//go:build guest

package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// serversTold has a script for everything that may run one, and FIFOs.
const serversTold = `global_defs {
 script_user root
 lvs_notify_fifo @DIR@/fifo
 notify_fifo @DIR@/both
 lvs_timeouts tcp 1234 udp 77
 rs_init_notifies
}
virtual_server 10.0.0.1 80 {
 protocol TCP
 lb_algo rr
 lb_kind NAT
 delay_loop 1
 warmup 0
 retry 1
 delay_before_retry 0.5
 quorum 2
 omega
 quorum_up "@DIR@/told quorum up 'a b' c"
 quorum_down "@DIR@/told quorum down"
 real_server 127.0.0.2 8080 {
  notify_up "@DIR@/told 2 up"
  notify_down "@DIR@/told 2 down"
  TCP_CHECK {
  }
 }
 real_server 127.0.0.3 8080 {
  inhibit_on_failure
  alpha
  notify_up "@DIR@/told 3 up"
  notify_down "@DIR@/told 3 down"
  TCP_CHECK {
  }
 }
}
`

// heardOfServers is what the outside has heard of a daemon: calls of scripts with their arguments, what was in each FIFO to the
// byte, and the timeouts of the kernel.
type heardOfServers struct {
	Calls, FIFO, Both, Timeouts []string
}

// Scripts, FIFOs and the kernel hear of a daemon what they hear of Debian's keepalived.
func TestServersAreToldOfAsByKeepalived(t *testing.T) {
	t.Parallel()
	want, got := tellings(t, nettest.Debian(t)), tellings(t, os.Getenv("KEEPALIVED"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-keepalived +ours):\n%s", diff)
	}
}

func tellings(t *testing.T, program string) (h heardOfServers) {
	a := newArena(t)
	dir := a.host.Dir
	text := "#!/bin/sh\nl=; for w; do l=\"$l[$w]\"; done\necho \"$l\" >>" + dir + "/calls\n"
	if err := os.WriteFile(dir+"/told", []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	fifos := map[string]*os.File{}
	for _, name := range []string{"fifo", "both"} {
		if err := syscall.Mkfifo(dir+"/"+name, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(dir+"/"+name, os.O_RDWR|syscall.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fifos[name] = f
	}
	a.revive("127.0.0.2")
	a.revive("127.0.0.3")
	conf := a.host.Write("k.conf", strings.ReplaceAll(serversTold, "@DIR@", dir))
	p := a.host.Start(program, "-n", "-l", "-G", "-D", "-f", conf, "-p", dir+"/k.pid", "-c", dir+"/c.pid")
	calls := func() []string {
		b, _ := os.ReadFile(dir + "/calls")
		return slices.Sorted(strings.Lines(string(b)))
	}
	logged := func(text string, times int) {
		t.Helper()
		nettest.Eventually(t, 30*time.Second, fmt.Sprintf("%d x %s", times, text), func() bool { return strings.Count(p.Output(), text) >= times })
	}
	logged("Gained quorum", 1)
	a.kill("127.0.0.2")
	logged("Lost quorum", 1)
	a.kill("127.0.0.3")
	logged("Disabling service [127.0.0.3]", 1)
	a.revive("127.0.0.2")
	logged("Adding service [127.0.0.2]", 1)
	a.revive("127.0.0.3")
	logged("Gained quorum", 2)
	out := nettest.Run(t, "ip", "netns", "exec", a.host.NS, "ipvsadm", "-l", "--timeout")
	h.Timeouts = strings.Split(out, "\n")
	a.signal(dir+"/k.pid", syscall.SIGTERM)
	nettest.Eventually(t, 30*time.Second, "stop", func() bool { return a.table() == "" })
	last, since := len(calls()), time.Now()
	for time.Since(since) < 2*time.Second {
		if n := len(calls()); n != last {
			last, since = n, time.Now()
		}
		time.Sleep(100 * time.Millisecond)
	}
	h.Calls = calls()
	h.FIFO, h.Both = drain(fifos["fifo"]), drain(fifos["both"])
	for ip := range a.alive {
		a.kill(ip)
	}
	return h
}

// drain returns what is in a FIFO, line by line. Since 2.4 a zero octet follows each line.
func drain(f *os.File) []string {
	buf := make([]byte, 1<<16)
	_ = f.SetReadDeadline(time.Now().Add(time.Second))
	n, _ := f.Read(buf)
	return slices.Collect(strings.Lines(strings.ReplaceAll(string(buf[:n]), "\n\x00", "\n")))
}

// The services of net_namespace_ipvs are in the table of that namespace, and the checks in our own.
func TestTableOfAnotherNamespace(t *testing.T) {
	t.Parallel()
	a, other := newArena(t), newArena(t)
	a.revive("127.0.0.2")
	c := contest{text: "net_namespace_ipvs " + other.host.NS + "\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"}
	for _, program := range []string{nettest.Debian(t), os.Getenv("KEEPALIVED")} {
		conf := a.host.Write("k.conf", c.config(false))
		p := a.host.Start(program, "-n", "-l", "-G", "-f", conf, "-p", a.host.Dir+"/k.pid", "-c", a.host.Dir+"/c.pid")
		nettest.Eventually(t, 20*time.Second, "the living server alone", func() bool {
			table := other.table()
			return strings.Contains(table, "127.0.0.2:8080") && !strings.Contains(table, "127.0.0.3:8080")
		})
		if got := a.table(); got != "" {
			t.Errorf("%s: in our own namespace: %s", program, got)
		}
		a.signal(a.host.Dir+"/k.pid", syscall.SIGTERM)
		nettest.Eventually(t, 20*time.Second, "stop", func() bool { return other.table() == "" })
		p.Kill()
		_ = exec.Command("rm", "-f", a.host.Dir+"/k.pid", a.host.Dir+"/c.pid").Run()
	}
}
