package check

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// conn is a connection on which each thing must happen within its patience, however long all of them take: that is what
// connect_timeout means in keepalived. Its context bounds them all, and alone does so without patience.
type conn struct {
	file     *os.File
	raw      syscall.RawConn // of file
	packets  bool            // an empty one is not the end
	patience time.Duration
	end      time.Time // of the context; zero: none
	forget   func() bool

	mu  sync.Mutex // guards cut, and the deadline with it
	cut bool       // the context has ended
}

var _ net.Conn = (*conn)(nil)

// newConn takes over a socket that does not block.
func newConn(ctx context.Context, fd int, packets bool, patience time.Duration) *conn {
	c := &conn{file: os.NewFile(uintptr(fd), "check"), packets: packets, patience: patience}
	c.raw, _ = c.file.SyscallConn() // fails for a nil file only
	c.end, _ = ctx.Deadline()
	if s, ok := ctx.(*span); ok {
		c.forget = s.onCancel(c.cutShort)
	} else {
		c.forget = context.AfterFunc(ctx, c.cutShort)
	}
	if patience == 0 {
		_ = c.file.SetDeadline(c.end)
	}
	return c
}

// past is a deadline that everything misses.
var past = time.Unix(1, 0)

// cutShort has everything fail that is under way or to come.
func (c *conn) cutShort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	_ = c.file.SetDeadline(past)
}

// arm begins to wait for the next thing.
func (c *conn) arm() {
	if c.patience == 0 {
		return
	}
	next := time.Now().Add(c.patience)
	if !c.end.IsZero() && c.end.Before(next) {
		next = c.end
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.cut {
		_ = c.file.SetDeadline(next)
	}
}

// await begins to wait when that has not been done yet, and returns false: what is waited for has not happened.
func (c *conn) await(waits *bool) bool {
	if !*waits {
		*waits = true
		c.arm()
	}
	return false
}

// finish waits until a connection that has begun stands or has failed.
func (c *conn) finish(e *endpoint) error {
	var state error
	waits := false
	err := c.raw.Write(func(fd uintptr) bool {
		state = e.connectNow(int(fd)) // once more: it tells how far the first one is
		return !underWay(state) || c.await(&waits)
	})
	if err == nil && state != unix.EISCONN {
		err = state
	}
	return err
}

// Read waits for what comes next.
func (c *conn) Read(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	waits := false
	outer := c.raw.Read(func(fd uintptr) bool {
		n, err = transfer(unix.SYS_READ, fd, b)
		return err != unix.EAGAIN || c.await(&waits)
	})
	if outer != nil {
		return 0, outer
	}
	if n == 0 && err == nil && !c.packets {
		err = io.EOF
	}
	return n, err
}

// Write waits until it is sent.
func (c *conn) Write(b []byte) (sent int, err error) {
	waits := false
	outer := c.raw.Write(func(fd uintptr) bool {
		for more := true; more; more = err == nil && sent < len(b) {
			var n int
			n, err = transfer(unix.SYS_WRITE, fd, b[sent:])
			sent += n
		}
		return err != unix.EAGAIN || c.await(&waits)
	})
	if outer != nil {
		err = outer
	}
	return sent, err
}

// transfer reads or writes without waiting, and without telling the scheduler: see connectNow.
func transfer(call, fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// Close ends the connection.
func (c *conn) Close() error {
	c.forget()
	return c.file.Close()
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

// SetDeadline is there for net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.file.SetDeadline(t) }

// SetReadDeadline is there for net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error { return c.file.SetReadDeadline(t) }

// SetWriteDeadline is there for net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.file.SetWriteDeadline(t) }
