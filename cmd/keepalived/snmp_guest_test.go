//go:build guest

package main

import (
	"context"
	"fmt"
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

// managed is a configuration that managers look at, and what happens meanwhile. What they see, are told and can set is what
// Debian's keepalived lets them.
type managed struct {
	name  string
	text  string
	then  string   // after the step "reload"; empty: the same
	alive []string // servers that live from the start on
	steps []string
	sets  map[string][]string // what a manager sets in a step: index, type, value
}

// The MIB, and the one object that can be set.
const (
	mib    = ".1.3.6.1.4.1.9586.100.5"
	weight = mib + ".3.4.1.7."
)

const few = "global_defs {\nenable_snmp_checker\nenable_traps\nsnmp_socket @SOCKET@\nrouter_id few\n}\n"

// checked has servers that die and return: with alpha, with a sorry server, and with two checkers of which one always succeeds.
const checked = `
virtual_server 10.0.0.1 80 {
 protocol TCP
 lb_algo rr
 lb_kind NAT
 delay_loop 1
 warmup 0
 retry 0
 connect_timeout 2
 @ALPHA@
 real_server 127.0.0.2 8080 {
  TCP_CHECK {
  }
 }
 real_server 127.0.0.3 8080 {
  TCP_CHECK {
  }
 }
}
virtual_server fwmark 4 {
 lb_algo rr
 lb_kind NAT
 delay_loop 1
 warmup 0
 retry 0
 @ALPHA@
 quorum 3
 sorry_server 127.0.0.9
 real_server 127.0.0.2 {
  weight 2
  TCP_CHECK {
   connect_port 8080
   connect_timeout 2
  }
  MISC_CHECK {
   misc_path /usr/bin/true
   misc_timeout 30
  }
 }
 real_server 127.0.0.3 {
  weight 2
  inhibit_on_failure
  TCP_CHECK {
   connect_port 8080
   connect_timeout 2
  }
 }
}
virtual_server 10.0.0.3 80 {
 protocol TCP
 lb_algo rr
 lb_kind NAT
 quorum 3
 real_server 127.0.0.2 8080 {
  weight 2
 }
 real_server 127.0.0.3 8080 {
  weight 2
 }
}
`

// reckoned has servers whose checkers say what they weigh.
const reckoned = `
virtual_server 10.0.0.1 80 {
 protocol TCP
 lb_algo rr
 lb_kind NAT
 delay_loop 1
 warmup 0
 real_server 127.0.0.2 8080 {
  weight 3
  FILE_CHECK {
   track_file F
  }
 }
 real_server 127.0.0.3 8080 {
  weight 4
  MISC_CHECK {
   misc_path "/bin/sh -c 'exit $(cat @DIR@/code)'"
   misc_dynamic
   misc_timeout 30
  }
 }
}
`

// fixed returns a virtual server whose servers are not checked.
func fixed(address string, servers ...string) string {
	text := "virtual_server " + address + " 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n"
	for _, s := range servers {
		text += "real_server " + s + " 80 {\n}\n"
	}
	return text + "}\n"
}

// objects returns a configuration whose objects are in the tests of internal/snmp.
func objects(t *testing.T, name string) string {
	text, err := os.ReadFile("../../internal/snmp/testdata/" + name + ".conf")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(text), "udp:localhost:705", "@SOCKET@", 1)
}

