package check

import (
	"io"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dialogue is a checker whose check is carried on in steps that do not wait, by the goroutine of the Runner: of such checks
// there are thousands a second.
type dialogue interface {
	// step carries the check on as far as that goes without waiting. It returns the events that its socket is to be watched
	// for, or 0 and the outcome. It may come too often.
	step(s *session) (events uint32, outcome error)
}

// session is what a dialogue knows of its check. It is used again for another one.
type session struct {
	fd      int    // -1: none
	watched uint32 // for which events; 0: not yet
	stage   stage
	url     int    // the number of the one that is got
	out     []byte // what is sent
	sent    int    // how much of it
	answer  answer
	buffer  []byte // shared with other sessions: it holds nothing from step to step
	more    bool   // there may be more to read at once

	end      time.Duration // of the whole: see job.due
	patience time.Duration // for each thing to happen; 0: until the end
}

// stage is how far the exchange with the server has come.
type stage uint8

const (
	connecting stage = iota
	sending
	receiving
)

// connect carries on to connect.
func (s *session) connect(e *endpoint) (events uint32, err error) {
	var done bool
	if s.fd < 0 {
		s.fd, done, err = e.begin(unix.SOCK_STREAM, 0)
	} else {
		done, err = e.connect(s.fd)
	}
	if done || err != nil {
		return 0, err
	}
	return unix.EPOLLOUT, nil
}

// send carries on to send what is in out.
func (s *session) send() (events uint32, err error) {
	for s.sent < len(s.out) {
		n, errno := transfer(unix.SYS_SENDTO, s.fd, s.out[s.sent:], unix.MSG_NOSIGNAL)
		switch errno {
		case 0:
			s.sent += n
		case unix.EAGAIN:
			return unix.EPOLLOUT, nil
		default:
			return 0, reason(errno)
		}
	}
	return 0, nil
}

// maxReads bounds what one step reads: a server that says much holds up nobody.
const maxReads = 4

// receive carries on to take in the answer.
func (s *session) receive() (events uint32, err error) {
	for range maxReads {
		n, errno := transfer(unix.SYS_RECVFROM, s.fd, s.buffer, 0)
		switch errno {
		case 0:
		case unix.EAGAIN:
			return unix.EPOLLIN, nil
		default:
			return 0, reason(errno)
		}
		end := error(nil)
		if n == 0 {
			end = io.EOF
		}
		if whole, err := s.answer.take(s.buffer[:n], end); whole || err != nil {
			return 0, err
		}
	}
	s.more = true
	return unix.EPOLLIN, nil
}

// hangUp closes the socket.
func (s *session) hangUp() {
	if s.fd >= 0 {
		// Without SO_LINGER that does not wait, so the scheduler need not hear of it: see connectNow.
		_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(s.fd), 0, 0)
	}
	s.fd, s.watched, s.stage = -1, 0, connecting
}

// transfer sends or receives without waiting, and without telling the scheduler: see connectNow.
func transfer(call uintptr, fd int, b []byte, flags uintptr) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}
