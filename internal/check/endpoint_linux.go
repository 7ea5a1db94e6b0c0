package check

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// endpoint is where a checker connects to, from where, and how long it waits for each thing to happen there; 0: as long as
// for all of them.
type endpoint struct {
	addr     netip.AddrPort
	bind     netip.AddrPort // zero: the system's choice
	link     string
	mark     uint32
	patience time.Duration
}

func target(c *conf.Check) endpoint {
	e := endpoint{addr: netip.AddrPortFrom(c.Target, c.Port), link: c.BindLink, mark: c.Mark, patience: patienceOf(c)}
	switch {
	case c.Bind.IsValid():
		e.bind = netip.AddrPortFrom(c.Bind, c.BindPort)
	case c.BindPort != 0 && c.Target.Is6():
		e.bind = netip.AddrPortFrom(netip.IPv6Unspecified(), c.BindPort)
	case c.BindPort != 0:
		e.bind = netip.AddrPortFrom(netip.IPv4Unspecified(), c.BindPort)
	}
	return e
}

// patienceOf returns how long a check waits for each thing to happen; 0: as long as for all of them.
func patienceOf(c *conf.Check) time.Duration {
	switch c.Kind {
	case "HTTP_GET", "SSL_GET", "SMTP_CHECK":
		return c.Timing.Connect
	}
	return 0
}

// dial connects a socket of a type, unix.SOCK_STREAM or unix.SOCK_DGRAM, and a protocol; 0: the usual one. The end of the
// context ends the connection, too.
func (e *endpoint) dial(ctx context.Context, kind, protocol int) (*conn, error) {
	fd, done, err := e.begin(kind, protocol)
	if err != nil {
		return nil, err
	}
	c := newConn(ctx, fd, kind == unix.SOCK_DGRAM, e.patience)
	if done {
		return c, nil
	}
	if err := c.finish(e); err != nil {
		c.Close()
		return nil, reason(err)
	}
	return c, nil
}

// begin begins to connect. Within this host that may be all.
func (e *endpoint) begin(kind, protocol int) (fd int, done bool, err error) {
	if fd, err = e.socket(kind, protocol); err != nil {
		return -1, false, err
	}
	done, err = e.connect(fd)
	switch {
	case err != nil && !ofNetwork(err):
		err = LocalError{What: NoConnection, Err: err}
	case err == nil && !done:
		done, err = e.connect(fd) // what has come back meanwhile is seen by the next call only
	}
	if err != nil {
		unix.Close(fd)
		return -1, false, err
	}
	return fd, done, nil
}

// ofNetwork tells whether an error with which a connection begins says something of the way to the server, or of that: others are
// this machine's.
func ofNetwork(err error) bool {
	switch err {
	case ErrRefused, ErrTimeout, unix.ENETUNREACH, unix.EHOSTUNREACH:
		return true
	}
	return errors.Is(err, ErrCutOff)
}

// connect carries on to connect.
func (e *endpoint) connect(fd int) (done bool, err error) {
	switch err := e.connectNow(fd); err {
	case nil, unix.EISCONN:
		return true, nil
	case unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
		return false, nil
	default:
		return false, reason(err)
	}
}

// connectNow is the system call, which does not wait. So the scheduler need not hear of it: that costs more than the call,
// many times a millisecond.
func (e *endpoint) connectNow(fd int) error {
	addr, port := e.addr.Addr(), bigEndian(e.addr.Port())
	var errno unix.Errno
	if addr.Is4() {
		sa := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port, Addr: addr.As4()}
		_, _, errno = unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), unix.SizeofSockaddrInet4)
	} else {
		sa := unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port, Addr: addr.As16(), Scope_id: e.scope(addr)}
		_, _, errno = unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), unix.SizeofSockaddrInet6)
	}
	if errno != 0 {
		return errno
	}
	return nil
}

// bigEndian returns the number whose bytes in this machine's order are those of n in network order.
func bigEndian(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

// socket returns a socket of the target's family that does not block, bound as is asked for.
func (e *endpoint) socket(kind, protocol int) (int, error) {
	family := unix.AF_INET
	if e.addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return -1, LocalError{What: NoSocket, Err: err}
	}
	if err := e.prepare(fd); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// prepare sets what the socket needs before it connects.
func (e *endpoint) prepare(fd int) error {
	if e.link != "" {
		if err := unix.BindToDevice(fd, e.link); err != nil {
			return LocalError{NoInterface, e.link, err}
		}
	}
	if e.mark != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, int(e.mark)); err != nil {
			return LocalError{What: NoMark, Err: err}
		}
	}
	if !e.bind.IsValid() {
		return nil
	}
	if e.bind.Port() != 0 {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err := unix.Bind(fd, e.sockaddr(e.bind)); err != nil {
		return LocalError{What: NoAddress, Err: err}
	}
	return nil
}

// sockaddr returns an address as the kernel has it. A link-local one is on the endpoint's link.
func (e *endpoint) sockaddr(a netip.AddrPort) unix.Sockaddr {
	addr := a.Addr()
	if addr.Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: addr.As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: addr.As16(), ZoneId: e.scope(addr)}
}

// scope returns the interface that a link-local address is on; 0 for others.
func (e *endpoint) scope(addr netip.Addr) uint32 {
	if !addr.IsLinkLocalUnicast() || e.link == "" {
		return 0
	}
	link, err := net.InterfaceByName(e.link)
	if err != nil {
		return 0
	}
	return uint32(link.Index)
}