func managedOnes(t *testing.T) []managed {
	look, both := []string{"start", "stop"}, []string{"127.0.0.2", "127.0.0.3"}
	alpha := func(with string) string { return few + strings.ReplaceAll(checked, "@ALPHA@", with) }
	return []managed{
		{name: "next to nothing", text: "global_defs {\nenable_snmp_checker\nsnmp_socket @SOCKET@\n}\nvirtual_server 10.0.0.1 80 {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\nreal_server 127.0.0.2 80 {\n}\n}\n", steps: look},
		{name: "groups", text: objects(t, "groups"), steps: look},
		{name: "services", text: objects(t, "services"), steps: look},
		{name: "servers die and return", text: alpha(""), alive: both, steps: []string{"start", "one down", "both down", "one up", "both up", "stop"}},
		{name: "servers are dead at first", text: alpha("alpha"), steps: []string{"start", "one up", "both up", "one down", "stop"}},
		{name: "weights", text: alpha(""), alive: both, steps: []string{"start", "weighed", "one down", "weighed again", "one up", "reload", "stop"},
			sets: map[string][]string{
				"weighed": {"1.1 i 0", "1.2 i 0", "1.1 i 7", "1.2 i 255", "3.1 i 0", "3.1 i 3", "1.1 u 5", "1.1 s x", "2.1 i 5", "2.2 i 5", "9.1 i 5",
					"1.1 i 9 " + weight + "1.2 s x", "1.1 i 1 " + weight + "1.2 i 2"},
				"weighed again": {"1.1 i 3", "2.2 i 6"},
			}},
		{name: "weights that checkers change", text: "track_file F {\nfile @DIR@/number\nweight 2\n}\n" + few + reckoned, steps: []string{"start", "weighed", "other numbers", "stop"},
			sets: map[string][]string{"weighed": {"1.1 i 20", "1.2 i 30"}}},
		{name: "told from the start", text: strings.Replace(alpha(""), "router_id", "rs_init_notifies\nrouter_id", 1), alive: both, steps: look},
		{name: "servers and services go", text: few + fixed("10.0.0.1", "127.0.0.2", "127.0.0.3") + fixed("10.0.0.2", "127.0.0.2") + fixed("10.0.0.3", "127.0.0.4"),
			then:  few + fixed("10.0.0.1", "127.0.0.2") + fixed("10.0.0.3", "127.0.0.4", "127.0.0.5") + fixed("10.0.0.9", "127.0.0.2"),
			steps: []string{"start", "reload", "stop"}},
		{name: "nothing told", text: strings.Replace(alpha(""), "enable_traps", "", 1), alive: both, steps: []string{"start", "one down", "stop"}},
		{name: "counters", text: few + "virtual_server 10.0.0.1 53 {\nprotocol UDP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 5353 {\n}\nreal_server 127.0.0.3 5353 {\n}\n}\n" +
			"virtual_server_group G {\n10.0.0.2-3 53\n}\nvirtual_server group G {\nprotocol UDP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 5353 {\n}\n}\n",
			steps: []string{"start", "traffic", "stop"}},
	}
}

// seen is what managers have seen and were told in a step.
type seen struct{ Walk, Traps, Sets, Table, Modules []string }

// TestManagersSeeWhatKeepalivedShows runs both daemons, one after the other, under a master agent of their own. That does not wait
// long for a subagent: three run beside each other, and nothing else.
func TestManagersSeeWhatKeepalivedShows(t *testing.T) {
	nettest.NeedProgram(t, "snmpd", "snmpd")
	nettest.NeedProgram(t, "snmptrapd", "snmptrapd")
	nettest.NeedProgram(t, "snmpbulkwalk", "snmp")
	few := make(chan struct{}, 3)
	for _, m := range managedOnes(t) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			few <- struct{}{}
			defer func() { <-few }()
			theirs := newManagers(t).run(nettest.Debian(t), m, nil)
			for step, s := range theirs {
				theirs[step] = asMeant(s)
			}
			ours := newManagers(t).run(os.Getenv("KEEPALIVED"), m, theirs)
			for _, step := range m.steps {
				if diff := cmp.Diff(theirs[step], withoutVersion(ours[step])); diff != "" {
					t.Errorf("%s (-keepalived +ours):\n%s", step, diff)
				}
			}
		})
	}
}

// managers is a host with a master agent, and a receiver of what it tells.
type managers struct {
	*arena
	master, traps *nettest.Process
	told          int // traps that were looked at
}

func newManagers(t *testing.T) *managers {
	m := &managers{arena: newArena(t)}
	m.traps = m.program("snmptrapd", "-f", "-C", "-c", m.host.Write("trapd.conf", "disableAuthorization yes\n"), "-Lo", "-On", "-m", "", "-F",
		"told %W %v\n", "udp:127.0.0.1:1620")
	m.host.Write("master.conf", "agentAddress udp:127.0.0.1:1610\nmaster agentx\nrwcommunity public\ntrap2sink 127.0.0.1:1620 public\n"+
		"agentXSocket "+m.socket()+",tcp:127.0.0.1:7050\ndontLogTCPWrappersConnects yes\n")
	m.startMaster()
	return m
}

