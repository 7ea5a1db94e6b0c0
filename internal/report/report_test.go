package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func instances() []Instance {
	return []Instance{
		{
			Conf: &conf.Instance{
				Name: "VI_1", Interface: "eth0", VRID: 51, Family: conf.IPv4, Version: 2, Priority: 100, Preempt: true, Accept: true,
				AdvertInterval: time.Second, DownAdverts: 3, MulticastGroup: netip.MustParseAddr("224.0.0.18"),
				Auth:     conf.Auth{Type: conf.AuthPass, Pass: [8]byte{'1', '1'}},
				Announce: conf.Announce{Delay: 5 * time.Second, Repeat: 5, RefreshRepeat: 1, LowerPrioDelay: 5 * time.Second, LowerPrioRepeat: 5},
				Addrs: []conf.Address{
					{Prefix: netip.MustParsePrefix("10.9.0.100/24"), Dev: "eth0", Label: "eth0:1"},
					{Prefix: netip.MustParsePrefix("10.9.0.101/32")},
				},
				ExcludedAddrs: []conf.Address{{Prefix: netip.MustParsePrefix("2001:db8::7/64"), PreferredLft: conf.LftForever}},
				Notify:        conf.Notify{Master: &conf.Script{Line: "/usr/bin/true a", Argv: []string{"/usr/bin/true", "a"}}},
			},
			Status: vrouter.Status{State: vrouter.Master, Priority: 105, Source: netip.MustParseAddr("10.9.0.1"),
				Master: netip.MustParseAddr("10.9.0.1"), MasterPriority: 105, MasterInterval: time.Second,
				LastTransition: time.Unix(1795172698, 543913000).UTC(), Held: true},
			Stats: vrouter.Stats{AdvertsReceived: 1, AdvertsSent: 2, BecameMaster: 3, ReleasedMaster: 4, LengthErrors: 5, TTLErrors: 6,
				TypeErrors: 7, IntervalErrors: 8, AddressErrors: 9, UnknownAuth: 10, AuthMismatch: 11, AuthFailures: 12,
				TrailerMissing: 13, TrailerMalformed: 14, TrailerUnknownKey: 15, TrailerWrongHMAC: 16, TrailerStale: 17,
				TrailerReplayed: 18, PriorityZeroReceived: 19, PriorityZeroSent: 20},
		},
		{
			Conf: &conf.Instance{Name: "VI_2", Interface: "eth1", VRID: 52, Family: conf.IPv4, Version: 3, Priority: 200,
				AdvertInterval: 500 * time.Millisecond, DownAdverts: 3, Unicast: true, PreemptDelay: 1500 * time.Millisecond,
				Peers: []conf.Peer{{Addr: netip.MustParseAddr("10.9.0.2"), MaxTTL: 255}},
				Addrs: []conf.Address{{Prefix: netip.MustParsePrefix("10.9.0.102/32"), Scope: 253}}},
			Status: vrouter.Status{State: vrouter.Fault, Priority: 200, MasterInterval: 500 * time.Millisecond},
		},
	}
}

// processes has one definition with all options and one with none.
func processes() []Process {
	return []Process{
		{Conf: &conf.WatchedProcess{Name: "p1", Path: "/usr/sbin/x", Params: []string{"-a", "b"}, Match: conf.MatchInitial, FullCommand: true,
			Quorum: 2, QuorumMax: 5, ForkDelay: 2500 * time.Millisecond, TerminateDelay: time.Second, Weight: -7}, Count: 1, Forked: true},
		{Conf: &conf.WatchedProcess{Name: "p2", Path: "y", Quorum: 1, QuorumMax: conf.MaxProcesses}, Count: 3, Quorum: true, Terminated: true},
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s:\n%s", name, d)
	}
}

func TestReportsLookLikeKeepalived(t *testing.T) {
	var stats, text, one, two, procs bytes.Buffer
	for _, err := range []error{
		WriteStats(&stats, instances()), WriteData(&text, &conf.Global{RouterID: "x", Umask: 0o177}, instances()),
		WriteJSON(&one, instances(), processes(), 1), WriteJSON(&two, instances(), processes(), 2),
		WriteProcesses(&procs, processes()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "stats.txt", stats.Bytes())
	golden(t, "data.txt", text.Bytes())
	golden(t, "processes.txt", procs.Bytes())
	golden(t, "v1.json", indent(t, one.Bytes()))
	golden(t, "v2.json", indent(t, two.Bytes()))
}

func indent(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestExporterCanDecode decodes as exporters do, which take these fields for Go ints.
func TestExporterCanDecode(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, instances(), nil, 1); err != nil {
		t.Fatal(err)
	}
	var got []struct {
		Data struct {
			Name      string   `json:"iname"`
			State     int      `json:"state"`
			GArpDelay int      `json:"garp_delay"`
			VRID      int      `json:"vrid"`
			VIPs      []string `json:"vips"`
		} `json:"data"`
		Stats map[string]int `json:"stats"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Data.State != 2 || got[1].Data.State != 3 || got[0].Data.GArpDelay != 5 || got[0].Stats["advert_sent"] != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestReplaceLeavesNothingElseBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keepalived.json")
	for _, content := range []string{"first", "second"} {
		if err := Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(path); string(b) != content {
			t.Errorf("got %q", b)
		}
	}
	if names, _ := os.ReadDir(dir); len(names) != 1 {
		t.Errorf("%d files", len(names))
	}
	if err := Replace(filepath.Join(dir, "no", "such", "dir"), nil); err == nil {
		t.Error("no error for a missing directory")
	}
}
