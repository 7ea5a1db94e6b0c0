package check

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// connected returns a connection to a server that says nothing, and the server's end.
func connected(t *testing.T, ctx context.Context, patience time.Duration) (*conn, net.Conn) {
	t.Helper()
	others := make(chan net.Conn, 1)
	at := serve(t, func(c net.Conn) { others <- c; hanging(c) })
	e := &endpoint{addr: at, patience: patience}
	c, err := e.dial(ctx, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, <-others
}

// TLS closes a connection while something is read from it: the reading ends.
func TestCloseEndsReading(t *testing.T) {
	c, _ := connected(t, t.Context(), time.Hour)
	failed := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		failed <- err
	}()
	for {
		c.mu.Lock()
		waits := c.watched
		c.mu.Unlock()
		if waits {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if err := c.Close(); !errors.Is(err, net.ErrClosed) {
		t.Error("closed twice: ", err)
	}
}

// Each thing has its patience, from when it begins to wait; the end of the context bounds all of them.
func TestPatience(t *testing.T) {
	c, other := connected(t, t.Context(), quick)
	for range 3 {
		go func() {
			time.Sleep(quick / 2)
			_, _ = other.Write([]byte{1})
		}()
		if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	begun := time.Now()
	if _, err := c.Read(make([]byte, 1)); reason(err) != ErrTimeout || time.Since(begun) < quick {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
	ctx, cancel := context.WithCancel(t.Context())
	c, _ = connected(t, ctx, time.Hour)
	cancel()
	if _, err := c.Read(make([]byte, 1)); reason(err) != ErrTimeout {
		t.Error(err)
	}
	if _, err := c.Write([]byte{1}); reason(err) != ErrTimeout {
		t.Error(err)
	}
}

// A number is not given to another socket as long as it is in use, whatever there were before.
func TestNumbersOfThePoller(t *testing.T) {
	p := &poller{sockets: map[int32]func(){}, last: 1<<31 - 3}
	seen := map[int32]bool{}
	first := p.add(func() {})
	for range 5 {
		n := p.add(func() {})
		if n <= 0 || n == first || seen[n] {
			t.Fatalf("number %d", n)
		}
		seen[n] = true
	}
	for n := range seen {
		p.remove(n)
	}
	if len(p.sockets) != 1 {
		t.Errorf("%d left", len(p.sockets))
	}
}
