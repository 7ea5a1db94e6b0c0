package log

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestConsoleLineLooksLikeKeepalived(t *testing.T) {
	var b bytes.Buffer
	l := Setup(Options{Console: &b})
	l.Info("(VI_1) Entering MASTER STATE")
	l.Close()
	at, rest, ok := strings.Cut(b.String(), ": ")
	if _, err := time.Parse(time.ANSIC, at); err != nil || !ok || rest != "(VI_1) Entering MASTER STATE\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

func TestRepeatedMessageIsCountedNotFlooded(t *testing.T) {
	var b bytes.Buffer
	l := Setup(Options{Console: &b})
	for i := range 1000 {
		l.Info("same")
		if i%500 == 0 {
			l.Info(fmt.Sprint("other ", i))
		}
	}
	l.Close()
	got := b.String()
	if n := strings.Count(got, ": same\n"); n != burst {
		t.Errorf("%d copies", n)
	}
	if !strings.Contains(got, fmt.Sprintf("same (repeated %d more times)", 1000-burst)) || !strings.Contains(got, "other 500") {
		t.Errorf("got %s", got)
	}
}

// stuck is a console whose reader has gone to sleep.
type stuck struct{ release chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.release
	return len(p), nil
}

func TestStuckReaderDoesNotHoldUpTheWriter(t *testing.T) {
	s := stuck{make(chan struct{})}
	l := Setup(Options{Console: s})
	for i := range 2 * queueLen {
		l.Info(fmt.Sprint("line ", i))
	}
	if n := l.sink.dropped.Load(); n < queueLen-1 || n > queueLen {
		t.Errorf("%d lines dropped", n)
	}
	close(s.release)
	l.Close()
}

func TestFileIsAppendedTo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "k.log")
	for range 2 {
		l := Setup(Options{File: file})
		l.Info("x")
		l.Close()
	}
	if b, _ := os.ReadFile(file); strings.Count(string(b), ": x\n") != 2 {
		t.Errorf("got %q", b)
	}
	var b bytes.Buffer
	Setup(Options{File: "/no/such/dir/file", Console: &b}).Close()
	if !strings.Contains(b.String(), "cannot open log file: open /no/such/dir/file: no such file or directory") {
		t.Errorf("got %q", b.String())
	}
}

func TestChildFileNameHasTheSuffixBeforeTheLastDot(t *testing.T) {
	for in, want := range map[string]string{
		"/tmp/keepalived.log": "/tmp/keepalived_vrrp.log",
		"/tmp.d/log":          "/tmp.d/log_vrrp",
		"a.b.c":               "a.b_vrrp.c",
	} {
		if got := FileFor(in, "_vrrp"); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
