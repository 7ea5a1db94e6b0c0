//go:build guest

package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// marking is a configuration with nftables_ipvs, and those of its reloads. After each the rules and the kernel's table are
// what Debian's keepalived makes of it, but for what is meant to differ.
type marking struct {
	name    string
	texts   []string
	differs map[int]string // after the text of that number: why it is meant to differ
	want    map[int]string // what stands in the rules then
}

func defs(lines string) string { return "global_defs {\n" + lines + "\n}\n" }

func group(name string, members ...string) string {
	return "virtual_server_group " + name + " {\n" + strings.Join(members, "\n") + "\n}\n"
}

func groupServer(name, protocol, lines string) string {
	servers := "real_server 192.0.2.2 80 {\n}\nreal_server 192.0.2.3 80 {\nweight 3\n}\n"
	return "virtual_server group " + name + " {\nprotocol " + protocol + "\nlb_algo rr\nlb_kind NAT\n" + lines + "\n" + servers + "}\n"
}

func markings() []marking {
	on := defs("nftables_ipvs")
	two := group("G", "10.0.0.1 80", "10.0.0.2 443")
	three := group("A", "10.0.0.1 80", "10.0.0.2 80") + group("B", "10.0.1.1-4 80") + group("C", "10.0.2.1 80", "10.0.2.2 80")
	a, c := groupServer("A", "TCP", ""), groupServer("C", "TCP", "")
	six := strings.ReplaceAll(groupServer("G", "SCTP", ""), "192.0.2.", "fd00::")
	return []marking{
		{name: "members come and go", texts: []string{on + two + groupServer("G", "TCP", ""),
			on + group("G", "10.0.0.1 80", "10.0.0.3 443") + groupServer("G", "TCP", ""), on + group("G", "10.0.0.1 80") + groupServer("G", "TCP", "")}},
		{name: "persistent", texts: []string{on + two + groupServer("G", "TCP", "persistence_timeout 60")}},
		{name: "range by UDP", texts: []string{on + group("G", "10.0.0.1-5 53", "10.0.1.1 53") + groupServer("G", "UDP", ""),
			on + group("G", "10.0.0.2-7 53", "10.0.1.1 53") + groupServer("G", "UDP", "")}},
		{name: "SCTP over IPv6 with everything set", texts: []string{defs("nftables_ipvs foo\nnftables_ipvs_start_fwmark 77\nnftables_ipvs_priority -5\nnftables_counters") +
			group("G", "fd00::1-4 99", "fd00::9 98") + six}},
		{name: "three protocols of a group", texts: []string{on + two + groupServer("G", "TCP", "") + groupServer("G", "UDP", "") + groupServer("G", "SCTP", "")}},
		{name: "both families", texts: []string{on + group("G", "10.0.0.1-3 80", "fd00::1-3 80") + strings.Replace(groupServer("G", "TCP", ""), "NAT", "TUN", 1)}},
		{name: "marks of its own", texts: []string{on + group("G", "10.0.0.1 80", "fwmark 5") + groupServer("G", "TCP", "") + group("H", "10.0.9.1 80", "10.0.9.2 81") + groupServer("H", "TCP", "")}},
		{name: "groups come and go", texts: []string{on + three + a + groupServer("B", "TCP", "") + c, on + three + a + c,
			on + three + a + groupServer("B", "UDP", "") + c + groupServer("B", "TCP", "")}},
		{name: "inhibited sorry server", texts: []string{on + two + groupServer("G", "TCP", "sorry_server 192.0.2.9 80\nsorry_server_inhibit")}},
		{name: "servers of a group by other ways", texts: []string{on + two + groupServer("G", "TCP", "") + strings.Replace(groupServer("G", "TCP", "sorry_server 192.0.2.9 99"), "NAT", "DR", 1)}},
		{name: "without marks", texts: []string{two + groupServer("G", "TCP", "")}},
		{name: "mark that a service names", texts: []string{on + three + a + "virtual_server fwmark 1000 {\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 {\n}\n}\n"},
			differs: map[int]string{0: "keepalived 2.2.7 gives it to a group all the same"}, want: map[int]string{0: "10.0.0.1 . 80 : 0x000003e9"}},
		{name: "all ports", texts: []string{on + group("G", "10.0.0.1") + groupServer("G", "TCP", "persistence_timeout 60")},
			differs: map[int]string{0: "keepalived 2.2.7 marks what goes to port 0, which is nothing"}, want: map[int]string{0: "10.0.0.1 . 0-65535 : 0x000003e8"}},
		{name: "overlapping groups", texts: []string{on + group("G", "10.0.0.1-5 80") + group("H", "10.0.0.3-8 80") + groupServer("G", "TCP", "") + groupServer("H", "TCP", "")},
			differs: map[int]string{0: "keepalived 2.2.7 leaves out the whole range"}, want: map[int]string{0: "10.0.0.6-10.0.0.8 . 80 : 0x000003e9"}},
		{name: "other protocol", texts: []string{on + three + a, on + three + groupServer("A", "UDP", "")},
			differs: map[int]string{1: "keepalived 2.2.7 leaves mark and service of the old one behind"}, want: map[int]string{1: "10.0.0.1 . 80 : 0x000003e9"}},
		{name: "priority changed", texts: []string{on + three + a, defs("nftables_ipvs\nnftables_ipvs_priority 5\nnftables_counters") + three + a},
			differs: map[int]string{1: "keepalived 2.2.7 keeps the chain that it has made"}, want: map[int]string{1: "priority filter + 5;"}},
	}
}

