package track

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// sink keeps what a Watcher finds.
type sink struct {
	t       *testing.T
	mu      sync.Mutex
	lines   []string
	reports []string
}

func (s *sink) Report(r Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports = append(s.reports, fmt.Sprintf("%s %t %d", r.Name, r.Up, r.Value))
}

func (s *sink) Log(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, text)
}

func (s *sink) has(list *[]string, want string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(*list, "\n")+"\n", want+"\n")
}

// latest waits until the latest report is want.
func (s *sink) latest(want string) {
	s.t.Helper()
	s.eventually(want, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.reports) > 0 && s.reports[len(s.reports)-1] == want
	})
}

func (s *sink) logs(want string) {
	s.t.Helper()
	s.eventually(want, func() bool { return s.has(&s.lines, want) })
}

func (s *sink) eventually(what string, cond func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.t.Fatalf("not seen: %s\nreports:\n%s\nlog:\n%s", what, strings.Join(s.reports, "\n"), strings.Join(s.lines, "\n"))
		}
	}
}

func watching(t *testing.T, cfg *conf.Config) (*sink, *Watcher) {
	t.Helper()
	cfg.Global.ScriptUser = conf.User{Name: "root"}
	s := &sink{t: t}
	w := New(s)
	t.Cleanup(w.Close)
	w.Apply(cfg)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	w.Settle(ctx)
	return s, w
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("scripts run as root here")
	}
}

// probe returns a script that runs line often.
func probe(line string) *conf.VRRPScript {
	return &conf.VRRPScript{Name: "p", Script: &conf.Script{Line: line}, Interval: 10 * time.Millisecond,
		Timeout: 5 * time.Second, Rise: 1, Fall: 1}
}

func TestScriptResultsAreReported(t *testing.T) {
	needRoot(t)
	down := filepath.Join(t.TempDir(), "down")
	s, _ := watching(t, &conf.Config{Scripts: []*conf.VRRPScript{probe("[ ! -e " + down + " ] || exit 3")}})
	s.latest("p true 0")
	s.logs("VRRP_Script(p) succeeded")
	if err := os.WriteFile(down, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.latest("p false 0")
	s.logs("Script `p` now returning 3")
	s.logs("VRRP_Script(p) failed (exited with status 3)")
}

func TestSignalAndTimeoutAreFailures(t *testing.T) {
	needRoot(t)
	s, _ := watching(t, &conf.Config{Scripts: []*conf.VRRPScript{probe("kill -9 $$")}})
	s.latest("p false 0")
	s.logs("VRRP_Script(p) failed (due to signal 9)")
	hang := probe("trap '' TERM; while :; do sleep 0.01; done")
	hang.Timeout = 50 * time.Millisecond
	s, _ = watching(t, &conf.Config{Scripts: []*conf.VRRPScript{hang}})
	s.logs("VRRP_Script(p) timed_out")
	s.latest("p false 0")
	s.logs("Track script p is already running, expect idle - skipping run")
}

func TestFloodingScriptIsHarmless(t *testing.T) {
	needRoot(t)
	flood := probe("head -c 30000000 /dev/zero; head -c 30000000 /dev/zero >&2")
	flood.Interval = time.Second
	s, _ := watching(t, &conf.Config{Scripts: []*conf.VRRPScript{flood}})
	s.latest("p true 0")
}

func TestScriptThatStaysGoesOnAtAReload(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	one := probe("echo x >>" + dir + "/one; exit 1")
	one.Interval = time.Hour
	s, w := watching(t, &conf.Config{Scripts: []*conf.VRRPScript{one}})
	s.latest("p false 0")
	same := *one
	other := probe("true")
	other.Name = "q"
	cfg := &conf.Config{Scripts: []*conf.VRRPScript{&same, other}, Global: conf.Global{ScriptUser: conf.User{Name: "root"}}}
	fresh := w.Apply(cfg)
	if len(fresh) != 1 || fresh[0].Name != "q" {
		t.Errorf("fresh: %v", fresh)
	}
	s.logs("VRRP_Script(p) considered unsuccessful on reload")
	s.latest("q true 0")
	if b, _ := os.ReadFile(dir + "/one"); string(b) != "x\n" {
		t.Errorf("the script that stays ran %d times", len(b)/2)
	}
}

func TestFilesAreFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := &conf.WatchedFile{Name: "f", Path: path, Create: true, Value: 7}
	s, w := watching(t, &conf.Config{Files: []*conf.WatchedFile{f}})
	s.latest("f false 7")
	put(" -30 \n")
	s.latest("f false -30")
	put("nonsense")
	s.latest("f false 0")
	s.logs("track file f: 'nonsense' is not a number - taking it for 0")
	if err := os.WriteFile(path+".new", []byte("12"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	s.latest("f false 12")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s.latest("f false 0")
	put("5")
	s.latest("f false 5")
	more := *f
	more.Value = 9 // another file to watch, as it were: what is there now is not overwritten
	w.Apply(&conf.Config{Files: []*conf.WatchedFile{&more}})
	put("6")
	s.latest("f false 6")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reports {
		if r == "f false 9" {
			t.Error("a reload wrote the initial value")
		}
	}
}

func TestHalfWrittenFileDoesNotCount(t *testing.T) {
	dir := t.TempDir()
	path, marker := filepath.Join(dir, "f"), filepath.Join(dir, "m")
	if err := os.WriteFile(path, []byte("100"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := watching(t, &conf.Config{Files: []*conf.WatchedFile{{Name: "f", Path: path}, {Name: "m", Path: marker}}})
	h, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(marker, []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.latest("m false 1") // events come in order: had the truncation counted, it would have been reported
	if s.has(&s.reports, "f false 0") {
		t.Error("the moment between truncation and writing counted")
	}
	fmt.Fprint(h, "99")
	h.Close()
	s.latest("f false 99")
}

func TestProcessesAreFollowed(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "a_watched_prog")
	bin, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	if err := exec.Command("cp", bin, program).Run(); err != nil {
		t.Fatal(err)
	}
	defs := []*conf.WatchedProcess{{Name: "w", Path: "a_watched_prog", Quorum: 1, QuorumMax: conf.MaxProcesses}}
	s, _ := watching(t, &conf.Config{Processes: defs})
	s.latest("w false 0")
	cmd := exec.Command(program, "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.latest("w true 0")
	s.logs("Quorum gained for tracked process w")
	if err := cmd.Process.Kill(); err != nil { // not waited for: a zombie does not count
		t.Fatal(err)
	}
	s.latest("w false 0")
	_ = cmd.Wait()
}
