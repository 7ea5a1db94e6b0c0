package lvs_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/conftest"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

var update = flag.Bool("update", false, "rewrite the output of the transcripts")

// TestTranscripts runs testdata/*.txt: stanzas of comments and commands, a line "----", and what the table says, up to an
// empty line. The kernel is a fake.
//
//	config ... end             the configuration for the next start or reload; "replace A B" changes it, + being a blank in A
//	start, reload, stop
//	up|down N                  checker N says so
//	adjust N WEIGHT            checker N succeeds and adds to the weight
//	file NAME NUMBER           the track_file holds the number; before start it is what is known then
//	weigh V R WEIGHT           a manager gives server R of service V, both counted from 1, another weight
//	address ADDR here|gone     the address comes to the host or leaves it
//	refuse KIND                the kernel refuses the next such change; "refuse" none
//	clear                      someone empties the kernel's table
//	run DURATION               time goes by
//	table                      shows the kernel's table as ipvsadm -Sn
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runTranscript(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

type player struct {
	t      *testing.T
	conf   *conf.Config // in force
	now    time.Time
	table  *lvs.Table
	kernel ipvs.Fake
	text   string      // the configuration
	files  []lvs.Event // before the start
	out    strings.Builder
}

func runTranscript(t *testing.T, text string) string {
	p := &player{t: t, now: time.Unix(1000, 0)}
	var all strings.Builder
	for _, stanza := range strings.Split(strings.TrimRight(text, "\n"), "\n\n") {
		head, _, _ := strings.Cut(stanza, "\n----")
		all.WriteString(head + "\n----\n")
		p.out.Reset()
		lines := strings.Split(head, "\n")
		for i := 0; i < len(lines); i++ {
			if lines[i] == "config" {
				j := i + 1
				for lines[j] != "end" {
					j++
				}
				p.text = strings.Join(lines[i+1:j], "\n") + "\n"
				i = j
				continue
			}
			p.command(strings.Fields(lines[i]))
		}
		all.WriteString(p.out.String() + "\n")
	}
	return strings.TrimRight(all.String(), "\n") + "\n"
}

func (p *player) command(w []string) {
	if len(w) == 0 || strings.HasPrefix(w[0], "#") {
		return
	}
	check := func() lvs.CheckID {
		n, err := strconv.Atoi(w[1])
		if err != nil {
			p.t.Fatal(err)
		}
		return lvs.CheckID(n)
	}
	switch w[0] {
	case "file":
		n, _ := strconv.Atoi(w[2])
		if p.table == nil {
			p.files = append(p.files, lvs.Event{Kind: lvs.File, Name: w[1], Number: n})
			return
		}
		p.step(lvs.Event{Kind: lvs.File, Name: w[1], Number: n})
	case "start":
		p.conf = conftest.Build(p.t, p.text)
		p.table = lvs.New(p.conf)
		for _, ev := range p.files {
			p.step(ev)
		}
		dump, _ := ipvs.Dump(&p.kernel)
		p.step(lvs.Event{Kind: lvs.Start, Kernel: dump})
		p.step(lvs.Event{Kind: lvs.Ready})
	case "replace":
		p.text = strings.ReplaceAll(p.text, strings.ReplaceAll(w[1], "+", " "), strings.Join(w[2:], " "))
	case "reload":
		p.conf = conftest.Build(p.t, p.text)
		p.step(lvs.Event{Kind: lvs.Reload, Config: p.conf})
	case "stop":
		p.step(lvs.Event{Kind: lvs.Stop})
	case "up", "down":
		p.step(lvs.Event{Kind: lvs.Result, Check: check(), Up: w[0] == "up", Mail: "CHECK " + w[0]})
	case "adjust":
		n, _ := strconv.Atoi(w[2])
		p.step(lvs.Event{Kind: lvs.Result, Check: check(), Up: true, Adjust: n})
	case "weigh":
		var v, r, weight int
		_, _ = fmt.Sscan(strings.Join(w[1:], " "), &v, &r, &weight)
		p.step(lvs.Event{Kind: lvs.Weigh, RealServer: p.conf.VirtualServers[v-1].Servers[r-1], Number: weight})
	case "address":
		p.step(lvs.Event{Kind: lvs.Address, Addr: netip.MustParseAddr(w[1]), Up: w[2] == "here"})
	case "refuse":
		p.kernel.Refuse = nil
		if len(w) > 1 {
			p.kernel.Refuse = func(a lvs.Action) bool { return a.Kind.String() == w[1] }
		}
	case "clear":
		p.kernel.Apply([]lvs.Action{{Kind: lvs.Flush}})
	case "run":
		d, err := time.ParseDuration(w[1])
		if err != nil {
			p.t.Fatal(err)
		}
		p.run(p.now.Add(d))
	case "table":
		p.out.WriteString(p.kernel.String())
	default:
		p.t.Fatalf("unknown command %v", w)
	}
}

func (p *player) run(until time.Time) {
	for d := p.table.Deadline(); !d.IsZero() && !d.After(until); d = p.table.Deadline() {
		p.now = d
		p.step(lvs.Event{Kind: lvs.Timeout})
	}
	p.now = until
}

func (p *player) step(ev lvs.Event) {
	for _, a := range p.table.Step(p.now, ev, nil) {
		if a.Kind == lvs.Compare {
			dump, _ := ipvs.Dump(&p.kernel)
			p.step(lvs.Event{Kind: lvs.Observed, Kernel: dump})
			continue
		}
		fmt.Fprintln(&p.out, a)
		if a.Kind > lvs.Flush {
			continue
		}
		for _, f := range p.kernel.Apply([]lvs.Action{a}) {
			p.step(lvs.Event{Kind: lvs.Failed, Key: a.Service.Key, Dest: a.Dest.Key, Text: fmt.Sprintf("cannot %s: %v", a, f.Err)})
		}
	}
}
