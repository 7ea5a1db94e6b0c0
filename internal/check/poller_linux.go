package check

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller tells which sockets something has happened on. It is an epoll descriptor of its own, which hangs on the Go runtime's
// as one file among others: a socket that is a file itself costs more than the rest of a check, most of it for closing it,
// which the scheduler hears of.
type poller struct {
	fd     int
	file   *os.File
	ready  chan struct{} // something has happened since the last look
	done   chan struct{}
	events [64]unix.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot create epoll descriptor: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // or the runtime would block in it
		unix.Close(fd)
		return nil, fmt.Errorf("cannot prepare epoll descriptor: %w", err)
	}
	p := &poller{fd: fd, file: os.NewFile(uintptr(fd), "checks"), ready: make(chan struct{}, 1), done: make(chan struct{})}
	raw, err := p.file.SyscallConn()
	if err != nil {
		p.file.Close()
		return nil, fmt.Errorf("cannot wait for epoll descriptor: %w", err)
	}
	go func() {
		defer close(p.done)
		_ = raw.Read(func(uintptr) bool {
			select {
			case p.ready <- struct{}{}:
			default:
			}
			return false
		})
	}()
	return p, nil
}

// close ends the poller; the sockets are their owners'.
func (p *poller) close() {
	p.file.Close()
	<-p.done
}

// watch has collect return the id when one of the events has come on the socket; again tells that it is watched already.
func (p *poller) watch(fd int, id ID, events uint32, again bool) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(id)}
	op := uintptr(unix.EPOLL_CTL_ADD)
	if again {
		op = unix.EPOLL_CTL_MOD
	}
	if _, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), op, uintptr(fd), uintptr(unsafe.Pointer(&ev)), 0, 0); errno != 0 {
		return fmt.Errorf("cannot watch socket: %w", errno)
	}
	return nil
}

// collect returns for whom something has happened, valid until the next call; more tells that there may be others, of whom
// ready does not tell again.
func (p *poller) collect() (events []unix.EpollEvent, more bool) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), uintptr(len(p.events)), 0, 0, 0)
	switch errno {
	case 0:
		return p.events[:n], int(n) == len(p.events)
	case unix.EINTR:
		return nil, true
	}
	return nil, false
}
