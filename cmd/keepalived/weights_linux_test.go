package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// weightRow is one line of testdata/weights.txt.
type weightRow struct {
	priority    int // 0: FAULT
	kind, entry string
}

func weightRows(t *testing.T) []weightRow {
	t.Helper()
	text, err := os.ReadFile("testdata/weights.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []weightRow
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if n, err := strconv.Atoi(f[0]); err == nil && len(f) == 3 {
			rows = append(rows, weightRow{n, f[1], f[2]})
		}
	}
	return rows
}

// weightsConfig gives each row an instance of its own, with its number as the VRID.
func (r *router) weightsConfig(rows []weightRow) string {
	var b strings.Builder
	b.WriteString("global_defs {\n script_user root\n}\n")
	for name, program := range map[string]string{"ok": "true", "bad": "false"} {
		fmt.Fprintf(&b, "vrrp_script s_%s {\n script \"/bin/%s\"\n}\n", name, program)
		fmt.Fprintf(&b, "vrrp_script sr_%s {\n script \"/bin/%s\"\n weight 7 reverse\n}\n", name, program)
	}
	for _, value := range []string{"0", "10", "-20", "300", "-254"} {
		name := "f_" + strings.ReplaceAll(value, "-", "m")
		fmt.Fprintf(&b, "track_file %s {\n file %s\n}\n", name, r.Write(name, value+"\n"))
	}
	for i, row := range rows {
		fmt.Fprintf(&b, "vrrp_instance I%d {\n interface eth0\n virtual_router_id %d\n priority 100\n virtual_ipaddress {\n  10.9.%d.1/24\n }\n",
			i+1, i+1, i+1)
		fmt.Fprintf(&b, " %s {\n  %s\n }\n}\n", row.kind, row.entry)
	}
	return b.String()
}

// TestWeightsOnTheWireAreDebians runs Debian's keepalived and ours with each combination of base, weight, sign, reverse and
// result, and compares the priorities in the adverts.
func TestWeightsOnTheWireAreDebians(t *testing.T) {
	t.Parallel()
	nettest.NeedRoot(t)
	rows := weightRows(t)
	if len(rows) < 40 {
		t.Fatalf("%d rows", len(rows))
	}
	for name, start := range map[string]func(r *router, conf string){
		"debians": func(r *router, conf string) { r.debians(conf) },
		"ours":    func(r *router, conf string) { r.ours(conf) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nettest.NeedProgram(t, "tcpdump", "tcpdump")
			_, rs := routers(t, "a", "b")
			for _, dev := range []string{"up0", "down0"} {
				rs[0].IP("link add " + dev + " type veth peer name peer_" + dev)
			}
			rs[0].IP("link set peer_up0 up")
			rs[0].IP("link set up0 up")
			dump := rs[1].Start("tcpdump", "-l", "-n", "-i", "eth0", "proto 112")
			nettest.Eventually(t, 30*time.Second, "tcpdump listens", func() bool { return strings.Contains(dump.Output(), "listening on") })
			start(rs[0], rs[0].weightsConfig(rows))
			settled := func() bool { return cmp.Equal(wanted(rows), priorities(dump.Output(), rows)) }
			for deadline := time.Now().Add(20 * time.Second); !settled(); time.Sleep(100 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("(-want +got)\n%s", cmp.Diff(wanted(rows), priorities(dump.Output(), rows)))
				}
			}
		})
	}
}

// wanted returns the priority of each row that is not in FAULT.
func wanted(rows []weightRow) map[string]int {
	want := map[string]int{}
	for _, row := range rows {
		if row.priority > 0 {
			want[row.kind+" "+row.entry] = row.priority
		}
	}
	return want
}

// priorities returns the latest priority in the adverts of each row.
func priorities(dump string, rows []weightRow) map[string]int {
	latest := map[string]int{}
	for _, m := range regexp.MustCompile(`vrid (\d+), prio (\d+)`).FindAllStringSubmatch(dump, -1) {
		vrid, _ := strconv.Atoi(m[1])
		row := rows[vrid-1]
		latest[row.kind+" "+row.entry], _ = strconv.Atoi(m[2])
	}
	return latest
}
