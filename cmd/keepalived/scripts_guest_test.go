//go:build guest

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// scripted runs a script for each change, in each way to name its user: by script_user, and per script by user and group.
const scripted = `global_defs {
 script_user daemon
 @GLOBAL@
}
virtual_server 10.0.0.1 80 {
 protocol TCP
 lb_algo rr
 lb_kind NAT
 delay_loop 1
 warmup 0
 retry 1
 delay_before_retry 0.5
 quorum 2
 quorum_up "@DIR@/told quorum up 'a b' e'f'g h\x41" nobody
 quorum_down "@DIR@/told quorum down"
 real_server 127.0.0.2 8080 {
  notify_up "@DIR@/told 2 up" nobody daemon
  notify_down "@DIR@/told 2 down" root
  TCP_CHECK {
  }
 }
 real_server 127.0.0.3 8080 {
  notify_up @DIR@/told
  notify_down @DIR@/alone
  MISC_CHECK {
   misc_path "@DIR@/check 3"
   misc_timeout 30
   user nobody
  }
 }
 real_server 127.0.0.4 8080 {
  MISC_CHECK {
   misc_path "@DIR@/check 4"
   misc_timeout 30
  }
 }
}
`

// teller writes a file of its own for each call: arguments, user and groups, environment in its order, working directory,
// umask, blocked and ignored signals, priority, limits of the stack, session, and what is open.
const teller = `#!/bin/sh
f=@DIR@/out/$(basename "$0").$(echo "$*" | tr ' /' '__').$$
{
 echo "argv: $(tr '\0' '|' </proc/$$/cmdline)"
 echo "user: $(id -u) $(id -g) $(id -G)"
 tr '\0' '\n' </proc/$$/environ | sed 's/^/env: /'
 echo "dir: $(pwd)"
 echo "umask: $(umask)"
 grep -E '^Sig(Blk|Ign)' /proc/$$/status
 echo "nice: $(cut -d' ' -f19 /proc/$$/stat)"
 echo "stack: $(ulimit -s) core: $(ulimit -c) files: $(ulimit -n) locked: $(ulimit -l)"
 [ "$(cut -d' ' -f5 /proc/$$/stat)" = $$ ] && echo "a process group of its own"
 for fd in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$fd ] && echo "open: $fd $(readlink /proc/$$/fd/$fd)"; done
} >"$f.new" 2>&1
mv "$f.new" "$f"
`

// calls returns what the scripts have written, each call once, without what differs from run to run.
func calls(t *testing.T, dir, home string) []string {
	t.Helper()
	files, err := filepath.Glob(dir + "/out/*[0-9]")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(b), filepath.Ext(f)+".new", ".new")
		all = append(all, filepath.Base(strings.TrimSuffix(f, filepath.Ext(f)))+"\n"+strings.ReplaceAll(text, home, "HOME"))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Scripts get the arguments, the user, the groups and the environment that Debian's keepalived gives them.
func TestScriptsRunAsByKeepalived(t *testing.T) {
	for _, global := range []string{"", "umask 0027"} {
		t.Run(global, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("/tmp", "scripts")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			want, got := scriptCalls(t, nettest.Debian(t), dir, global), scriptCalls(t, os.Getenv("KEEPALIVED"), dir, global)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-keepalived +ours):\n%s", diff)
			}
		})
	}
}

func scriptCalls(t *testing.T, program, dir, global string) []string {
	a := newArena(t)
	if err := os.RemoveAll(dir + "/out"); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, dir + "/out"} {
		if err := os.Mkdir(d, 0o755); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
		mode := map[string]os.FileMode{dir: 0o755, dir + "/out": 0o777}[d]
		if err := os.Chmod(d, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"told", "alone", "check"} {
		text := strings.ReplaceAll(teller, "@DIR@", dir)
		if name == "check" { // tells of itself once: it runs often
			fine := "[ -e " + dir + "/fine ]\n"
			seen := dir + "/seen$1"
			text = strings.Replace(text, "\n", "\nif [ -e "+seen+" ]; then "+strings.TrimSpace(fine)+"; exit $?; fi\n>"+seen+"\n", 1) + fine
		}
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	set := func(fine bool) {
		if fine {
			_ = os.WriteFile(dir+"/fine", nil, 0o644)
		} else {
			_ = os.Remove(dir + "/fine")
		}
	}
	set(true)
	for _, n := range []string{"3", "4"} {
		_ = os.Remove(dir + "/seen" + n)
	}
	if err := os.Chmod(dir, 0o777); err != nil { // for what the checks leave
		t.Fatal(err)
	}
	a.revive("127.0.0.2")
	conf := a.host.Write("k.conf", replace(scripted, "@DIR@", dir, "@GLOBAL@", global))
	p := a.host.Start(program, "-n", "-l", "-G", "-D", "-C", "-f", conf, "-p", a.host.Dir+"/k.pid", "-c", a.host.Dir+"/c.pid")
	times := func(name string, n int) {
		t.Helper()
		nettest.Eventually(t, 40*time.Second, name, func() bool {
			found, _ := filepath.Glob(dir + "/out/" + name + ".*[0-9]")
			return len(found) >= n
		})
	}
	has := func(name string) { t.Helper(); times(name, 1) }
	has("check.3")
	has("check.4")
	a.kill("127.0.0.2")
	has("told.2_down")
	set(false)
	has("alone.")
	has("told.quorum_down")
	set(true)
	has("told.")
	a.revive("127.0.0.2")
	has("told.2_up")
	times("told.quorum_up_*", 2) // at the start and now: the stop would cut it short
	a.signal(a.host.Dir+"/k.pid", syscall.SIGTERM)
	nettest.Eventually(t, 30*time.Second, "stop", func() bool { return strings.Contains(p.Output(), "Stopped Keepalived") })
	a.kill("127.0.0.2")
	return calls(t, dir, a.host.Dir)
}
