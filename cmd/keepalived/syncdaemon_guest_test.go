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

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

const (
	syncInstance = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 51\npriority 100\nadvert_int 1\nvirtual_ipaddress {\n10.9.9.50\n}\n}\n"
	syncService  = "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 80 {\n}\n}\n"
)

// syncStep is what happens to a daemon, and how its sync daemons are to be told of afterwards.
type syncStep struct {
	name    string
	do      string // start, up, down, kill: the VRRP child; reload, stop
	options string // of lvs_sync_daemon; empty: there is none
	settled string // what of ipvsadm's lines is waited for; empty: no line at all
	differs string // why ours is meant to differ, and has settled while keepalived has not
}

// What the kernel sends and receives follows the VRRP instance, through faults and reloads, as with Debian's keepalived.
func TestSyncDaemonIsThatOfKeepalived(t *testing.T) {
	const (
		left   = "keepalived 2.2.7 leaves the daemons running when they are no longer configured"
		killed = "keepalived 2.2.7 leaves the master's daemon running beside the new child's"
	)
	for _, c := range []struct {
		name, rest string
		steps      []syncStep
	}{
		{"follows an instance", syncInstance, []syncStep{
			{"start", "start", "eth0 inst V", "master", ""},
			{"fault", "down", "", "backup", ""},
			{"recovery", "up", "", "master", ""},
			{"another id", "reload", "eth0 inst V id 7", "syncid=7", ""},
			{"another port", "reload", "eth0 inst V id 7 port 9999 maxlen 1000 ttl 3 group 224.0.0.99", "port=9999", ""},
			{"the same", "reload", "eth0 inst V id 7 port 9999 maxlen 1000 ttl 3 group 224.0.0.99", "port=9999", ""},
			{"unknown instance", "reload", "eth0 inst X", "", left},
			{"added", "reload", "eth0 V 9", "syncid=9", ""},
			{"removed", "reload", "", "", left},
			{"added again", "reload", "eth0 inst V", "master", ""},
			{"killed", "kill", "", "backup", killed},
		}},
		{"both", syncService, []syncStep{
			{"start", "start", "eth0", "backup", ""},
			{"another id", "reload", "eth0 id 5", "syncid=5", ""},
			{"removed", "reload", "", "", left},
			{"added", "reload", "eth0 id 6", "syncid=6", ""},
			{"stop", "stop", "", "", ""},
		}},
		{"both beside VRRP", syncInstance + syncService, []syncStep{
			{"start", "start", "eth0", "backup", ""},
			{"stop", "stop", "", "", ""},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := runSync(t, nettest.Debian(t), c.rest, c.steps, true)
			got := runSync(t, os.Getenv("KEEPALIVED"), c.rest, c.steps, false)
			for i, s := range c.steps {
				if diff := cmp.Diff(want[i], got[i]); diff != "" && s.differs == "" {
					t.Errorf("%s (-keepalived +ours):\n%s", s.name, diff)
				}
			}
		})
	}
}

// runSync takes a daemon through the steps and returns what ipvsadm shows after each. Where it is meant to differ the other
// keepalived need not settle.
func runSync(t *testing.T, program, rest string, steps []syncStep, other bool) (shown []string) {
	host := nettest.NewLab(t, "director").Hosts["director"]
	host.IP("addr add 10.9.9.1/24 dev eth0")
	a := &arena{t: t, host: host}
	show := func() string {
		out, err := exec.Command("ip", "netns", "exec", host.NS, "ipvsadm", "-l", "--daemon").CombinedOutput()
		if err != nil {
			t.Fatalf("ipvsadm: %v: %s", err, out)
		}
		return string(out)
	}
	write := func(options string) {
		if options != "" {
			options = "lvs_sync_daemon " + options + "\n"
		}
		host.Write("k.conf", "global_defs {\n"+options+"}\n"+rest)
	}
	var p *nettest.Process
	pid := host.Dir + "/k.pid"
	for _, s := range steps {
		switch s.do {
		case "start":
			write(s.options)
			p = host.Start(program, "-n", "-l", "-G", "-f", host.Dir+"/k.conf", "-p", pid, "-c", host.Dir+"/c.pid", "-r", host.Dir+"/v.pid")
		case "up", "down":
			host.IP("link set eth0 " + s.do)
		case "kill":
			a.signal(host.Dir+"/v.pid", syscall.SIGKILL)
		case "reload":
			write(s.options)
			a.signal(pid, syscall.SIGHUP)
		case "stop":
			a.signal(pid, syscall.SIGTERM)
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			p.Wait(ctx)
			cancel()
		}
		if !other || s.differs == "" {
			nettest.Eventually(t, 20*time.Second, s.name+": "+s.settled, func() bool {
				if s.settled == "" {
					return show() == ""
				}
				return strings.Contains(show(), s.settled)
			})
		}
		shown = append(shown, show())
	}
	p.Kill()
	return shown
}