var mapMembers = regexp.MustCompile(`elements = \{([^}]*)\}`)

// rules returns the rules of the host and IPVS's table, the members of each map in order.
func (a *arena) rules() string {
	out := nettest.Run(a.t, "ip", "netns", "exec", a.host.NS, "nft", "list", "ruleset")
	out = mapMembers.ReplaceAllStringFunc(out, func(text string) string {
		list := strings.Split(mapMembers.FindStringSubmatch(text)[1], ",")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		slices.Sort(list)
		return "elements = { " + strings.Join(list, ", ") + " }"
	})
	return out + a.expressions() + a.table()
}

// expressions returns what the rules of the host consist of, as the kernel has it.
func (a *arena) expressions() string {
	out := nettest.Run(a.t, "ip", "netns", "exec", a.host.NS, "nft", "--debug=netlink", "list", "ruleset")
	return strings.Join(regexp.MustCompile(`(?m)^  \[.*\n`).FindAllString(out, -1), "")
}

// TestMarksAreThoseOfKeepalived runs both daemons, one after the other, in a network namespace for each configuration.
func TestMarksAreThoseOfKeepalived(t *testing.T) {
	nettest.NeedProgram(t, "nft", "nftables")
	for _, m := range markings() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a := newArena(t)
			theirs := a.mark(nettest.Debian(t), m, nil)
			a.mark(os.Getenv("KEEPALIVED"), m, theirs)
		})
	}
}

