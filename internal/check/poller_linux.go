package check

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller wakes those who wait for their sockets. It is an epoll descriptor of its own, which hangs on the Go runtime's as one
// file among others: a socket that is a file costs more than the rest of a check in this program, most of it for closing it,
// which the scheduler hears of.
type poller struct {
	fd int

	mu      sync.Mutex
	sockets map[int32]func() // by number: descriptors are used again
	last    int32
}

// sockets is the poller of the process, once something has waited.
var sockets = sync.OnceValues(newPoller)

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot create epoll descriptor: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // or the runtime would block in it
		unix.Close(fd)
		return nil, fmt.Errorf("cannot prepare epoll descriptor: %w", err)
	}
	file := os.NewFile(uintptr(fd), "checks")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("cannot wait for epoll descriptor: %w", err)
	}
	p := &poller{fd: fd, sockets: map[int32]func(){}}
	go func() {
		defer file.Close()
		_ = raw.Read(func(uintptr) bool {
			p.collect()
			return false
		})
	}()
	return p, nil
}

// collect wakes whom something has happened for.
func (p *poller) collect() {
	var events [64]unix.EpollEvent
	for n := len(events); n == len(events); {
		got, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&events)), uintptr(len(events)), 0, 0, 0)
		if errno != 0 {
			n = 0
			if errno == unix.EINTR {
				n = len(events) // once more
			}
			continue
		}
		n = int(got)
		p.mu.Lock()
		for i := range events[:n] {
			if wake := p.sockets[events[i].Fd]; wake != nil {
				wake()
			}
		}
		p.mu.Unlock()
	}
}

// add has wake called, which must not wait, once after each watch. It returns the socket's number.
func (p *poller) add(wake func()) int32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.last++; p.last <= 0 || p.sockets[p.last] != nil; p.last++ {
		p.last = max(p.last, 0)
	}
	p.sockets[p.last] = wake
	return p.last
}

// remove forgets a socket, which is closed then or soon after.
func (p *poller) remove(number int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sockets, number)
}

// watch wakes the socket when one of the events has come, at once if it has already; again tells that it was watched before.
func (p *poller) watch(fd int, number int32, events uint32, again bool) error {
	ev := unix.EpollEvent{Events: events | unix.EPOLLONESHOT, Fd: number}
	op := uintptr(unix.EPOLL_CTL_ADD)
	if again {
		op = unix.EPOLL_CTL_MOD
	}
	if _, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), op, uintptr(fd), uintptr(unsafe.Pointer(&ev)), 0, 0); errno != 0 {
		return fmt.Errorf("cannot watch socket: %w", errno)
	}
	return nil
}
