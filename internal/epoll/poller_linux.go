// Package epoll waits until one of several descriptors is readable or a deadline has come, to the microsecond.
//
// Go's own timers wait in whole milliseconds when a process is idle, which is longer than a failover may be late.
package epoll

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Token names a descriptor that is being watched; its owner chooses the value.
type Token int32

const (
	tokenWake  Token = -1
	tokenTimer Token = -2
)

// Poller watches descriptors for one goroutine. Only Wake may be called by others.
type Poller struct {
	fd, timer, wake int
	armed           time.Time
	events          []unix.EpollEvent
	ready           []Token
}

// New returns a Poller that watches nothing yet.
func New() (*Poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot create epoll descriptor: %w", err)
	}
	p := &Poller{fd: fd, timer: -1, wake: -1, events: make([]unix.EpollEvent, 64)}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err == nil {
		// Edge-triggered: an expiration that was returned once need not be read.
		ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(tokenTimer)}
		err = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, p.timer, &ev)
	}
	if err == nil {
		if p.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err == nil {
			err = p.Add(p.wake, tokenWake)
		}
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("cannot prepare epoll descriptor: %w", err)
	}
	return p, nil
}

// Close releases the poller's own descriptors, not those that it watches.
func (p *Poller) Close() {
	for _, fd := range []int{p.fd, p.timer, p.wake} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// Add watches fd, which must not block; Wait returns token while it is readable.
func (p *Poller) Add(fd int, token Token) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(token)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("cannot watch descriptor %d: %w", fd, err)
	}
	return nil
}

// Remove stops watching fd. A descriptor that is not watched is no error.
func (p *Poller) Remove(fd int) {
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil)
}

// Wake makes the present or the next Wait return. It never blocks.
func (p *Poller) Wake() {
	one := [8]byte{1}
	_, _ = unix.Write(p.wake, one[:])
}

// Wait blocks until a descriptor is readable, the deadline has come or Wake was called, and returns the tokens of all
// readable descriptors, valid until the next call. A zero deadline means never; one that has passed makes it look
// without waiting.
func (p *Poller) Wait(deadline time.Time) ([]Token, error) {
	timeout := -1
	if !deadline.IsZero() {
		if left := time.Until(deadline); left <= 0 {
			timeout = 0
		} else if err := p.arm(deadline, left); err != nil {
			return nil, err
		}
	} else if err := p.disarm(); err != nil {
		return nil, err
	}
	events, err := p.poll(timeout)
	if err != nil {
		return nil, fmt.Errorf("cannot wait for descriptors: %w", err)
	}
	p.ready = p.ready[:0]
	for _, ev := range events {
		switch t := Token(ev.Fd); t {
		case tokenTimer:
			p.armed = time.Time{}
		case tokenWake:
			p.drainWake()
		default:
			p.ready = append(p.ready, t)
		}
	}
	return p.ready, nil
}

// poll returns everything that is ready, however much that is.
func (p *Poller) poll(timeout int) ([]unix.EpollEvent, error) {
	for {
		n, err := unix.EpollWait(p.fd, p.events, timeout)
		switch {
		case errors.Is(err, unix.EINTR): // by SIGSTOP and SIGCONT too: what came meanwhile is to be returned
		case err != nil:
			return nil, err
		case n < len(p.events):
			return p.events[:n], nil
		default:
			p.events = make([]unix.EpollEvent, 2*len(p.events))
			p.armed = time.Time{} // the timer's event may have been among them
		}
		timeout = 0
	}
}

// arm sets the timer unless it already stands at the deadline.
func (p *Poller) arm(deadline time.Time, left time.Duration) error {
	if p.armed.Equal(deadline) {
		return nil
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(left))}
	if err := unix.TimerfdSettime(p.timer, 0, &spec, nil); err != nil {
		return fmt.Errorf("cannot set timer: %w", err)
	}
	p.armed = deadline
	return nil
}

func (p *Poller) disarm() error {
	if p.armed.IsZero() {
		return nil
	}
	p.armed = time.Time{}
	if err := unix.TimerfdSettime(p.timer, 0, &unix.ItimerSpec{}, nil); err != nil {
		return fmt.Errorf("cannot clear timer: %w", err)
	}
	return nil
}

// drainWake takes the count out of the eventfd, which stays readable until then.
func (p *Poller) drainWake() {
	var buf [8]byte
	_, _ = unix.Read(p.wake, buf[:])
}
