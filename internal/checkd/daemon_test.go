package checkd

import (
	"context"
	"fmt"
	"hash/maphash"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/check"
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/conftest"
	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/firewall"
	"github.com/keepalived-go/keepalived/internal/host"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/nettest"
	"github.com/keepalived-go/keepalived/internal/notify"
	"github.com/keepalived-go/keepalived/internal/report"
)

// shared is a table in memory that the daemon, its comparisons and the test look at.
type shared struct {
	mu sync.Mutex
	ipvs.Fake
}

// Apply carries out changes.
func (s *shared) Apply(changes []lvs.Action) []ipvs.Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Fake.Apply(changes)
}

// Walk hands over the table.
func (s *shared) Walk(each func(lvs.Programmed)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Fake.Walk(each)
}

// String returns the table.
func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Fake.String()
}

// SetReadBuffer notes the size.
func (s *shared) SetReadBuffer(bytes int, force bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Fake.SetReadBuffer(bytes, force)
}

func (s *shared) readBuffer() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ReadBuffer
}

func (s *shared) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Changes
}

// child is a checker child under test and its parent's end of the control socket.
type child struct {
	walls  chan string // what the firewall was asked for; nothing reads it: the firewall stands still
	t      *testing.T
	kernel *shared
	parent *control.Conn
	next   chan *conf.Config // for the next reload
	signal chan os.Signal
	done   chan error
	cancel context.CancelFunc
}

