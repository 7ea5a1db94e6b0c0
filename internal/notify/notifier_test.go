package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/nettest"
)

func shell(line string) *conf.Script { return &conf.Script{Line: line} }

func newNotifier(t *testing.T) (*Notifier, chan string) {
	t.Helper()
	reports := make(chan string, 1000)
	return New(conf.User{Name: "root"}, func(s string) { reports <- s }), reports
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("scripts run as root here")
	}
}

func TestScriptsRunInOrderWithTheirArguments(t *testing.T) {
	needRoot(t)
	out := filepath.Join(t.TempDir(), "out")
	n, reports := newNotifier(t)
	scripts := &conf.Notify{
		Master: shell("echo m >>" + out),
		Backup: shell("sleep 0.1; echo b >>" + out),
		Any:    shell("f() { echo \"$@\" >>" + out + "; }; f"),
		Stop:   shell("echo s >>" + out),
	}
	want := ""
	for i := range 20 {
		n.Tell(Note{"INSTANCE", "VI_1", "BACKUP", uint8(i), scripts, false})
		n.Tell(Note{"INSTANCE", "VI_1", "MASTER", uint8(i), scripts, false})
		want += fmt.Sprintf("b\nINSTANCE VI_1 BACKUP %d\nm\nINSTANCE VI_1 MASTER %d\n", i, i)
	}
	n.Tell(Note{"INSTANCE", "VI_1", "STOP", 100, scripts, false})
	n.Close(time.Minute)
	if got, _ := os.ReadFile(out); string(got) != want+"s\nINSTANCE VI_1 STOP 100\n" {
		t.Errorf("got\n%s", got)
	}
	select {
	case r := <-reports:
		t.Error(r)
	default:
	}
}

func TestHangingScriptHoldsUpNobodyElse(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	n, reports := newNotifier(t)
	n.patience = 100 * time.Millisecond
	hang := &conf.Notify{Master: shell("sleep 1000"), Backup: shell("touch " + dir + "/same")}
	n.Tell(Note{"INSTANCE", "hangs", "MASTER", 1, hang, false})
	n.Tell(Note{"INSTANCE", "hangs", "BACKUP", 1, hang, false})
	n.Tell(Note{"INSTANCE", "other", "MASTER", 1, &conf.Notify{Master: shell("touch " + dir + "/other")}, false})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		_, err1 := os.Stat(dir + "/other")
		_, err2 := os.Stat(dir + "/same")
		if err1 == nil && err2 == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a script was held up")
		}
	}
	if r := <-reports; !strings.Contains(r, "is still running after") {
		t.Error(r)
	}
	start := time.Now()
	n.Close(0)
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("Close took %v", d)
	}
}

func TestFailureIsReported(t *testing.T) {
	n, reports := newNotifier(t)
	n.Tell(Note{"GROUP", "G", "FAULT", 0, &conf.Notify{Fault: &conf.Script{Line: "x", User: conf.User{Name: "no_such"}}}, false})
	n.Close(time.Minute)
	if r := <-reports; !strings.Contains(r, "script user 'no_such' does not exist") {
		t.Error(r)
	}
}

func TestTheNewestIsNeverGivenUp(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	n, _ := newNotifier(t)
	block := &conf.Notify{Master: shell("touch " + dir + "/begun; while [ ! -e " + dir + "/go ]; do sleep 0.01; done")}
	n.Tell(Note{"INSTANCE", "VI_1", "MASTER", 1, block, false})
	nettest.Eventually(t, 20*time.Second, "the first script runs", func() bool { // or it is among those that wait
		_, err := os.Stat(dir + "/begun")
		return err == nil
	})
	skip := &conf.Notify{Backup: shell("echo x >>" + dir + "/count"), Fault: shell("touch " + dir + "/last")}
	for range maxWaiting + 50 {
		n.Tell(Note{"INSTANCE", "VI_1", "BACKUP", 1, skip, false})
	}
	n.Tell(Note{"INSTANCE", "VI_1", "FAULT", 1, skip, false})
	if err := os.WriteFile(dir+"/go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n.Close(time.Minute)
	if _, err := os.Stat(dir + "/last"); err != nil {
		t.Error("the newest note was lost")
	}
	if got, _ := os.ReadFile(dir + "/count"); strings.Count(string(got), "x") != maxWaiting-1 {
		t.Errorf("%d of the older ones ran", strings.Count(string(got), "x"))
	}
}
