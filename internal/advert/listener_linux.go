package advert

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Listener receives the VRRP packets of one family on one interface, or on all when it was opened without one.
type Listener struct {
	fd  int
	v6  bool
	buf [4096]byte // the longest advert has 255 IPv6 addresses: 4088 bytes
	in  *inbox6    // IPv6 only
}

// Listen opens a listener on the interface with this name; an empty name means every interface, for unicast only. A
// receive buffer of 0 bytes leaves the system's default.
func Listen(ifname string, v6 bool, rcvbuf int) (*Listener, error) {
	family := unix.AF_INET
	if v6 {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, Protocol)
	if err != nil {
		return nil, fmt.Errorf("cannot open socket for adverts: %w", err)
	}
	l := &Listener{fd: fd, v6: v6}
	if err := l.prepare(ifname, rcvbuf); err != nil {
		l.Close()
		return nil, fmt.Errorf("cannot prepare advert socket on %s: %w", ifname, err)
	}
	return l, nil
}

func (l *Listener) prepare(ifname string, rcvbuf int) error {
	if ifname != "" {
		if err := unix.BindToDevice(l.fd, ifname); err != nil {
			return err
		}
	}
	// Without MULTICAST_ALL off the socket would receive every group that any other program has joined.
	opts := [][3]int{{unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0}}
	if l.v6 {
		l.in = newInbox6(l.buf[:])
		opts = [][3]int{{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0}, {unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1},
			{unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1}}
	}
	if rcvbuf > 0 {
		opts = append(opts, [3]int{unix.SOL_SOCKET, unix.SO_RCVBUF, rcvbuf})
	}
	for _, o := range opts {
		if err := unix.SetsockoptInt(l.fd, o[0], o[1], o[2]); err != nil {
			return err
		}
	}
	return nil
}

// Join makes the listener a member of the multicast group on the interface. Joining twice succeeds.
func (l *Listener) Join(group netip.Addr, ifindex int) error {
	var err error
	if l.v6 {
		mreq := unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(ifindex)}
		err = unix.SetsockoptIPv6Mreq(l.fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &mreq)
	} else {
		mreq := unix.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(ifindex)}
		err = unix.SetsockoptIPMreqn(l.fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &mreq)
	}
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
		n, err := l.receive(p)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false, nil
		case err != nil:
			return false, fmt.Errorf("cannot receive advert: %w", err)
		case l.v6:
			return true, nil
		default:
			return true, parseIPv4(l.buf[:n], p)
		}
	}
}

func (l *Listener) receive(p *Packet) (int, error) {
	if l.v6 {
		return 0, l.in.receive(l.fd, p)
	}
	return unix.Read(l.fd, l.buf[:])
}
