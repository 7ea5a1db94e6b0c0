// Package control carries messages between parent and child over an inherited socket.
package control

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Kind says what a message means.
type Kind uint8

// The messages.
const (
	// Config hands a process that waits for its role the configuration in the descriptor.
	Config Kind = iota + 1
	// Begin tells that process what it is for, in Role and Label.
	Begin
	// Ping asks the child's event loop for a Pong: the watchdog.
	Ping
	Pong
	// Started says that the child is up.
	Started
	// Reload hands the child a new configuration in the descriptor.
	Reload
	// Reloaded says that the child works by the new configuration.
	Reloaded
)

// Message is one message. FD is the descriptor that came with it, -1 for none; the receiver closes it.
type Message struct {
	Kind  Kind
	FD    int
	Role  string // of the child
	Label string // tells this daemon from others on the machine: its namespace and instance
}

// ErrClosed means that the other end is gone.
var ErrClosed = errors.New("control socket is closed")

// sendTimeout bounds a Send to a process that no longer reads.
const sendTimeout = 100 * time.Millisecond

// longest is more than the longest message: a namespace and an instance are a word each.
const longest = 1024

// Conn is one end of a control socket. Messages keep their borders and their order.
type Conn struct{ c *net.UnixConn }

// Pair returns the parent's end and the file that the child inherits.
func Pair() (*Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot make control socket: %w", err)
	}
	child := os.NewFile(uintptr(fds[1]), "control")
	parent, err := FromFile(os.NewFile(uintptr(fds[0]), "control"))
	if err != nil {
		child.Close()
		return nil, nil, err
	}
	return parent, child, nil
}

// FromFile returns the end that the file is, and closes the file.
func FromFile(f *os.File) (*Conn, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("cannot use control socket: %w", err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, errors.New("control socket is not a Unix socket")
	}
	return &Conn{u}, nil
}

// Close closes this end.
func (c *Conn) Close() error { return c.c.Close() }

// Send sends a message, with a descriptor when fd is not negative. It gives up after 100 ms when the other end does
// not read.
func (c *Conn) Send(kind Kind, fd int) error {
	var oob []byte
	if fd >= 0 {
		oob = unix.UnixRights(fd)
	}
	return c.send([]byte{byte(kind)}, oob)
}

// Begin sends the message of that kind, as Send does. A role is one word.
func (c *Conn) Begin(role, label string) error {
	return c.send(append([]byte{byte(Begin)}, role+" "+label...), nil)
}

func (c *Conn) send(msg, oob []byte) error {
	_ = c.c.SetWriteDeadline(time.Now().Add(sendTimeout))
	if _, _, err := c.c.WriteMsgUnix(msg, oob, nil); err != nil {
		return fmt.Errorf("cannot send control message: %w", err)
	}
	return nil
}

// Receive waits for the next message. It returns ErrClosed when the other end is gone.
func (c *Conn) Receive() (Message, error) {
	buf, oob := make([]byte, longest), make([]byte, unix.CmsgSpace(4))
	n, oobn, _, _, err := c.c.ReadMsgUnix(buf, oob)
	return message(buf[:max(n, 0)], oob[:max(oobn, 0)], err)
}

// TryReceive returns the next message that waits, and false when none does. It returns ErrClosed as Receive does.
func (c *Conn) TryReceive() (Message, bool, error) {
	raw, err := c.c.SyscallConn()
	if err != nil {
		return Message{}, false, err
	}
	var buf [longest]byte
	oob := make([]byte, unix.CmsgSpace(4))
	var n, oobn int
	var rerr error
	err = raw.Read(func(fd uintptr) bool {
		n, oobn, _, _, rerr = unix.Recvmsg(int(fd), buf[:], oob, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
		return true
	})
	if err != nil {
		return Message{}, false, fmt.Errorf("%w: %w", ErrClosed, err)
	}
	if errors.Is(rerr, unix.EAGAIN) || errors.Is(rerr, unix.EINTR) {
		return Message{}, false, nil
	}
	m, err := message(buf[:max(n, 0)], oob[:max(oobn, 0)], rerr)
	return m, err == nil, err
}

// FD returns the descriptor, for a poller. It stays the connection's.
func (c *Conn) FD() (int, error) {
	raw, err := c.c.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	err = raw.Control(func(f uintptr) { fd = int(f) })
	return fd, err
}

func message(buf, oob []byte, err error) (Message, error) {
	if errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, net.ErrClosed) || err == nil && len(buf) == 0 {
		return Message{}, ErrClosed
	}
	if err != nil {
		return Message{}, fmt.Errorf("cannot receive control message: %w", err)
	}
	m := Message{Kind: Kind(buf[0]), FD: -1}
	m.Role, m.Label, _ = strings.Cut(string(buf[1:]), " ")
	cmsgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return m, nil // a message without a descriptor
	}
	for i := range cmsgs {
		if fds, err := unix.ParseUnixRights(&cmsgs[i]); err == nil && len(fds) > 0 {
			m.FD = fds[0]
		}
	}
	return m, nil
}
