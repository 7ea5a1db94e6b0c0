package check

import (
	"context"
	"io"
	"net"
	"os"
	"time"
)

// conn is a connection on which each thing must happen within its patience, however long all of them take: that is what
// connect_timeout means in keepalived. The end of its context ends it.
type conn struct {
	*os.File
	packets  bool // an empty one is not the end
	patience time.Duration
	end      time.Time // of the context; zero: none
	forget   func() bool
}

var _ net.Conn = (*conn)(nil)

// newConn takes over a socket that does not block.
func newConn(ctx context.Context, fd int, packets bool, patience time.Duration) *conn {
	c := &conn{File: os.NewFile(uintptr(fd), "socket"), packets: packets, patience: patience}
	c.end, _ = ctx.Deadline()
	c.forget = context.AfterFunc(ctx, func() { c.File.Close() })
	return c
}

// arm begins to wait for the next thing.
func (c *conn) arm() error {
	until := c.end
	if c.patience > 0 {
		if next := time.Now().Add(c.patience); until.IsZero() || next.Before(until) {
			until = next
		}
	}
	if c.SetDeadline(until) != nil {
		return os.ErrClosed
	}
	return nil
}

// finish waits until a connection that has begun stands or has failed.
func (c *conn) finish(e *endpoint) error {
	if err := c.arm(); err != nil {
		return err
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var done bool
	var failed error
	if err := raw.Write(func(fd uintptr) bool {
		done, failed = e.connect(int(fd))
		return done || failed != nil
	}); err != nil {
		return err
	}
	return failed
}

// Read waits for what comes next.
func (c *conn) Read(b []byte) (int, error) {
	if err := c.arm(); err != nil {
		return 0, err
	}
	n, err := c.File.Read(b)
	if err == io.EOF && c.packets {
		err = nil
	}
	return n, err
}

// Write waits until it is sent.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.arm(); err != nil {
		return 0, err
	}
	return c.File.Write(b)
}

// Close ends the connection.
func (c *conn) Close() error {
	c.forget()
	return c.File.Close()
}

// unnamed is the address of a conn, for which nobody asks.
type unnamed struct{}

// Network returns nothing.
func (unnamed) Network() string { return "" }

// String returns nothing.
func (unnamed) String() string { return "" }

// LocalAddr is there for net.Conn, which TLS wants.
func (c *conn) LocalAddr() net.Addr { return unnamed{} }

// RemoteAddr is there for net.Conn.
func (c *conn) RemoteAddr() net.Addr { return unnamed{} }
