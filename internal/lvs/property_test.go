package lvs_test

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/conftest"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// walk is a table with a kernel that fails at random, and a model of what is known.
type walk struct {
	t      *rapid.T
	now    time.Time
	table  *lvs.Table
	cfg    *conf.Config
	kernel ipvs.Fake
	checks map[lvs.CheckID]string // "virtual server|real server|target port"
	up     map[string]bool        // by the same name
	quorum map[string]bool
	set    map[*conf.RealServer]int // weights that managers have set
}

// weight returns the weight of a server.
func (w *walk) weight(s *conf.RealServer) int {
	if n, set := w.set[s]; set {
		return n
	}
	return s.Weight
}

// TestTableIsWhatTheStateSays: whatever the order of results, reloads, changes by others and failed kernel calls, the
// kernel's table ends as it is when computed from scratch.
func TestTableIsWhatTheStateSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &walk{t: t, now: time.Unix(1, 0), checks: map[lvs.CheckID]string{}, up: map[string]bool{}, quorum: map[string]bool{}, set: map[*conf.RealServer]int{}}
		w.cfg = conftest.Build(t, randomConfig(t))
		w.table = lvs.New(w.cfg)
		w.flaky()
		w.step(lvs.Event{Kind: lvs.Start})
		w.step(lvs.Event{Kind: lvs.Ready})
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			w.event()
		}
		w.kernel.Refuse = nil
		for range 3 {
			w.now = w.now.Add(time.Minute)
			w.step(lvs.Event{Kind: lvs.Timeout})
		}
		if got, want := w.kernel.String(), w.scratch(); got != want {
			t.Fatalf("the kernel has\n%swant\n%s", got, want)
		}
		if ev := w.observe(); !ev.Right {
			t.Fatal("the table has another sum than the kernel's, which is right")
		}
		if got, want := ipvs.Save(w.table.Wanted()), w.scratch(); got != want {
			t.Fatalf("the table wants\n%swant\n%s", got, want)
		}
	})
}

func (w *walk) flaky() {
	w.kernel.Refuse = func(lvs.Action) bool { return rapid.IntRange(0, 9).Draw(w.t, "refused") == 0 }
}

func (w *walk) event() {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(w.t, "ms")) * time.Millisecond)
	switch rapid.SampledFrom([]string{"result", "result", "result", "result", "reload", "clear", "timeout", "weigh"}).Draw(w.t, "event") {
	case "result":
		ids := make([]lvs.CheckID, 0, len(w.checks))
		for id := range w.checks {
			ids = append(ids, id)
		}
		if len(ids) == 0 {
			return
		}
		slices.Sort(ids)
		id := rapid.SampledFrom(ids).Draw(w.t, "check")
		up := rapid.Bool().Draw(w.t, "up")
		w.up[w.checks[id]] = up
		w.step(lvs.Event{Kind: lvs.Result, Check: id, Up: up})
	case "reload":
		w.cfg = conftest.Build(w.t, randomConfig(w.t))
		w.step(lvs.Event{Kind: lvs.Reload, Config: w.cfg})
	case "weigh":
		v := rapid.SampledFrom(w.cfg.VirtualServers).Draw(w.t, "virtual server")
		s := rapid.SampledFrom(v.Servers).Draw(w.t, "server")
		w.set[s] = rapid.IntRange(0, 4).Draw(w.t, "new weight")
		w.step(lvs.Event{Kind: lvs.Weigh, RealServer: s, Number: w.set[s]})
	case "clear":
		w.kernel.Apply([]lvs.Action{{Kind: lvs.Flush}})
	case "timeout":
		w.step(lvs.Event{Kind: lvs.Timeout})
	}
}

func (w *walk) step(ev lvs.Event) {
	if ev.Kind == lvs.Reload || ev.Kind == lvs.Ready {
		defer w.model(true)
	} else if ev.Kind == lvs.Result || ev.Kind == lvs.Weigh {
		defer w.model(false)
	}
	for _, a := range w.table.Step(w.now, ev, nil) {
		switch a.Kind {
		case lvs.StartCheck:
			name := checkName(a.Virtual, a.Server, a.Checker)
			w.checks[a.Check] = name
			w.up[name] = !a.Checker.Alpha
			if a.Known {
				w.up[name] = a.Up
			}
		case lvs.StopCheck:
			delete(w.checks, a.Check)
		case lvs.Compare:
			w.step(w.observe())
		}
		if a.Kind <= lvs.Flush {
			for range w.kernel.Apply([]lvs.Action{a}) {
				w.step(lvs.Event{Kind: lvs.Failed, Key: a.Service.Key, Dest: a.Dest.Key, Text: "failed"})
			}
		}
	}
}

