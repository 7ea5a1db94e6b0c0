package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

const failoverDir = "../../testdata/failover"

// sample returns a configuration of testdata/failover for the router with number n of two, of which the first is to be
// master.
func sample(t *testing.T, file string, n int, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(failoverDir, file))
	if err != nil {
		t.Fatal(err)
	}
	first := []string{"@STATE@", "MASTER", "@PRIORITY@", "150", "@OTHERSTATE@", "BACKUP", "@OTHERPRIORITY@", "100",
		"@IP@", "10.77.0.1", "@PEER@", "10.77.0.2"}
	second := []string{"@STATE@", "BACKUP", "@PRIORITY@", "100", "@OTHERSTATE@", "MASTER", "@OTHERPRIORITY@", "150",
		"@IP@", "10.77.0.2", "@PEER@", "10.77.0.1"}
	words := [][]string{first, second}[n]
	return strings.NewReplacer(append(words, "@DIR@", dir)...).Replace(string(b))
}

const notifyScript = "#!/bin/sh\necho \"$*\" >>\"$(dirname \"$0\")/notified\"\n"

// prepare writes what the sample names.
func (r *router) prepare() {
	r.t.Helper()
	if err := os.Chmod(r.Write("notify.sh", notifyScript), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Chmod(r.Dir, 0o755); err != nil {
		r.t.Fatal(err)
	}
}

func TestSamplesStartAndFailOver(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(failoverDir, "*.conf"))
	if err != nil || len(files) < 7 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, path := range files {
		file := filepath.Base(path)
		t.Run(strings.TrimSuffix(file, ".conf"), func(t *testing.T) {
			t.Parallel()
			failOver(t, file)
		})
	}
}

func failOver(t *testing.T, file string) {
	_, rs := routers(t, "a", "b")
	a, b := rs[0], rs[1]
	const vip = "10.77.0.100/24"
	for i, r := range rs {
		r.prepare()
		r.ours(sample(t, file, i, r.Dir), "--vrrp") // virtual servers need a kernel with IPVS
		if i == 0 {
			holds(t, rs, vip, a)
		}
	}
	b.waitFor("Entering BACKUP STATE (init)")
	if file == "two_instances.conf" {
		holds(t, rs, "10.77.0.101/24", b)
	}
	a.proc.Kill()
	nettest.Eventually(t, 30e9, "b takes over", func() bool { return b.Has(vip) })
	if file == "label_dev.conf" && !strings.Contains(b.IP("-o addr show dev eth0"), vip+" scope global eth0:9") &&
		!strings.Contains(b.IP("-o addr show dev eth0"), "scope global secondary eth0:9") {
		t.Errorf("no label: %s", b.IP("-o addr show dev eth0"))
	}
	// What the dead process has left behind goes when it is started again, and it becomes master again if it may.
	if !a.Has(vip) {
		t.Error("kill -9 has removed an address: nothing is left to clean up")
	}
	a.ours(sample(t, file, 0, a.Dir), "--vrrp")
	if file == "nopreempt.conf" {
		a.waitFor("Entering BACKUP STATE (init)")
		holds(t, rs, vip, b)
		b.terminate()
	}
	holds(t, rs, vip, a)
	a.terminate()
	if a.Has(vip) {
		t.Error("the address is still there after an orderly stop")
	}
	if file == "scripts_notify.conf" {
		checkNotified(t, a)
	}
}

func checkNotified(t *testing.T, r *router) {
	t.Helper()
	got, _ := os.ReadFile(r.file("notified"))
	want := "backup\nany INSTANCE VI_1 BACKUP 150\nmaster VI 1\nany INSTANCE VI_1 MASTER 152\n" // the script adds 2
	want += want + "stop\nany INSTANCE VI_1 STOP 152\n"
	if string(got) != want {
		t.Errorf("notified\n%swant\n%s", got, want)
	}
}
