//go:build bench

package bench

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// daemon is a keepalived under measurement.
type daemon struct {
	name string
	path string
}

// daemons returns ours and Debian's.
func daemons(t *testing.T) []daemon {
	t.Helper()
	ours, err := filepath.Abs("../../bin/keepalived")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ours); err != nil {
		t.Fatalf("build first: %v", err)
	}
	nettest.NeedProgram(t, "keepalived", "keepalived")
	path, err := exec.LookPath("keepalived")
	if err != nil {
		t.Fatal(err)
	}
	return []daemon{{"ours", ours}, {"keepalived", path}}
}

// rig is one router under measurement and a probe beside it.
type rig struct {
	t      *testing.T
	router *nettest.Host
	probe  *probe
	proc   *nettest.Process
}

func newRig(t *testing.T) *rig {
	t.Helper()
	lab := nettest.NewLab(t, "r", "p")
	r := &rig{t: t, router: lab.Hosts["r"]}
	r.router.IP("addr add 10.77.0.1/24 dev eth0")
	lab.Hosts["p"].IP("addr add 10.77.0.2/24 dev eth0")
	var err error
	if r.probe, err = newProbe(lab.Hosts["p"]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.probe.close)
	return r
}

// start starts the daemon with the configuration; -G since a daemon that looks for a syslog in vain is slow.
func (r *rig) start(d daemon, conf string) {
	r.t.Helper()
	f := r.router.Write("k.conf", conf)
	dir := r.router.Dir
	r.proc = r.router.Start(d.path, "-n", "-G", "-f", f, "-p", dir+"/p.pid", "-r", dir+"/v.pid", "-c", dir+"/c.pid")
	nettest.Eventually(r.t, 30*time.Second, d.name+" has a VRRP child", func() bool { return r.child() != 0 })
	time.Sleep(500 * time.Millisecond) // until it has read its configuration and joined its groups
}

func (r *rig) pid(file string) int {
	b, _ := os.ReadFile(filepath.Join(r.router.Dir, file))
	n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return n
}

func (r *rig) child() int { return r.pid("v.pid") }

// cpu returns the CPU time that all threads of the process have used.
func cpu(t *testing.T, pid int) time.Duration {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no threads of %d: %v", pid, err)
	}
	var sum time.Duration
	for _, f := range tasks {
		var ns int64
		b, _ := os.ReadFile(f)
		_, _ = fmt.Sscan(string(b), &ns)
		sum += time.Duration(ns)
	}
	return sum
}

// pss returns the proportional set size of a process in KiB.
func pss(t *testing.T, pid int) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib
		}
	}
	t.Fatal("no Pss")
	return 0
}

// instances returns the configuration of n backups with addrs addresses each.
func instances(n, addrs int, interval string) string {
	var b strings.Builder
	for v := 1; v <= n; v++ {
		fmt.Fprintf(&b, "vrrp_instance VI_%d {\n state BACKUP\n interface eth0\n version 3\n virtual_router_id %d\n priority 100\n advert_int %s\n virtual_ipaddress {\n", v, v, interval)
		for i := range addrs {
			if i == maxAdvertised {
				b.WriteString(" }\n virtual_ipaddress_excluded {\n")
			}
			fmt.Fprintf(&b, "  %v/32\n", addrOf(v, addrs, i))
		}
		b.WriteString(" }\n}\n")
	}
	return b.String()
}

// maxAdvertised is how many addresses of an instance are in its adverts; one holds no more than 255.
const maxAdvertised = 250

// addrOf returns address i of the addrs ones of instance v.
func addrOf(v, addrs, i int) netip.Addr {
	k := v*addrs + i
	return netip.AddrFrom4([4]byte{10, byte(100 + k>>16), byte(k >> 8), byte(k)})
}

// advertised returns the addresses in the adverts of instance v.
func advertised(v, addrs int) []netip.Addr {
	var as []netip.Addr
	for i := range min(addrs, maxAdvertised) {
		as = append(as, addrOf(v, addrs, i))
	}
	return as
}