// mark takes a daemon through the texts and returns the rules after each; after the stop nothing is left.
func (a *arena) mark(program string, m marking, want []string) (got []string) {
	pid := a.host.Dir + "/k.pid"
	var p *nettest.Process
	for i, text := range m.texts {
		file := a.host.Write("k.conf", text)
		if i == 0 {
			p = a.host.Start(program, "-n", "-l", "-G", "-D", "-C", "-f", file, "-p", pid, "-c", a.host.Dir+"/c.pid")
			nettest.Eventually(a.t, 30*time.Second, "start", func() bool { return strings.Contains(p.Output(), "Startup complete") })
		} else {
			a.signal(pid, syscall.SIGHUP)
			nettest.Eventually(a.t, 30*time.Second, "reload", func() bool { return strings.Count(p.Output(), "Reload complete") == i })
		}
		got = append(got, a.marked(i, m, want))
	}
	a.signal(pid, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	p.Wait(ctx)
	if left := a.rules(); left != "" && (want != nil || len(m.differs) == 0) {
		a.t.Errorf("left of %s:\n%s", program, left)
	}
	_ = exec.Command("ip", "netns", "exec", a.host.NS, "nft", "flush", "ruleset").Run()
	a.admin("-C")
	return got
}

// marked returns the rules after a step, when they are the wanted ones or have settled.
func (a *arena) marked(i int, m marking, want []string) string {
	last, since := a.rules(), time.Now()
	if want == nil {
		for time.Since(since) < 2*time.Second {
			time.Sleep(200 * time.Millisecond)
			if now := a.rules(); now != last {
				last, since = now, time.Now()
			}
		}
		return last
	}
	good := func() bool { return last == want[i] }
	if m.differs[i] != "" {
		good = func() bool { return last != want[i] && strings.Contains(last, m.want[i]) }
	}
	for !good() && time.Since(since) < 20*time.Second {
		time.Sleep(200 * time.Millisecond)
		last = a.rules()
	}
	if !good() {
		a.t.Errorf("after text %d (-keepalived +ours), meant to differ: %q:\n%s", i, m.differs[i], cmp.Diff(want[i], last))
	}
	return last
}

// A connection to each member of a group reaches a real server through the mark, after a reload that to the new member, and
// nothing else is taken; when all is over the packets are let through. A process that was killed leaves no double rules.
func TestMarkedConnectionsAreBalanced(t *testing.T) {
	t.Parallel()
	lab := nettest.NewLab(t, "client", "director")
	client, a := lab.Hosts["client"], &arena{t: t, host: lab.Hosts["director"], alive: map[string]net.Listener{}}
	client.IP("addr add 10.0.0.100/24 dev eth0")
	for _, ip := range []string{"10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24"} {
		a.host.IP("addr add " + ip + " dev eth0")
	}
	a.host.IP("addr add 172.16.0.2/32 dev lo")
	a.revive("172.16.0.2")
	text := func(members ...string) string {
		return strings.ReplaceAll(defs("nftables_ipvs")+group("G", members...)+"virtual_server group G {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n"+
			"real_server 172.16.0.2 8080 {\n}\n}\n", "\t", "")
	}
	reaches := func(to string) func() bool {
		return func() bool {
			ok := false
			client.In(func() error {
				c, err := net.DialTimeout("tcp", to, 2*time.Second)
				if err == nil {
					ok = true
					c.Close()
				}
				return nil
			})
			return ok
		}
	}
	pid := a.host.Dir + "/k.pid"
	begin := func(conf string) *nettest.Process {
		return a.host.Start(os.Getenv("KEEPALIVED"), "-n", "-l", "-G", "-D", "-C", "-f", a.host.Write("k.conf", conf), "-p", pid, "-c", a.host.Dir+"/c.pid")
	}
	p := begin(text("10.0.0.1-2 80"))
	nettest.Eventually(t, 30*time.Second, "connection to the first", reaches("10.0.0.1:80"))
	nettest.Eventually(t, 30*time.Second, "connection to the second", reaches("10.0.0.2:80"))
	if reaches("10.0.0.3:80")() || reaches("10.0.0.1:81")() {
		t.Error("something else is taken as well")
	}
	a.host.Write("k.conf", text("10.0.0.3 80"))
	a.signal(pid, syscall.SIGHUP)
	nettest.Eventually(t, 30*time.Second, "connection to the third", reaches("10.0.0.3:80"))
	if reaches("10.0.0.1:80")() {
		t.Error("a member that is gone is still taken")
	}
	p.Kill()
	p = begin(text("10.0.0.1 80"))
	nettest.Eventually(t, 30*time.Second, "connection after a new start", reaches("10.0.0.1:80"))
	if rules := a.rules(); strings.Count(rules, "meta mark set") != 1 || strings.Contains(rules, "10.0.0.3") || !strings.Contains(p.Output(), "Deleting old ip keepalived_ipvs table") {
		t.Errorf("rules:\n%s\nlog:\n%s", rules, p.Output())
	}
	_ = exec.Command("ip", "netns", "exec", a.host.NS, "nft", "flush", "ruleset").Run()
	nettest.Eventually(t, 40*time.Second, "connection after others have removed the rules", reaches("10.0.0.1:80"))
	a.host.Write("k.conf", strings.Replace(text("10.0.0.1 80"), "nftables_ipvs", "nftables_ipvs other", 1))
	a.signal(pid, syscall.SIGHUP)
	nettest.Eventually(t, 30*time.Second, "reload", func() bool { return strings.Contains(p.Output(), "Reload complete") })
	if rules := a.rules(); !strings.Contains(p.Output(), "Cannot change IPVS nftables table name at a reload - please restart keepalived") || strings.Contains(rules, "other") {
		t.Errorf("rules:\n%s\nlog:\n%s", rules, p.Output())
	}
	a.signal(pid, syscall.SIGTERM)
	nettest.Eventually(t, 30*time.Second, "stop", func() bool { return a.rules() == "" })
	a.kill("172.16.0.2")
}