func (m *managers) socket() string { return "unix:" + m.host.Dir + "/master" }

// program starts a program of net-snmp that touches nothing outside.
func (m *managers) program(argv ...string) *nettest.Process {
	return m.host.Start(append([]string{"env", "SNMP_PERSISTENT_DIR=" + m.host.Dir, "MIBS="}, argv...)...)
}

// startMaster starts snmpd, whose own files have other names than its configuration here.
func (m *managers) startMaster() {
	m.master = m.program("snmpd", "-f", "-C", "-c", m.host.Dir+"/master.conf", "-Lo", "-I-kernel")
	nettest.Eventually(m.t, 60*time.Second, "master agent", func() bool { return strings.Contains(m.master.Output(), "NET-SNMP version") })
}

// snmp runs a command of a manager, and returns the lines that it writes.
func (m *managers) snmp(command string, args ...string) []string {
	argv := append([]string{"netns", "exec", m.host.NS, "env", "SNMP_PERSISTENT_DIR=" + m.host.Dir, "MIBS=", command, "-v2c", "-c", "public", "-On",
		"-t", "10", "-r", "2", "127.0.0.1:1610"}, args...)
	out, _ := exec.Command("ip", argv...).CombinedOutput() // what it refuses it says
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// configure writes a configuration and returns its name.
func (m *managers) configure(text string) string {
	return m.host.Write("k.conf", strings.NewReplacer("@SOCKET@", m.socket(), "@DIR@", m.host.Dir).Replace(text))
}

// daemon starts a daemon and waits until it is the master's agent.
func (m *managers) daemon(program, text string, options ...string) *nettest.Process {
	argv := append([]string{program, "-n", "-l", "-G", "-D", "-C", "-f", m.configure(text), "-p", m.host.Dir + "/k.pid", "-c",
		m.host.Dir + "/c.pid"}, options...)
	p := m.host.Start(argv...)
	for _, text := range []string{"AgentX subagent connected", "Startup complete"} {
		nettest.Eventually(m.t, 60*time.Second, text, func() bool { return strings.Contains(p.Output(), text) })
	}
	return p
}

// run takes a daemon through the steps and returns what managers see in each. With want it waits for what is told there.
func (m *managers) run(program string, c managed, want map[string]seen) map[string]seen {
	for _, ip := range c.alive {
		m.revive(ip)
	}
	numbers := func(number, code string) {
		m.host.Write("number", number)
		m.host.Write("code", code)
	}
	numbers("5", "9")
	p := m.daemon(program, c.text)
	out := map[string]seen{}
	for _, step := range c.steps {
		var s seen
		switch step {
		case "one down":
			m.kill("127.0.0.2")
		case "both down":
			m.kill("127.0.0.3")
		case "one up":
			m.revive("127.0.0.2")
		case "both up":
			m.revive("127.0.0.3")
		case "traffic":
			m.traffic()
		case "other numbers":
			numbers("6", "12")
		case "reload":
			if c.then != "" {
				m.configure(c.then)
			}
			m.signal(m.host.Dir+"/k.pid", syscall.SIGHUP)
		case "stop":
			m.signal(m.host.Dir+"/k.pid", syscall.SIGTERM)
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			p.Wait(ctx)
			cancel()
		}
		for _, set := range c.sets[step] {
			s.Sets = append(s.Sets, m.snmp("snmpset", strings.Fields(weight+set)...)...)
		}
		s.Table = m.quiet(want[step])
		s.Traps = m.newTraps()
		if step == "stop" {
			s.Table = nil
		} else {
			s.Walk = m.snmp("snmpbulkwalk", mib)
		}
		if step == "start" {
			s.Modules = m.modules()
		}
		out[step] = s
	}
	for ip := range m.alive {
		m.kill(ip)
	}
	return out
}

// quiet waits until neither the kernel's table nor what was told has changed for a while, and both are those wanted or have had
// the time to be. It returns the table.
func (m *managers) quiet(want seen) []string {
	last, told, since := m.table(), 0, time.Now()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		table, n := m.table(), len(m.allTraps())
		if table != last || n != told {
			last, told, since = table, n, time.Now()
		}
		good := len(want.Traps) <= told-m.told && (want.Table == nil || slices.Equal(want.Table, strings.Split(table, "\n")))
		if time.Since(since) > 3*time.Second && (good || time.Now().After(end)) {
			return strings.Split(last, "\n")
		}
	}
}

