package track

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// eventKind says what has happened to a process.
type eventKind uint8

const (
	forked eventKind = iota
	execed           // it runs another program now, or has changed its name
	exited
	lost // some events were lost
)

type event struct {
	kind        eventKind
	pid, parent int
}

// connector hears of processes from the kernel (linux/cn_proc.h).
type connector struct {
	f      *os.File
	events chan event
	quit   chan struct{}
	done   chan struct{}
}

// From linux/connector.h and linux/cn_proc.h.
const (
	cnIdxProc   = 1
	cnValProc   = 1
	listenOp    = 1
	procFork    = 0x1
	procExec    = 0x2
	procComm    = 0x200
	procExit    = 0x80000000
	cnMsgSize   = 20
	eventHeader = unix.NLMSG_HDRLEN + cnMsgSize
)

// answerTime is how long the kernel has to answer: outside the first namespaces it never does.
const answerTime = 200 * time.Millisecond

var errSilent = errors.New("no answer from the process connector")

// listenProcesses asks the kernel to tell of processes. rcvbuf is in bytes, 0 for the system's default; force exceeds the
// system's limit.
func listenProcesses(rcvbuf int, force bool) (*connector, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_CONNECTOR)
	if err != nil {
		return nil, fmt.Errorf("cannot open process connector: %w", err)
	}
	c := &connector{f: os.NewFile(uintptr(fd), "connector"), events: make(chan event, 256), quit: make(chan struct{}),
		done: make(chan struct{})}
	if rcvbuf > 0 {
		opt := unix.SO_RCVBUF
		if force {
			opt = unix.SO_RCVBUFFORCE
		}
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, opt, rcvbuf)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: cnIdxProc})
	}
	if err == nil {
		err = unix.Sendto(fd, listenRequest(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	}
	if err == nil {
		err = c.answered()
	}
	if err != nil {
		c.f.Close()
		return nil, fmt.Errorf("process connector: %w", err)
	}
	go c.read()
	return c, nil
}

func listenRequest() []byte {
	const size = eventHeader + 4
	b := make([]byte, size)
	e := binary.NativeEndian
	e.PutUint32(b, size)
	e.PutUint16(b[4:], unix.NLMSG_DONE)
	e.PutUint32(b[16:], cnIdxProc)
	e.PutUint32(b[20:], cnValProc)
	e.PutUint16(b[32:], 4)
	e.PutUint32(b[eventHeader:], listenOp)
	return b
}

// answered waits for anything from the kernel.
func (c *connector) answered() error {
	if err := c.f.SetReadDeadline(time.Now().Add(answerTime)); err != nil {
		return err
	}
	if _, err := c.f.Read(make([]byte, 4096)); err != nil {
		return errSilent
	}
	return c.f.SetReadDeadline(time.Time{})
}

// mostBuffer is how large the receive buffer may grow by itself, in bytes.
const mostBuffer = 16 << 20

// grow doubles the receive buffer after some events were lost, past the system's limit where that is allowed. It returns the
// size that was asked for, in bytes; 0: it was large enough, or could not be changed.
func (c *connector) grow() (size int) {
	if c == nil {
		return 0
	}
	raw, err := c.f.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		now, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		if err != nil || now >= mostBuffer {
			return
		}
		for _, opt := range []int{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF} {
			if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, opt, 2*now) == nil {
				size = 2 * now
				return
			}
		}
	})
	return size
}

func (c *connector) close() {
	close(c.quit)
	c.f.Close()
	<-c.done
}

// read hands events on until the connector is closed.
func (c *connector) read() {
	defer close(c.done)
	buf := make([]byte, 4096)
	for {
		n, err := c.f.Read(buf)
		e, ok := parseEvent(buf[:max(n, 0)])
		switch {
		case errors.Is(err, unix.ENOBUFS):
			e, ok = event{kind: lost}, true
		case err != nil:
			return
		}
		if !ok {
			continue
		}
		select {
		case c.events <- e:
		case <-c.quit:
			return
		}
	}
}

// parseEvent reads one message. Threads are of no interest.
func parseEvent(b []byte) (event, bool) {
	const fields = eventHeader + 16
	if len(b) < fields+8 {
		return event{}, false
	}
	e := binary.NativeEndian
	word := func(i int) int { return int(int32(e.Uint32(b[fields+4*i:]))) }
	switch e.Uint32(b[eventHeader:]) {
	case procFork:
		if len(b) < fields+16 || word(2) != word(3) {
			return event{}, false
		}
		return event{kind: forked, parent: word(1), pid: word(3)}, true
	case procExec, procComm:
		return event{kind: execed, pid: word(1)}, true
	case procExit:
		return event{kind: exited, pid: word(0)}, word(0) == word(1)
	}
	return event{}, false
}
