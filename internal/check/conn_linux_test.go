package check

import (
	"context"
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