// modules returns what the master agent says of the parts of the MIB that it has of the daemon, without numbers.
func (m *managers) modules() (out []string) {
	for _, line := range m.snmp("snmpwalk", ".1.3.6.1.2.1.1.9.1") {
		if _, what, ok := strings.Cut(line, " = "); ok && (strings.Contains(what, mib) || strings.Contains(what, "Keepalived") || strings.Contains(what, "Healthchecker")) {
			out = append(out, what)
		}
	}
	return out
}

// traffic sends packets to the services, and waits until counters that were read before are too old.
func (m *managers) traffic() {
	for _, ip := range []string{"127.0.0.2", "127.0.0.3"} {
		m.host.In(func() error {
			sink, err := net.ListenPacket("udp", ip+":5353")
			if err == nil {
				m.t.Cleanup(func() { sink.Close() })
			}
			return err
		})
	}
	for _, ip := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"} {
		m.host.IP("addr add " + ip + "/32 dev lo")
		m.host.In(func() error {
			c, err := net.Dial("udp", ip+":53")
			if err != nil {
				return err
			}
			defer c.Close()
			for range 5 {
				if _, err := c.Write([]byte("0123456789")); err != nil {
					return err
				}
			}
			return nil
		})
	}
	time.Sleep(6 * time.Second)
}

// newTraps returns what was told since it was called last.
func (m *managers) newTraps() []string {
	all := m.allTraps()
	fresh := slices.Clone(all[m.told:])
	m.told = len(all)
	slices.Sort(fresh) // servers die in any order
	return fresh
}

// allTraps returns what was told, without the times.
func (m *managers) allTraps() (all []string) {
	for line := range strings.Lines(m.traps.Output()) {
		if _, what, ok := strings.Cut(line, "6.3.1.1.4.1.0 = OID: "); ok && strings.HasPrefix(what, mib) {
			all = append(all, strings.TrimSpace(what))
		}
	}
	return all
}

var (
	ofMark      = regexp.MustCompile(`^\.1\.3\.6\.1\.4\.1\.9586\.100\.5\.3\.3\.1\.2\.(\d+) = INTEGER: 1$`)
	markTold    = regexp.MustCompile(`(\.3\.3\.1\.2 = INTEGER: 1\t.*\.3\.3\.1\.8 = INTEGER: )2`)
	marksTold   = regexp.MustCompile(`(\.3\.3\.1\.3 = STRING: "GM"\t.*\.3\.3\.1\.8 = INTEGER: )2`)
	sctpTold    = regexp.MustCompile(`(\.3\.3\.1\.3 = STRING: "G6"\t.*\.3\.3\.1\.8 = INTEGER: )2`)
	rateColumns = regexp.MustCompile(`^\.1\.3\.6\.1\.4\.1\.9586\.100\.5\.3\.(3\.1\.(3[2-6]|4[1-9]|50)|4\.1\.(2[2-6]|3[0-9]))\.`)
)

// asMeant returns what keepalived 2.2.7 shows with what is meant to differ:
//   - The protocol of a mark is none(4), which the MIB has for that. 2.2.7 leaves the object out, with a log line each time, and
//     in notifications says udp of all that is not tcp.
//   - The version, and rates, which the kernel reckons from the moment on at which there was traffic.
func asMeant(s seen) seen {
	s = withoutVersion(s)
	for _, line := range slices.Clone(s.Walk) {
		if match := ofMark.FindStringSubmatch(line); match != nil {
			s.Walk = append(s.Walk, fmt.Sprintf("%s.3.3.1.8.%s = INTEGER: 4", mib, match[1]))
		}
	}
	slices.Sort(s.Walk)
	for i := range s.Traps {
		s.Traps[i] = markTold.ReplaceAllString(s.Traps[i], "${1}4")
		s.Traps[i] = marksTold.ReplaceAllString(s.Traps[i], "${1}4")
		s.Traps[i] = sctpTold.ReplaceAllString(s.Traps[i], "${1}3")
	}
	slices.Sort(s.Traps)
	return s
}

