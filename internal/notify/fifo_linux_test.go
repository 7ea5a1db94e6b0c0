package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not seen: " + what)
		}
	}
}

// drain reads what is in a pipe now.
func drain(t *testing.T, path string) string {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var all []byte
	buf := make([]byte, 1<<16)
	for {
		n, err := unix.Read(fd, buf)
		if n <= 0 || err != nil {
			return string(all)
		}
		all = append(all, buf[:n]...)
	}
}

func global(fifo conf.FIFO) *conf.Global {
	return &conf.Global{ScriptUser: conf.User{Name: "root"}, VRRPFIFO: fifo}
}

func TestNotesAreWrittenToTheByte(t *testing.T) {
	needRoot(t)
	path := filepath.Join(t.TempDir(), "fifo")
	n, reports := newNotifier(t)
	n.Configure(global(conf.FIFO{Path: path}))
	info, err := os.Stat(path)
	if err != nil || info.Mode() != os.ModeNamedPipe|0o644 {
		t.Errorf("%v, %v", info, err)
	}
	none := &conf.Notify{}
	n.Tell(Note{"INSTANCE", "VI 1", "MASTER", 150, none, false})
	n.Write(Note{"INSTANCE", "VI 1", "MASTER_PRIORITY", 140, none, false})
	n.Tell(Note{"INSTANCE", "VI 1", "MASTER_RX_LOWER_PRI", 140, none, false})
	n.Tell(Note{"GROUP", "G", "FAULT", 0, none, false})
	const want = "INSTANCE \"VI 1\" MASTER 150\nINSTANCE \"VI 1\" MASTER_PRIORITY 140\n" +
		"INSTANCE \"VI 1\" MASTER_RX_LOWER_PRI 140\nGROUP \"G\" FAULT 0\n"
	if got := drain(t, path); got != want {
		t.Errorf("got\n%s", got)
	}
	n.Configure(global(conf.FIFO{Path: path})) // the same: not touched
	if again, err := os.Stat(path); err != nil || !os.SameFile(info, again) {
		t.Error("a reload made the pipe anew")
	}
	n.Close(time.Second)
	if _, err := os.Stat(path); err == nil {
		t.Error("the pipe is left behind")
	}
	select {
	case r := <-reports:
		t.Error(r)
	default:
	}
}

func TestNobodyReadsAndNothingBlocks(t *testing.T) {
	needRoot(t)
	path := filepath.Join(t.TempDir(), "fifo")
	n, reports := newNotifier(t)
	n.Configure(global(conf.FIFO{Path: path}))
	defer n.Close(time.Second)
	none := &conf.Notify{}
	start := time.Now()
	for range 10_000 {
		n.Tell(Note{"INSTANCE", "VI_1", "BACKUP", 100, none, false})
	}
	n.Tell(Note{"INSTANCE", "VI_1", "MASTER", 100, none, false})
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("telling took %v", d)
	}
	if r := <-reports; r != "vrrp notify fifo write error: resource temporarily unavailable" {
		t.Error(r)
	}
	all := ""
	eventually(t, "the latest state", func() bool {
		all += drain(t, path)
		return strings.HasSuffix(all, "INSTANCE \"VI_1\" MASTER 100\n")
	})
}

func TestForeignFilesAreNoFIFO(t *testing.T) {
	needRoot(t)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	n, reports := newNotifier(t)
	n.Configure(global(conf.FIFO{Path: path}))
	n.Close(0)
	if r := <-reports; !strings.Contains(r, "it exists and is not a fifo") {
		t.Error(r)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("the file was removed")
	}
}

func TestReaderOfAFIFOHearsEverything(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	path, out := filepath.Join(dir, "fifo"), filepath.Join(dir, "out")
	n, _ := newNotifier(t)
	n.Configure(global(conf.FIFO{Path: path, Script: shell("f() { exec cat \"$1\" >" + out + "; }; f")}))
	none := &conf.Notify{}
	n.Tell(Note{"INSTANCE", "VI_1", "MASTER", 100, none, false})
	got := func() string {
		b, _ := os.ReadFile(out)
		return string(b)
	}
	eventually(t, "the first line", func() bool { return got() == "INSTANCE \"VI_1\" MASTER 100\n" })
	n.Tell(Note{"INSTANCE", "VI_1", "STOP", 100, none, false})
	n.Close(time.Second)
	if got() != "INSTANCE \"VI_1\" MASTER 100\nINSTANCE \"VI_1\" STOP 100\n" {
		t.Errorf("got %q", got())
	}
}
