//go:build bench

// Package bench measures this keepalived and Debian's in the same lab, one after the other, and prints both with the
// ratio. Run it with "make bench"; BENCH=memory runs the lines of the table whose text has that word.
package bench

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// rounds is how often each measurement is repeated for each daemon, in turn; the table shows medians.
const rounds = 5

// row is one line of the table.
type row struct {
	work, unit string
	reach      float64 // the ratio to reach
	values     [2][]float64
}

func TestCompare(t *testing.T) {
	ds := daemons(t)
	var rows []*row
	for _, m := range []struct {
		rows    []*row
		measure func(*testing.T, daemon) []float64
	}{
		{[]*row{{work: "200 instances x 20 addresses: all 4000 held after the master-down interval", unit: "ms", reach: 0.6}}, holdAll},
		{[]*row{{work: "200 instances at advert_int 0.01: CPU per advert", unit: "us", reach: 0.5},
			{work: "the same: error of the sending interval, p99", unit: "ms", reach: 1}}, sendFast},
		{[]*row{{work: "1 x 1 at advert_int 0.1, master dies: first advert past the master-down interval", unit: "ms", reach: 1},
			{work: "the same: first ARP", unit: "ms", reach: 1}}, func(t *testing.T, d daemon) []float64 { return takeOver(t, d, 1)[:2] }},
		{[]*row{{work: "1 x 1000 addresses, master dies: first ARP", unit: "ms", reach: 0.1},
			{work: "the same: last address announced", unit: "ms", reach: 1}}, func(t *testing.T, d daemon) []float64 { return takeOver(t, d, 1000)[1:] }},
		{[]*row{{work: "-t on 132,000 lines", unit: "ms", reach: 1}}, configTest},
		{[]*row{{work: "memory of parent and VRRP child, PSS, one instance", unit: "MiB", reach: 2}}, memory},
	} {
		if only := os.Getenv("BENCH"); only != "" && !strings.Contains(m.rows[0].work, only) {
			continue
		}
		for range rounds {
			for i, d := range ds {
				t.Run(d.name, func(t *testing.T) {
					for k, v := range m.measure(t, d) {
						m.rows[k].values[i] = append(m.rows[k].values[i], v)
					}
				})
			}
		}
		rows = append(rows, m.rows...)
	}
	printTable(rows)
}

