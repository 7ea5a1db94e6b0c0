//go:build guest

package ipvs

import (
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/nettest"
)

// open returns the table of a new network namespace.
func open(t *testing.T) *Linux {
	t.Helper()
	nettest.Enter(t)
	l, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// saved returns what ipvsadm -Sn shows, sorted as Save does.
func saved(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("ipvsadm", "-Sn").CombinedOutput()
	if err != nil {
		t.Fatalf("ipvsadm: %v: %s", err, out)
	}
	var blocks []string
	for _, b := range strings.Split("\n"+string(out), "\n-A ")[1:] {
		lines := strings.Split(strings.TrimSpace(b), "\n")
		slices.Sort(lines[1:])
		for i := range lines {
			lines[i] = strings.TrimSpace(lines[i]) + "\n"
		}
		blocks = append(blocks, "-A "+strings.Join(lines, ""))
	}
	slices.Sort(blocks)
	return strings.Join(blocks, "")
}

func mustApply(t *testing.T, l *Linux, changes ...lvs.Action) {
	t.Helper()
	for _, f := range l.Apply(changes) {
		t.Errorf("%v: %v", changes[f.Index], f.Err)
	}
}

// check compares the table with what ipvsadm and Dump show.
func check(t *testing.T, l *Linux, want []lvs.Programmed) {
	t.Helper()
	if got := saved(t); got != Save(want) {
		t.Errorf("ipvsadm shows\n%swant\n%s", got, Save(want))
	}
	have, err := Dump(l)
	if err != nil {
		t.Fatal(err)
	}
	if got := Save(have); got != Save(want) {
		t.Errorf("Dump gives\n%swant\n%s", got, Save(want))
	}
}

func add(p lvs.Programmed) []lvs.Action {
	out := []lvs.Action{{Kind: lvs.AddService, Service: p.Service}}
	for _, d := range p.Dests {
		out = append(out, lvs.Action{Kind: lvs.AddDest, Service: p.Service, Dest: d})
	}
	return out
}

// Every kind of service with every kind of destination is as ipvsadm shows it, and as it is read back.
func TestKernelHasWhatWasAsked(t *testing.T) {
	for _, s := range services() {
		t.Run(s.String(), func(t *testing.T) {
			l := open(t)
			p := lvs.Programmed{Service: s, Dests: dests(s.Key.Family == conf.IPv6)}
			if s.OnePacket || s.Key.Mark != 0 || s.Key.Port == 0 {
				p.Dests = p.Dests[:1]
			}
			mustApply(t, l, add(p)...)
			check(t, l, []lvs.Programmed{p})
			have, _ := Dump(l)
			if len(have) != 1 || have[0].Service != s {
				t.Errorf("read back: %v, want %v", have, s)
			}
			for _, d := range p.Dests {
				if !slices.Contains(have[0].Dests, d) {
					t.Errorf("read back: %v, want %v", have[0].Dests, d)
				}
			}
		})
	}
}

func TestSchedulers(t *testing.T) {
	l := open(t)
	var want []lvs.Programmed
	for i, name := range strings.Fields("rr wrr lc wlc lblc lblcr sh mh dh fo ovf sed nq twos") {
		if exec.Command("modprobe", "-n", "ip_vs_"+name).Run() != nil {
			t.Logf("this kernel is built without %s", name)
			continue
		}
		k := tcp("10.0.0.1:80")
		k.Port = uint16(80 + i)
		p := lvs.Programmed{Service: lvs.Service{Key: k, Scheduler: name}}
		mustApply(t, l, add(p)...)
		want = append(want, p)
	}
	check(t, l, want)
}

// The persistence engine of SIP is a module of its own.
func TestPersistenceEngine(t *testing.T) {
	l := open(t)
	k := tcp("10.0.0.1:5060")
	k.Protocol = conf.UDP
	p := lvs.Programmed{Service: lvs.Service{Key: k, Scheduler: "rr", Persistent: time.Minute, Engine: "sip"}}
	mustApply(t, l, add(p)...)
	have, err := Dump(l)
	if err != nil || len(have) != 1 || have[0].Service != p.Service {
		t.Errorf("read back %v, %v", have, err)
	}
}

func TestChangesAndRemovals(t *testing.T) {
	l := open(t)
	p := lvs.Programmed{Service: services()[0], Dests: dests(false)}
	mustApply(t, l, add(p)...)
	p.Service.Scheduler, p.Service.Persistent = "wlc", time.Minute
	p.Dests[0].Weight, p.Dests[0].Method = 9, conf.DR
	mustApply(t, l, lvs.Action{Kind: lvs.EditService, Service: p.Service},
		lvs.Action{Kind: lvs.EditDest, Service: p.Service, Dest: p.Dests[0]},
		lvs.Action{Kind: lvs.DelDest, Service: p.Service, Dest: p.Dests[1]})
	p.Dests = slices.Delete(p.Dests, 1, 2)
	check(t, l, []lvs.Programmed{p})
	mustApply(t, l, lvs.Action{Kind: lvs.DelService, Service: p.Service})
	check(t, l, nil)
	mustApply(t, l, add(p)...)
	mustApply(t, l, lvs.Action{Kind: lvs.Flush})
	check(t, l, nil)
}

// What fails in the middle of a batch is named, and does not keep the rest from being done.
func TestFailuresAreNamed(t *testing.T) {
	l := open(t)
	s := services()[0]
	d := dests(false)
	changes := add(lvs.Programmed{Service: s, Dests: d[:2]})
	changes = append(changes, lvs.Action{Kind: lvs.AddDest, Service: s, Dest: d[0]}, // twice
		lvs.Action{Kind: lvs.DelDest, Service: s, Dest: d[5]}, // not there
		lvs.Action{Kind: lvs.AddService, Service: lvs.Service{Key: tcp("10.0.0.9:80"), Scheduler: "nosuch"}},
		lvs.Action{Kind: lvs.AddDest, Service: s, Dest: d[2]})
	want := []Failure{{3, unix.EEXIST}, {4, unix.ENOENT}, {5, unix.ENOENT}}
	if got := l.Apply(changes); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	check(t, l, []lvs.Programmed{{Service: s, Dests: d[:3]}})
}

// Thousands of changes fit into batches: no answer is lost.
func TestManyChanges(t *testing.T) {
	l := open(t)
	var changes []lvs.Action
	for i := range 20 {
		s := lvs.Service{Key: tcp("10.0.0.1:80"), Scheduler: "rr"}
		s.Key.Port = uint16(1000 + i)
		p := lvs.Programmed{Service: s}
		for j := range 100 {
			a := netip.AddrFrom4([4]byte{127, 1, byte(i), byte(j)})
			p.Dests = append(p.Dests, lvs.Dest{Key: netip.AddrPortFrom(a, 80), Weight: 1, Method: conf.NAT})
		}
		changes = append(changes, add(p)...)
	}
	mustApply(t, l, changes...)
	have, err := Dump(l)
	n := 0
	for _, p := range have {
		n += len(p.Dests)
	}
	if err != nil || len(have) != 20 || n != 2000 {
		t.Errorf("%d services, %d destinations, %v", len(have), n, err)
	}
}

func TestTimeouts(t *testing.T) {
	l := open(t)
	if err := l.SetTimeouts(100*time.Second, 0, 50*time.Second); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("ipvsadm", "-L", "--timeout").CombinedOutput()
	if got := strings.TrimSpace(string(out)); got != "Timeout (tcp tcpfin udp): 100 120 50" {
		t.Error(got)
	}
}

// The receive buffer never gets too small for the answers to a batch.
func TestReadBuffer(t *testing.T) {
	l := open(t)
	size := func() (n int) {
		raw, err := l.conn.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		_ = raw.Control(func(fd uintptr) { n, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := size()
	for _, c := range []struct{ ask, want int }{{1000, before}, {5 << 20, 10 << 20}} {
		if err := l.SetReadBuffer(c.ask, true); err != nil || size() != c.want {
			t.Errorf("asked for %d: have %d, %v", c.ask, size(), err)
		}
	}
}

// The sync daemons run with what the configuration says.
func TestSyncDaemon(t *testing.T) {
	l := open(t)
	nettest.IP(t, "link add eth0 type dummy")
	nettest.IP(t, "link set eth0 up multicast on")
	nettest.IP(t, "addr add 10.9.0.1/24 dev eth0")
	d := &conf.SyncDaemon{Interface: "eth0", MaxLen: 1000, Port: 9000, TTL: 3, Group: netip.MustParseAddr("224.0.0.99")}
	if err := l.StartSync(Sync{Master: true, ID: 7, Daemon: d}); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("ipvsadm", "-L", "--daemon").CombinedOutput()
	want := "master sync daemon (mcast=eth0, syncid=7, maxlen=1000, group=224.0.0.99, port=9000, ttl=3)"
	if got := strings.TrimSpace(string(out)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if err := l.StopSync(true); err != nil {
		t.Error(err)
	}
	if out, _ := exec.Command("ipvsadm", "-L", "--daemon").CombinedOutput(); strings.TrimSpace(string(out)) != "" {
		t.Errorf("still there: %s", out)
	}
}
