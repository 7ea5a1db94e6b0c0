package script

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/nettest"
)

// privileges returns the line of a script about itself.
func privileges(t *testing.T, secure bool, name string) string {
	t.Helper()
	dir := t.TempDir()
	path, out := filepath.Join(dir, name), filepath.Join(dir, "out")
	install(t, path, "#!/bin/sh\nsleep 0.01\ngrep NoNewPrivs /proc/self/status >"+out)
	if err := run(t, &conf.Script{Line: path, Argv: []string{path}, Secure: secure}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(got)), " ")
}

func TestSecureScriptsGainNoPrivileges(t *testing.T) {
	for _, c := range []struct {
		name   string
		secure bool
		want   string
	}{
		{"check", true, "NoNewPrivs: 1"}, {"check", false, "NoNewPrivs: 0"}, {"sudo", true, "NoNewPrivs: 0"},
		{"su", true, "NoNewPrivs: 0"}, {"doas", true, "NoNewPrivs: 0"}, {"pkexec", true, "NoNewPrivs: 0"}, {"sudoku", true, "NoNewPrivs: 1"},
	} {
		if got := privileges(t, c.secure, c.name); got != c.want {
			t.Errorf("%s, secure %t: %s, want %s", c.name, c.secure, got, c.want)
		}
	}
}

// Scripts that run at once have the runtime make threads, which must not come from theirs.
func TestDaemonKeepsItsPrivileges(t *testing.T) {
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got := privileges(t, true, "check"); got != "NoNewPrivs: 1" {
				t.Error(got)
			}
		})
	}
	wg.Wait()
	nettest.Eventually(t, 10*time.Second, "no thread of the daemon is bound", func() bool {
		files, err := filepath.Glob("/proc/self/task/*/status")
		for _, f := range files {
			if b, _ := os.ReadFile(f); strings.Contains(string(b), "NoNewPrivs:\t1") {
				return false
			}
		}
		return err == nil && len(files) > 0
	})
}

// realtimeEnv makes the test run its script with real-time priority, in a process of its own.
const realtimeEnv = "TEST_SCRIPT_REALTIME"

func TestScriptsHaveNoRealtimePriority(t *testing.T) {
	path, out := program(t, "#!/bin/sh\nexec /bin/cat /proc/self/stat >OUT")
	if os.Getenv(realtimeEnv) == "" {
		nettest.NeedProgram(t, "chrt", "util-linux")
		cmd := exec.Command("chrt", "--rr", "5", os.Args[0], "-test.run", "^TestScriptsHaveNoRealtimePriority$", "-test.v")
		cmd.Env = append(os.Environ(), realtimeEnv+"=1")
		text, err := cmd.CombinedOutput()
		if strings.Contains(string(text), "failed to set pid") {
			nettest.CannotRun(t, "it may not have real-time priority")
		}
		if err != nil {
			t.Errorf("%v:\n%s", err, text)
		}
		return
	}
	if attr, err := unix.SchedGetAttr(0, 0); err != nil || attr.Policy != unix.SCHED_RR {
		t.Fatalf("the test has no real-time priority: %+v, %v", attr, err)
	}
	if err := run(t, &conf.Script{Line: path, Argv: []string{path}}); err != nil {
		t.Fatal(err)
	}
	stat, _ := os.ReadFile(out)
	_, rest, _ := strings.Cut(string(stat), ") ")
	const policy = 41 - 3 // its place in proc_pid_stat(5), counted from the state
	if f := strings.Fields(rest); len(f) <= policy || f[policy] != "0" {
		t.Errorf("the script has the policy of the daemon: %s", stat)
	}
}

func TestLinksAreResolvedUnlessTheyAreToBeKept(t *testing.T) {
	real, out := program(t, "#!/bin/sh\necho $0 >OUT")
	link, shell := filepath.Join(t.TempDir(), "link"), filepath.Join(t.TempDir(), "another-name")
	for from, to := range map[string]string{link: real, shell: "/bin/sh"} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		s    conf.Script
		want string
	}{
		{conf.Script{Line: link, Argv: []string{link}}, real},
		{conf.Script{Line: link, Argv: []string{link}, KeepLinks: true}, link},
		// A program of many names does what its name says.
		{conf.Script{Line: shell, Argv: []string{shell, "-c", "echo $0 >" + out}}, shell},
	} {
		if err := run(t, &c.s); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(out); strings.TrimSpace(string(got)) != c.want {
			t.Errorf("%s, kept: %t: it is called %s, want %s", c.s.Line, c.s.KeepLinks, got, c.want)
		}
	}
}
