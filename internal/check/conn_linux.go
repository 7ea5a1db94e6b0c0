package check

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// conn is a connection on which each thing must happen within its patience, however long all of them take: that is what
// connect_timeout means in keepalived. Its context bounds them all, and alone does so without patience.
//
// One goroutine uses it; Close may come from another one.
type conn struct {
	packets  bool // an empty one is not the end
	patience time.Duration
	end      time.Time // of the context; zero: none
	forget   func() bool
	happened chan struct{} // that something has: on the socket, in time, or in another goroutine

	mu      sync.Mutex  // guards what follows; who holds it does not wait
	fd      int         // -1: closed
	poller  *poller     // nil: nothing has been waited for
	number  int32       // of the poller
	watched bool        // once at least
	timer   *time.Timer // until; nil: nothing has been waited for
	until   time.Time   // when what is waited for must have happened; zero: whenever
	limit   time.Time   // SetDeadline; zero: none
	over    bool        // the context has ended, or until has come
}

var _ net.Conn = (*conn)(nil)

// newConn takes over a socket that does not block.
func newConn(ctx context.Context, fd int, packets bool, patience time.Duration) *conn {
	c := &conn{fd: fd, packets: packets, patience: patience, happened: make(chan struct{}, 1)}
	c.end, _ = ctx.Deadline()
	if s, ok := ctx.(*span); ok {
		c.forget = s.onCancel(c.cutShort)
	} else {
		c.forget = context.AfterFunc(ctx, c.cutShort)
	}
	return c
}

// cutShort has everything fail that is under way or to come.
func (c *conn) cutShort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.wake()
}

// expire does so when the time has come, which another wait may have put off meanwhile.
func (c *conn) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !time.Now().Before(c.until) {
		c.over = true
		c.wake()
	}
}

// wake has the one who waits look again. It does not wait itself.
func (c *conn) wake() {
	select {
	case c.happened <- struct{}{}:
	default:
	}
}

// repeat repeats a call that does not wait until it is done, and waits for the events in between.
func (c *conn) repeat(events uint32, call func(fd int) (done bool)) error {
	for tries := 0; ; tries++ {
		if done, err := c.try(call); done || err != nil {
			return err
		}
		if tries == 0 {
			if err := c.arm(); err != nil {
				return err
			}
		}
		if err := c.watch(events); err != nil {
			return err
		}
		<-c.happened
	}
}

// try makes the call, unless all is over.
func (c *conn) try(call func(fd int) bool) (done bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.fd < 0:
		return false, net.ErrClosed
	case c.over, !c.limit.IsZero() && !time.Now().Before(c.limit):
		return false, os.ErrDeadlineExceeded
	}
	return call(c.fd), nil
}

// arm begins to wait for the next thing.
func (c *conn) arm() error {
	p, err := sockets()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return net.ErrClosed
	}
	if c.poller == nil {
		c.poller, c.number = p, p.add(c.wake)
	}
	now := time.Now()
	c.until = earliest(c.end, c.limit)
	if c.patience > 0 {
		c.until = earliest(c.until, now.Add(c.patience))
	}
	switch {
	case c.until.IsZero():
	case c.timer == nil:
		c.timer = time.AfterFunc(c.until.Sub(now), c.expire)
	default:
		c.timer.Reset(c.until.Sub(now))
	}
	return nil
}

// earliest returns the first of two times; zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// watch has the poller wake the one who is about to wait.
func (c *conn) watch(events uint32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return net.ErrClosed
	}
	again := c.watched
	c.watched = true
	return c.poller.watch(c.fd, c.number, events, again)
}

// finish waits until a connection that has begun stands or has failed.
func (c *conn) finish(e *endpoint) error {
	var state error
	err := c.repeat(unix.EPOLLOUT, func(fd int) bool {
		state = e.connectNow(fd) // once more: it tells how far the first one is
		return !underWay(state)
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
	if outer := c.repeat(unix.EPOLLIN|unix.EPOLLRDHUP, func(fd int) bool {
		n, err = transfer(unix.SYS_READ, fd, b)
		return err != unix.EAGAIN
	}); outer != nil {
		return 0, outer
	}
	if n == 0 && err == nil && !c.packets {
		err = io.EOF
	}
	return n, err
}

// Write waits until it is sent.
func (c *conn) Write(b []byte) (sent int, err error) {
	if outer := c.repeat(unix.EPOLLOUT, func(fd int) bool {
		for more := true; more; more = err == nil && sent < len(b) {
			var n int
			n, err = transfer(unix.SYS_WRITE, fd, b[sent:])
			sent += n
		}
		return err != unix.EAGAIN
	}); outer != nil {
		err = outer
	}
	return sent, err
}

// transfer reads or writes without waiting, and without telling the scheduler: see connectNow.
func transfer(call uintptr, fd int, b []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// Close ends the connection, also for one who waits.
func (c *conn) Close() error {
	c.forget()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return net.ErrClosed
	}
	if c.poller != nil {
		c.poller.remove(c.number)
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	closeNow(c.fd)
	c.fd = -1
	c.wake()
	return nil
}

// closeNow closes a socket. Without SO_LINGER that does not wait, so the scheduler need not hear of it: see connectNow.
func closeNow(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

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

// SetDeadline is there for net.Conn, which TLS closes in this way. It bounds reading and writing.
func (c *conn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = t
	c.wake()
	return nil
}

// SetReadDeadline is there for net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error { return c.SetDeadline(t) }

// SetWriteDeadline is there for net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.SetDeadline(t) }
