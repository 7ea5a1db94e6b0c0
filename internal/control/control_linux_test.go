package control

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func pair(t *testing.T) (parent, child *Conn) {
	t.Helper()
	parent, f, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	child, err = FromFile(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { parent.Close(); child.Close() })
	return parent, child
}

func TestMessagesKeepTheirOrderAndCarryDescriptors(t *testing.T) {
	parent, child := pair(t)
	if _, ok, err := child.TryReceive(); ok || err != nil {
		t.Fatalf("empty socket: %v, %v", ok, err)
	}
	f, err := SealedFile("config", []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := errors.Join(parent.Send(Ping, -1), parent.Send(Reload, int(f.Fd()))); err != nil {
		t.Fatal(err)
	}
	if m, ok, err := child.TryReceive(); err != nil || !ok || m != (Message{Kind: Ping, FD: -1}) {
		t.Fatalf("got %+v, %v, %v", m, ok, err)
	}
	if err := parent.Begin("vrrp", "red east"); err != nil {
		t.Fatal(err)
	}
	m, err := child.Receive()
	if err != nil || m.Kind != Reload || m.FD < 0 {
		t.Fatalf("got %+v, %v", m, err)
	}
	for range 2 { // the offset is shared: it must not matter
		fd := os.NewFile(uintptr(m.FD), "config")
		if got, err := ReadSealed(fd); err != nil || string(got) != "hello" {
			t.Fatalf("got %q, %v", got, err)
		}
		if m.FD, err = dup(f); err != nil {
			t.Fatal(err)
		}
	}
	if m, err := child.Receive(); err != nil || m != (Message{Kind: Begin, FD: -1, Role: "vrrp", Label: "red east"}) {
		t.Fatalf("got %+v, %v", m, err)
	}
}

func TestSealedFileCannotBeChanged(t *testing.T) {
	f, err := SealedFile("config", []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("x"), 0); err == nil {
		t.Error("written")
	}
	if err := f.Truncate(0); err == nil {
		t.Error("truncated")
	}
}

func TestUnnamedFileIsForReadingAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	f, err := UnnamedFile(dir, []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("x"), 0); err == nil {
		t.Error("written")
	}
	if b, err := ReadSealed(f); err != nil || string(b) != "text" {
		t.Errorf("%q, %v", b, err)
	}
	if names, _ := os.ReadDir(dir); len(names) > 0 {
		t.Errorf("%v is there", names)
	}
	if _, err := UnnamedFile(dir+"/none", nil); err == nil {
		t.Error("no error for a directory that does not exist")
	}
}

func TestGoneParentIsSeen(t *testing.T) {
	parent, child := pair(t)
	parent.Close()
	if _, err := child.Receive(); !errors.Is(err, ErrClosed) {
		t.Errorf("Receive: %v", err)
	}
	if _, _, err := child.TryReceive(); !errors.Is(err, ErrClosed) {
		t.Errorf("TryReceive: %v", err)
	}
}

func TestSendToAProcessThatDoesNotReadGivesUp(t *testing.T) {
	parent, _ := pair(t)
	for range 1_000_000 {
		if err := parent.Send(Ping, -1); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			return
		}
	}
	t.Error("never gave up")
}

func dup(f *os.File) (int, error) { return unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0) }