func printTable(rows []*row) {
	fmt.Printf("\n%-82s %22s %22s %7s %6s\n", "work (median, min-max of rounds)", "ours", "keepalived", "ratio", "reach")
	for _, r := range rows {
		a, b := median(r.values[0]), median(r.values[1])
		fmt.Printf("%-82s %22s %22s %7.2f %6.1f\n", r.work, show(r.values[0], r.unit), show(r.values[1], r.unit), a/b, r.reach)
	}
	fmt.Println()
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func show(v []float64, unit string) string {
	if len(v) == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.2f %s (%.2f-%.2f)", median(v), unit, slices.Min(v), slices.Max(v))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// downInterval is what a backup of priority 100 waits for a version 3 master (RFC 9568 section 6.1).
func downInterval(interval time.Duration) time.Duration {
	return 3*interval + interval*(256-100)/256
}

// holdAll measures from the end of the master-down interval until 4000 addresses are held.
func holdAll(t *testing.T, d daemon) []float64 {
	r := newRig(t)
	r.start(d, instances(200, 20, "1"))
	var nl int
	r.router.In(func() (err error) {
		nl, err = watchAddrs()
		return err
	})
	defer unix.Close(nl)
	if err := r.probe.advertise(200, 20, time.Second); err != nil {
		t.Fatal(err)
	}
	due := time.Now().Add(downInterval(time.Second))
	buf := make([]byte, 64<<10)
	for n := 0; n < 4000; {
		got, _, err := unix.Recvfrom(nl, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			t.Fatalf("%d addresses: %v", n, err)
		}
		n += countAddrs(buf[:got])
	}
	return []float64{ms(time.Since(due))}
}

// sendFast measures CPU time per advert and the regularity of 20,000 adverts per second.
func sendFast(t *testing.T, d daemon) []float64 {
	r := newRig(t)
	r.start(d, instances(200, 1, "0.01"))
	time.Sleep(time.Second) // all are masters by now
	r.probe.take()
	before, start := cpu(t, r.child()), time.Now()
	time.Sleep(4 * time.Second)
	used, lasted := cpu(t, r.child())-before, time.Since(start)
	pkts := r.probe.take()
	adverts, errors := 0, []time.Duration(nil)
	last := map[uint8]time.Time{}
	for _, p := range pkts {
		if p.arp || p.ours {
			continue
		}
		adverts++
		if at, ok := last[p.vrid]; ok {
			errors = append(errors, (p.at.Sub(at) - 10*time.Millisecond).Abs())
		}
		last[p.vrid] = p.at
	}
	if want := int(lasted.Seconds() * 20000); adverts < want*9/10 {
		t.Errorf("%s sent %d adverts, %d were due", d.name, adverts, want)
	}
	if len(errors) == 0 {
		t.Fatal("nothing captured")
	}
	slices.Sort(errors)
	return []float64{float64(used.Nanoseconds()) / 1000 / float64(adverts), ms(errors[len(errors)*99/100])}
}

// takeOver measures how long after the master-down interval the first advert, the first announcement and the first
// announcement of the last address come.
func takeOver(t *testing.T, d daemon, addrs int) []float64 {
	r := newRig(t)
	const interval = 100 * time.Millisecond
	stop := make(chan struct{})
	sent := make(chan error, 1)
	go func() { // a better master is there before the daemon starts, and dies when told
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			if err := r.probe.advertise(1, addrs, interval); err != nil {
				sent <- err
				return
			}
			select {
			case <-stop:
				sent <- nil
				return
			case <-tick.C:
			}
		}
	}()
	r.start(d, instances(1, addrs, "0.1"))
	time.Sleep(time.Second)
	r.probe.take()
	time.Sleep(interval)
	close(stop)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	return analyse(t, r.probe.take(), interval, addrs)
}

func analyse(t *testing.T, pkts []seen, interval time.Duration, addrs int) []float64 {
	t.Helper()
	var died, advert, firstARP, lastARP time.Time
	announced := map[string]bool{}
	for _, p := range pkts {
		switch {
		case p.ours && !p.arp:
			died = p.at
		case p.arp && p.addr.String() != "10.77.0.1" && !p.ours && !announced[p.addr.String()]:
			announced[p.addr.String()] = true
			if firstARP.IsZero() {
				firstARP = p.at
			}
			lastARP = p.at
		case !p.arp && !p.ours && advert.IsZero():
			advert = p.at
		}
	}
	due := died.Add(downInterval(interval))
	if died.IsZero() || advert.Before(due) || len(announced) != addrs {
		t.Fatalf("died %v, advert %v after, %d of %d addresses announced", died, advert.Sub(due), len(announced), addrs)
	}
	return []float64{ms(advert.Sub(due)), ms(firstARP.Sub(due)), ms(lastARP.Sub(due))}
}

// configTest measures --config-test on a large file.
func configTest(t *testing.T, d daemon) []float64 {
	r := newRig(t)
	f := r.router.Write("big.conf", bigConfig())
	cmd := exec.Command(d.path, "-t", "-f", f)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s -t: %v: %.500s", d.name, err, out)
	}
	return []float64{ms(time.Since(start))}
}

// bigConfig returns 2000 virtual servers with 10 real servers each on 132,000 lines.
func bigConfig() string {
	var b strings.Builder
	for v := range 2000 {
		fmt.Fprintf(&b, "virtual_server 10.%d.%d.1 80 {\n delay_loop 6\n lb_algo rr\n lb_kind NAT\n protocol TCP\n", v>>8, v&255)
		for r := range 10 {
			fmt.Fprintf(&b, " real_server 192.168.%d.%d 80 {\n  weight 1\n  TCP_CHECK {\n   connect_timeout 3\n  }\n }\n", v&255, r+1)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// memory measures what parent and VRRP child take up together.
func memory(t *testing.T, d daemon) []float64 {
	r := newRig(t)
	r.start(d, instances(1, 1, "0.1"))
	time.Sleep(2 * time.Second)
	return []float64{(pss(t, r.pid("p.pid")) + pss(t, r.child())) / 1024}
}

func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		fmt.Println("make bench needs root: it makes network namespaces")
		os.Exit(1)
	}
	os.Exit(m.Run())
}