func start(t *testing.T, text string) *child {
	t.Helper()
	parent, file, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := control.FromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	l := log.Setup(log.Options{Ident: "test", File: filepath.Join(t.TempDir(), "log")})
	c := &child{t: t, kernel: &shared{}, walls: make(chan string), parent: parent, next: make(chan *conf.Config, 1), signal: make(chan os.Signal), done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	config := parse(t, text)
	go func() {
		c.done <- Run(ctx, Deps{Config: config, Log: l, Control: conn, Signals: c.signal,
			Read:     func(f *os.File) (*conf.Config, error) { f.Close(); return <-c.next, nil },
			Open:     func(string) (ipvs.Client, error) { return c.kernel, nil },
			Firewall: func(string, func(string)) firewall.Kernel { return wall(c.walls) }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-c.done; err != nil {
			t.Error(err)
		}
		parent.Close()
		l.Close()
	})
	c.expect(control.Started)
	return c
}

func (c *child) expect(k control.Kind) {
	c.t.Helper()
	for {
		m, err := c.parent.Receive()
		if err != nil {
			c.t.Fatal(err)
		}
		if m.Kind == k {
			return
		}
	}
}

func (c *child) reload(text string) {
	c.t.Helper()
	c.next <- parse(c.t, text)
	f, err := os.Open(os.DevNull)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	if err := c.parent.Send(control.Reload, int(f.Fd())); err != nil {
		c.t.Fatal(err)
	}
	c.expect(control.Reloaded)
}

type memory string

// Glob returns the only file.
func (m memory) Glob(p string) ([]string, error) { return []string{p}, nil }

// ReadFile returns the text.
func (m memory) ReadFile(string) ([]byte, error) { return []byte(m), nil }

// Abs returns the name.
func (m memory) Abs(name string) string { return name }

func parse(t *testing.T, text string) *conf.Config {
	t.Helper()
	f, _ := syntax.Load(memory(text), "k.conf", syntax.Options{})
	c, ds := conf.Build(f, host.Machine{})
	for _, d := range ds.Counted() {
		if d.Severity != syntax.SecurityError {
			t.Fatalf("configuration: %s", d)
		}
	}
	return c
}

// script writes a script that ends as a file says, and returns both names.
func script(t *testing.T) (path, state string) {
	dir := t.TempDir()
	path, state = filepath.Join(dir, "check"), filepath.Join(dir, "state")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit $(cat "+state+")\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, state
}

func set(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const services = "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 0.05\nwarmup 0\n%s}\n"

// A script decides over a server: its weight, and whether it is there; its notifications come in order.
func TestScriptDecides(t *testing.T) {
	nettest.NeedRoot(t)
	path, state := script(t)
	said := filepath.Join(t.TempDir(), "said")
	set(t, state, "0")
	notify := func(word string) string {
		return "notify_" + word + " \"/bin/sh -c 'echo " + word + " >>" + said + "'\" root\n"
	}
	c := start(t, "global_defs {\nscript_user root\n}\n"+fmt.Sprintf(services, "real_server 127.0.0.2 80 {\nweight 3\n"+notify("up")+notify("down")+
		"MISC_CHECK {\nmisc_path "+path+"\nmisc_timeout 5\nmisc_dynamic\n}\n}\nreal_server 127.0.0.3 80 {\n}\n"))
	has := func(line string) func() bool {
		return func() bool { return strings.Contains(c.kernel.String(), line) }
	}
	const first = "-r 127.0.0.2:80 -m -w "
	nettest.Eventually(t, 10*time.Second, "both servers", has(first+"3"))
	set(t, state, "12")
	nettest.Eventually(t, 10*time.Second, "weight 10", has(first+"10"))
	set(t, state, "1")
	nettest.Eventually(t, 10*time.Second, "removal", func() bool { return !has("127.0.0.2")() })
	set(t, state, "0")
	nettest.Eventually(t, 10*time.Second, "return", has(first+"3"))
	nettest.Eventually(t, 10*time.Second, "notifications", func() bool {
		b, _ := os.ReadFile(said)
		return string(b) == "down\nup\n"
	})
}

// The number in a file is the weight from the start on, and a change of it counts at once however long the delay loop.
func TestFileDecides(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	set(t, file, "5\n")
	c := start(t, "track_file F {\nfile "+file+"\nweight 2\n}\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n"+
		"delay_loop 60\nreal_server 127.0.0.2 80 {\nweight 3\nFILE_CHECK {\ntrack_file F\n}\n}\n}\n")
	const server = "-r 127.0.0.2:80 -m -w "
	if got := c.kernel.String(); !strings.Contains(got, server+"13") {
		t.Errorf("at the start: %s", got)
	}
	set(t, file, "7\n")
	nettest.Eventually(t, 10*time.Second, "weight 17", func() bool { return strings.Contains(c.kernel.String(), server+"17") })
	set(t, file, "-127\n")
	nettest.Eventually(t, 10*time.Second, "removal", func() bool { return !strings.Contains(c.kernel.String(), server) })
}

// SIGUSR1 has the state written where programs look for it, as it is at that moment.
func TestDataOnSignal(t *testing.T) {
	dir := t.TempDir()
	c := start(t, "global_defs {\nrouter_id R\nnftables_ipvs\nnftables_counters\nstate_dump_file "+dir+"/state.txt\n}\n"+fmt.Sprintf(services, "sorry_server 127.0.0.9 80\nreal_server 127.0.0.2 80 {\nweight 3\n"+
		"DNS_CHECK {\nalpha\n}\n}\nreal_server 127.0.0.3 80 {\n}\n"))
	<-c.walls
	c.signal <- unix.SIGUSR2 // nothing of the checkers
	c.signal <- unix.SIGUSR1
	name := report.StateFile(&conf.Dump{State: dir + "/state.txt"}, report.Checker, "")
	var text string
	nettest.Eventually(t, 10*time.Second, "file", func() bool {
		b, err := os.ReadFile(name)
		text = string(b)
		return err == nil
	})
	for _, want := range []string{" Router ID = R\n", " ipvs nftables table name = keepalived_ipvs\n ipvs nftables base chain priority = -1\n ipvs nftables start fwmark = 1000\n nftables with counters\n",
		" VS VIP = 10.0.0.1, VPORT = 80\n", "   sorry server = [127.0.0.9]:tcp:80\n",
		"   RIP = 127.0.0.2, RPORT = 80, WEIGHT = 3 EFF WEIGHT = 3\n", "   num failed checkers = 1\n   RS set = 0\n", "   alive = 1\n   quorum_state_up = 1\n",
		" [10.0.0.1]:tcp:80 -> [127.0.0.2]:tcp:80\n   Enabled = yes\n   Up = no\n", "   Keepalive method = DNS_CHECK\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	c.cancel()
	<-c.walls
}

// The watchdog is answered by the loop itself, and what others change is repaired.
func TestPingsAndRepairs(t *testing.T) {
	c := start(t, fmt.Sprintf(services, "real_server 127.0.0.2 80 {\n}\n"))
	if err := c.parent.Send(control.Ping, -1); err != nil {
		t.Fatal(err)
	}
	c.expect(control.Pong)
	want := c.kernel.String()
	c.kernel.Apply([]lvs.Action{{Kind: lvs.Flush}})
	nettest.Eventually(t, 15*time.Second, "repair", func() bool { return c.kernel.String() == want })
}

// An end takes everything away.
func TestStopLeavesNothing(t *testing.T) {
	c := start(t, fmt.Sprintf(services, "real_server 127.0.0.2 80 {\n}\n"))
	c.cancel()
	if err := <-c.done; err != nil || c.kernel.String() != "" {
		t.Errorf("%v, left: %s", err, c.kernel.String())
	}
	c.done <- nil // for the cleanup
}

// Of two thousand servers one is changed: one change of the kernel's table.
func TestReloadChangesOneServer(t *testing.T) {
	servers := func(weight int) string {
		var b strings.Builder
		for i := range 200 {
			fmt.Fprintf(&b, "virtual_server 10.0.0.1 %d {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n", 1000+i)
			for j := range 10 {
				w := 1
				if i == 100 && j == 5 {
					w = weight
				}
				fmt.Fprintf(&b, "real_server 127.1.%d.%d 80 {\nweight %d\nTCP_CHECK {\n}\n}\n", i, j, w)
			}
			b.WriteString("}\n")
		}
		return b.String()
	}
	c := start(t, servers(1))
	before := c.kernel.count()
	begin := time.Now()
	c.reload(servers(2))
	t.Logf("reload of 2000 servers: %v", time.Since(begin))
	if n := c.kernel.count() - before; n != 1 {
		t.Errorf("%d changes", n)
	}
	c.reload(servers(2))
	if n := c.kernel.count() - before; n != 1 {
		t.Errorf("%d changes after a reload without any", n-1)
	}
}

// The receive buffers are as the configuration says.
func TestReceiveBuffers(t *testing.T) {
	nettest.NeedRoot(t)
	c := start(t, "global_defs {\nlvs_netlink_cmd_rcv_bufs 3000000\nlvs_netlink_cmd_rcv_bufs_force\nlvs_netlink_monitor_rcv_bufs 2000000\n"+
		"lvs_netlink_monitor_rcv_bufs_force\n}\n"+fmt.Sprintf(services, "ha_suspend\nreal_server 127.0.0.2 80 {\n}\n"))
	if got := c.kernel.readBuffer(); got != -3000000 {
		t.Errorf("IPVS: %d", got)
	}
	// The kernel gives twice what it is asked for.
	if got := netlinkBuffers(t); !slices.Contains(got, 4000000) {
		t.Errorf("netlink sockets have %v", got)
	}
}

// netlinkBuffers returns the receive buffers of the netlink sockets of this process.
func netlinkBuffers(t *testing.T) (sizes []int) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		fd, _ := strconv.Atoi(e.Name())
		if domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err != nil || domain != unix.AF_NETLINK {
			continue
		}
		if n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF); err == nil {
			sizes = append(sizes, n)
		}
	}
	return sizes
}

// What the kernel refuses is said with keepalived's words.
func TestRefusals(t *testing.T) {
	a := lvs.Action{Kind: lvs.AddDest, Service: lvs.Service{Key: lvs.ServiceKey{Mark: 9, Family: conf.IPv4}}}
	got := refusal(a, ipvs.Failure{Err: unix.EEXIST})
	if want := "IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: Destination already exists(17) (fwm 9 -> invalid AddrPort)"; got != want {
		t.Errorf("got %s", got)
	}
}

// A look brings along the table only when it is neither right nor as it was.
func TestLookBringsTheTableOnlyWhenThatMatters(t *testing.T) {
	kernel := &ipvs.Fake{}
	service := lvs.Service{Key: lvs.ServiceKey{Mark: 9, Family: conf.IPv4}}
	kernel.Apply([]lvs.Action{{Kind: lvs.AddService, Service: service}})
	l := look{open: func(string) (ipvs.Client, error) { return kernel, nil }, seed: maphash.MakeSeed()}
	sum := lvs.NewSum(l.seed)
	sum.Add(lvs.Programmed{Service: service})
	for _, c := range []struct {
		what  string
		asked uint64
		last  picture
		right bool
		table int
	}{
		{"right", sum.Value(), picture{}, true, 0},
		{"not right", 0, picture{}, false, 1},
		{"as it was", 0, picture{sum: sum.Value()}, false, 0},
		{"as it was before changes of ours", 0, picture{changed: 1, sum: sum.Value()}, false, 1},
	} {
		var u dump
		l.asked, l.last = c.asked, c.last
		if err := l.at(&u); err != nil || u.right != c.right || len(u.table) != c.table || u.sum != sum.Value() {
			t.Errorf("%s: %+v, %v", c.what, u, err)
		}
	}
}

// A result that changes nothing leaves no garbage: there are thousands a second.
func TestResultsMakeNoGarbage(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	d := started(t, fmt.Sprintf("real_server 127.0.0.1 %d {\nTCP_CHECK {\nwarmup 0\n}\n}\n", server.Addr().(*net.TCPAddr).Port))
	var res []check.Result
	nettest.Eventually(t, 10*time.Second, "a result", func() bool {
		res = append(res, d.runner.Advance(d.now.Add(time.Minute))...)
		return len(res) > 0
	})
	d.finish(res[0]) // the first one is told
	if n := testing.AllocsPerRun(100, func() { d.finish(res[0]) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// The first checks are due after the services are there, however long the kernel takes for them.
func TestChecksBeginAfterTheServices(t *testing.T) {
	begun := time.Now()
	d := started(t, "real_server 127.0.0.2 80 {\nTCP_CHECK {\n}\n}\n")
	if due := d.runner.Deadline(); due.Before(begun) {
		t.Errorf("due %v before the services are there", begun.Sub(due))
	}
}

// started returns a daemon without a loop that has begun an hour ago and has programmed its services now.
func started(t *testing.T, servers string) *daemon {
	l := log.Setup(log.Options{Ident: "test", File: filepath.Join(t.TempDir(), "log")})
	t.Cleanup(l.Close)
	runner, err := check.NewRunner()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(runner.Close)
	c := conftest.Build(t, "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n"+servers+"}\n")
	scripts := notify.NewForServers(c.Global.ScriptUser, func(string) {})
	t.Cleanup(func() { scripts.Close(stopScripts) })
	d := &daemon{Deps: Deps{Config: c}, log: l, table: lvs.New(c), kernel: &ipvs.Fake{}, runner: runner, notify: scripts,
		now: time.Now().Add(-time.Hour)}
	for _, kind := range []lvs.EventKind{lvs.Start, lvs.Ready} {
		d.step(lvs.Event{Kind: kind})
		d.carryOut()
	}
	return d
}
