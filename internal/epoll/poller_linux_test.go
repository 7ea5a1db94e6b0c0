package epoll

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func newPoller(t *testing.T) *Poller {
	t.Helper()
	p, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestWaitReturnsReadableDescriptor(t *testing.T) {
	p := newPoller(t)
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	if err := p.Add(fds[0], 7); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Wait(time.Now()); err != nil || len(got) != 0 {
		t.Fatalf("empty pipe: %v, %v", got, err)
	}
	if _, err := unix.Write(fds[1], []byte("x")); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Wait(time.Time{}); err != nil || len(got) != 1 || got[0] != 7 {
		t.Fatalf("full pipe: %v, %v", got, err)
	}
	p.Remove(fds[0])
	if got, err := p.Wait(time.Now()); err != nil || len(got) != 0 {
		t.Fatalf("removed pipe: %v, %v", got, err)
	}
}

func TestWaitEndsAtDeadlineNotBefore(t *testing.T) {
	p := newPoller(t)
	for _, d := range []time.Duration{700 * time.Microsecond, 3 * time.Millisecond, 20 * time.Millisecond} {
		deadline := time.Now().Add(d)
		for time.Now().Before(deadline) {
			if _, err := p.Wait(deadline); err != nil {
				t.Fatal(err)
			}
		}
		if late := time.Since(deadline); late > time.Second {
			t.Errorf("deadline of %v: %v late", d, late)
		}
	}
}

func TestEarlierDeadlineReplacesLaterOne(t *testing.T) {
	p := newPoller(t)
	if _, err := p.Wait(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	p.Wake()
	if _, err := p.Wait(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(2 * time.Millisecond)
	if _, err := p.Wait(soon); err != nil {
		t.Fatal(err)
	}
	if time.Since(soon) > 10*time.Second {
		t.Fatal("the old deadline stayed in force")
	}
}

func TestWakeEndsWait(t *testing.T) {
	p := newPoller(t)
	done := make(chan error)
	go func() {
		_, err := p.Wait(time.Time{})
		done <- err
	}()
	p.Wake()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestWaitReturnsEveryReadableDescriptor(t *testing.T) {
	p := newPoller(t)
	const many = 300
	for i := range many {
		fd, err := unix.Eventfd(1, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := p.Add(fd, Token(i)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if got, err := p.Wait(time.Now().Add(time.Millisecond)); err != nil || len(got) != many {
			t.Fatalf("%d descriptors, %v", len(got), err)
		}
	}
}