func withoutVersion(s seen) seen {
	s.Walk = slices.DeleteFunc(slices.Clone(s.Walk), func(line string) bool {
		return strings.HasPrefix(line, mib+".1.1.0 ") || rateColumns.MatchString(line)
	})
	slices.Sort(s.Walk)
	return s
}

// router returns what a manager sees of the router's name.
func (m *managers) router() string { return strings.Join(m.snmp("snmpget", mib+".1.2.0"), "\n") }

// A weight is what the keyword may say, and a row that is not there cannot be set: keepalived 2.2.7 keeps the lowest 8 bits, and
// sets the row after it.
func TestWeightsThatManagersSet(t *testing.T) {
	nettest.NeedProgram(t, "snmpd", "snmpd")
	t.Parallel()
	m := newManagers(t)
	m.daemon(os.Getenv("KEEPALIVED"), few+"virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 80 {\n}\n}\n")
	for _, c := range []struct{ set, answer, table string }{
		{"1.1 i 1000", "INTEGER: 1000", "-w 1000"},
		{"1.1 i -1", "Reason: wrongValue", "-w 1000"},
		{"1.2 i 5", "Reason: notWritable", "-w 1000"},
		{"1.1.1 i 5", "Reason: notWritable", "-w 1000"},
		{"1.1 i 2147483647", "INTEGER: 2147483647", "-w 2147483647"},
	} {
		got := strings.Join(m.snmp("snmpset", strings.Fields(weight+c.set)...), "\n")
		if table := m.table(); !strings.Contains(got, c.answer) || !strings.Contains(table, c.table) {
			t.Errorf("%s: %s\n%s", c.set, got, table)
		}
	}
}

// A reload ends and begins SNMP, and a master agent that goes away is found again. (keepalived 2.2.7 dies of the reload that
// begins it.)
func TestManagersComeAndGo(t *testing.T) {
	nettest.NeedProgram(t, "snmpd", "snmpd")
	t.Parallel()
	m := newManagers(t)
	text := few + "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 80 {\n}\n}\n"
	p := m.daemon(os.Getenv("KEEPALIVED"), text)
	const there = `.1.2.0 = STRING: "few"`
	reload := func(text, what string) {
		m.configure(text)
		m.signal(m.host.Dir+"/k.pid", syscall.SIGHUP)
		nettest.Eventually(t, 60*time.Second, what, func() bool { return strings.Contains(m.router(), there) == (what == "SNMP") })
	}
	reload(strings.Replace(text, "enable_snmp_checker", "", 1), "no SNMP")
	reload(text, "SNMP")
	m.master.Kill()
	nettest.Eventually(t, 30*time.Second, "word of it", func() bool { return strings.Contains(p.Output(), "AgentX master disconnected us, reconnecting in 15") })
	m.startMaster()
	nettest.Eventually(t, 60*time.Second, "master agent found", func() bool { return strings.Contains(m.router(), there) })
}

// The command line turns SNMP on, and its socket goes before that of the configuration. (Over udp the master of net-snmp lets
// agents in and asks them nothing, whosever they are.)
func TestSocketsOfTheMasterAgent(t *testing.T) {
	nettest.NeedProgram(t, "snmpd", "snmpd")
	t.Parallel()
	m := newManagers(t)
	text := "global_defs {\nsnmp_socket unix:/nowhere\nrouter_id r\n}\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 80 {\n}\n}\n"
	for _, socket := range []string{"tcp:127.0.0.1:7050", "127.0.0.1:7050", m.host.Dir + "/master"} {
		p := m.daemon(os.Getenv("KEEPALIVED"), text, "-x", "-A", socket)
		if got := m.router(); !strings.Contains(got, `.1.2.0 = STRING: "r"`) {
			t.Errorf("%s: %s", socket, got)
		}
		p.Kill()
		m.admin("-C")
	}
}
