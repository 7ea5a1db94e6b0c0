package main

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

func TestSignalsWriteReports(t *testing.T) {
	r := &router{}
	t.Setenv("TMPDIR", t.TempDir()) // not parallel: the daemon inherits it
	*r = *master(t, fast)
	dir := os.Getenv("TMPDIR")
	read := func(name string) string {
		b, _ := os.ReadFile(dir + "/" + name)
		return string(b)
	}
	for _, step := range []struct {
		sig  syscall.Signal
		file string
		want string
	}{
		{syscall.SIGUSR1, "keepalived.data", "   State = MASTER\n"},
		{syscall.SIGUSR1, "keepalived_parent.data", " Network namespace = (default)\n"},
		{syscall.SIGUSR2, "keepalived.stats", "  Became master: 1\n"},
		{36, "keepalived.json", `"iname":"VI_1"`},
		{37, "keepalived.json", `"iname":"VI_1"`},
		{63, "keepalived.stats", "  Became master: 1\n"},
		{syscall.SIGUSR2, "keepalived.stats", "  Became master: 0\n"},
	} {
		_ = os.Remove(dir + "/" + step.file)
		r.proc.Signal(step.sig)
		nettest.Eventually(t, 10*time.Second, step.file, func() bool { return strings.Contains(read(step.file), step.want) })
	}
	var list []map[string]map[string]json.RawMessage
	if err := json.Unmarshal([]byte(read("keepalived.json")), &list); err != nil || len(list) != 1 || string(list[0]["data"]["state"]) != "2" {
		t.Errorf("keepalived.json: %v: %s", err, read("keepalived.json"))
	}
	// Some send the signal to every process of that name.
	if err := syscall.Kill(r.pid("v.pid"), 37); err != nil {
		t.Fatal(err)
	}
	r.IP("link set eth0 down")
	r.waitFor("Entering FAULT STATE")
	r.proc.Signal(syscall.SIGUSR1)
	nettest.Eventually(t, 10*time.Second, "the fault is reported", func() bool {
		return strings.Contains(read("keepalived.data"), "   State = FAULT\n")
	})
	r.terminate()
}

func TestReportsAreWrittenWhereTheConfigurationSays(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp) // not parallel: the daemon inherits it
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours("instance foo\nglobal_defs {\n state_dump_file " + tmp + "/st.txt\n data_use_instance\n json_version 2\n}\nvrrp_track_process P {\n process " +
		"no-such-program\n}\n" + replace(fast, "interface eth0", "interface eth0\n track_process {\n  P weight 5\n }"))
	nettest.Eventually(t, 30*time.Second, "the address", func() bool { return r.Has(vip) })
	for _, step := range []struct {
		sig        syscall.Signal
		file, want string
	}{
		{syscall.SIGUSR1, "st.foo.txt", "   State = MASTER\n"},
		{syscall.SIGUSR1, "st.foo.txt", "   Have quorum = false\n"},
		{syscall.SIGUSR1, "st_parent.foo.txt", " Instance name = foo\n"},
		{syscall.SIGUSR2, "keepalived.foo.stats", "  Became master: 1\n"},
		{36, "keepalived.json", `"track_process":[{"process":"no-such-program","param_match":"none","min_processes":1,"current_processes":0,"have_quorum":false,`},
	} {
		r.proc.Signal(step.sig)
		nettest.Eventually(t, 10*time.Second, step.file, func() bool {
			b, _ := os.ReadFile(tmp + "/" + step.file)
			return strings.Contains(string(b), step.want)
		})
	}
	r.terminate()
}
