package advert

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Listener receives the VRRP packets of one interface, or of all when it was opened without one.
type Listener struct {
	fd  int
	buf [4096]byte // the longest advert has 255 IPv6 addresses: 4088 bytes
}

// Listen opens a listener on the interface with this name and index; an empty name means every interface, for unicast
// only. A receive buffer of 0 bytes leaves the system's default.
func Listen(ifname string, rcvbuf int) (*Listener, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, Protocol)
	if err != nil {
		return nil, fmt.Errorf("cannot open socket for adverts: %w", err)
	}
	l := &Listener{fd: fd}
	if err := l.prepare(ifname, rcvbuf); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Listener) prepare(ifname string, rcvbuf int) error {
	if ifname != "" {
		if err := unix.BindToDevice(l.fd, ifname); err != nil {
			return fmt.Errorf("cannot bind advert socket to %s: %w", ifname, err)
		}
	}
	// Without this the socket would receive every group that any other program has joined.
	if err := unix.SetsockoptInt(l.fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0); err != nil {
		return fmt.Errorf("cannot restrict advert socket on %s to its groups: %w", ifname, err)
	}
	if rcvbuf > 0 {
		if err := unix.SetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, rcvbuf); err != nil {
			return fmt.Errorf("cannot set receive buffer of advert socket on %s: %w", ifname, err)
		}
	}
	return nil
}

// Join makes the listener a member of the multicast group on the interface. Joining twice succeeds.
func (l *Listener) Join(group netip.Addr, ifindex int) error {
	mreq := unix.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(ifindex)}
	err := unix.SetsockoptIPMreqn(l.fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &mreq)
	if err != nil && !errors.Is(err, unix.EADDRINUSE) {
		return fmt.Errorf("cannot join %v: %w", group, err)
	}
	return nil
}

// FD returns the descriptor, for a poller.
func (l *Listener) FD() int { return l.fd }

// Close closes the socket and leaves its groups.
func (l *Listener) Close() { unix.Close(l.fd) }

// Read takes the next packet out of the socket into p. It returns false when none waits. The payload is valid until
// the next Read. A packet that is no VRRP packet at all gives ErrShortPacket or ErrNotIPv4, and more may wait; any
// other error is the socket's.
func (l *Listener) Read(p *Packet) (bool, error) {
	for {
		n, err := unix.Read(l.fd, l.buf[:])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false, nil
		case err != nil:
			return false, fmt.Errorf("cannot receive advert: %w", err)
		default:
			return true, parseIPv4(l.buf[:n], p)
		}
	}
}
