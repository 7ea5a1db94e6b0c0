package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// unbound tells whether no thread of a process has no_new_privs.
func unbound(pid int) bool {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, f := range files {
		if b, _ := os.ReadFile(f); strings.Contains(string(b), "NoNewPrivs:\t1") {
			return false
		}
	}
	return err == nil && len(files) > 0
}

func TestOnlySecureScriptsAreBoundToTheirPrivileges(t *testing.T) {
	t.Parallel()
	for security, want := range map[string]string{"enable_script_security": "1", "": "0"} {
		t.Run("security "+want, func(t *testing.T) {
			t.Parallel()
			_, rs := routers(t, "a")
			r := rs[0]
			path, out := r.Write("script", "#!/bin/sh\nsed -n 's/^NoNewPrivs:.//p' /proc/self/status >>"+r.file("out")+"\n"), r.file("out")
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
			r.ours("global_defs {\n script_user root\n " + security + "\n}\nvrrp_script S {\n script " + path + "\n interval 1\n}\n" +
				replace(fast, "interface eth0", "interface eth0\n track_script {\n  S\n }\n notify_master "+path))
			text := func() string {
				b, _ := os.ReadFile(out)
				return string(b)
			}
			nettest.Eventually(t, 30*time.Second, "three runs", func() bool { return strings.Count(text(), "\n") >= 3 })
			if strings.Trim(text(), want+"\n") != "" {
				t.Errorf("want %s:\n%s", want, text())
			}
			for _, name := range []string{"p.pid", "v.pid"} {
				nettest.Eventually(t, 10*time.Second, "the daemon is not bound", func() bool { return unbound(r.pid(name)) })
			}
			r.terminate()
		})
	}
}