// observe looks at the kernel as the daemon does, which does not hand over a table with the right sum.
func (w *walk) observe() lvs.Event {
	dump, _ := ipvs.Dump(&w.kernel)
	sum := lvs.NewSum(seed)
	for _, p := range dump {
		sum.Add(p)
	}
	if sum.Value() == w.table.Sum(seed) {
		return lvs.Event{Kind: lvs.Observed, Right: true}
	}
	return lvs.Event{Kind: lvs.Observed, Kernel: dump}
}

var seed = maphash.MakeSeed()

func checkName(virtual, server string, c *conf.Check) string {
	return fmt.Sprintf("%s|%s|%d", virtual, server, c.Port)
}

func (w *walk) serverUp(v *conf.VirtualServer, s *conf.RealServer) bool {
	for _, c := range s.Checks {
		if !w.up[checkName(v.Title(), fmt.Sprintf("[%s]:%s:%d", s.Addr, v.Protocol, s.Port), c)] {
			return false
		}
	}
	return true
}

// model works out the quorum anew: it is all that depends on the past.
func (w *walk) model(reload bool) {
	if reload {
		titles := map[string]bool{}
		for _, v := range w.cfg.VirtualServers {
			titles[v.Title()] = true
		}
		for k := range w.quorum {
			if !titles[k] {
				delete(w.quorum, k)
			}
		}
	}
	for _, v := range w.cfg.VirtualServers {
		live := 0
		for _, s := range v.Servers {
			if w.serverUp(v, s) {
				live += w.weight(s)
			}
		}
		up := w.quorum[v.Title()]
		switch q, h := int(v.Quorum), int(v.Hysteresis); {
		case !up && live >= q+h:
			up = true
		case up && (live < q-h || live == 0 && q > 0):
			up = false
		}
		w.quorum[v.Title()] = up
	}
}

// scratch computes the table in the plainest way.
func (w *walk) scratch() string {
	var out []lvs.Programmed
	for _, v := range w.cfg.VirtualServers {
		p := lvs.Programmed{Service: lvs.Service{Key: lvs.ServiceKey{Addr: v.Addr, Port: v.Port, Protocol: v.Protocol, Family: conf.IPv4}, Scheduler: v.Scheduler}}
		quorum := w.quorum[v.Title()]
		add := func(s *conf.RealServer, weight int) {
			p.Dests = append(p.Dests, lvs.Dest{Key: netip.AddrPortFrom(s.Addr, s.Port), Weight: weight, Method: s.Method})
		}
		for _, s := range v.Servers {
			switch {
			case w.serverUp(v, s) && (quorum || v.Sorry == nil):
				add(s, w.weight(s))
			case s.Inhibit:
				add(s, 0)
			}
		}
		switch {
		case v.Sorry != nil && !quorum:
			add(v.Sorry, 1)
		case v.Sorry != nil && v.SorryInhibit:
			add(v.Sorry, 0)
		}
		out = append(out, p)
	}
	return ipvs.Save(out)
}

func randomConfig(t *rapid.T) string {
	var b strings.Builder
	maybe := func(text string) {
		if rapid.Bool().Draw(t, text) {
			b.WriteString(text + "\n")
		}
	}
	for v := 1; v <= 3; v++ {
		if v > 1 && rapid.Bool().Draw(t, "absent") {
			continue
		}
		fmt.Fprintf(&b, "virtual_server 10.0.0.%d 80 {\nprotocol TCP\nlb_kind NAT\nlb_algo %s\n", v,
			rapid.SampledFrom([]string{"rr", "wlc"}).Draw(t, "algo"))
		maybe("alpha")
		maybe("omega")
		maybe("inhibit_on_failure")
		if rapid.Bool().Draw(t, "sorry") {
			b.WriteString("sorry_server 127.0.0.9 80\n")
			maybe("sorry_server_inhibit")
		}
		servers := rapid.IntRange(1, 4).Draw(t, "servers")
		q := rapid.IntRange(1, servers).Draw(t, "quorum")
		fmt.Fprintf(&b, "quorum %d\nhysteresis %d\n", q, rapid.IntRange(0, q-1).Draw(t, "hysteresis"))
		for s := 1; s <= servers; s++ {
			fmt.Fprintf(&b, "real_server 127.0.0.%d 80 {\nweight %d\n", s, rapid.IntRange(1, 3).Draw(t, "weight"))
			for c := range rapid.IntRange(0, 2).Draw(t, "checks") {
				fmt.Fprintf(&b, "TCP_CHECK {\nconnect_port %d\n}\n", 80+c)
			}
			b.WriteString("}\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}
