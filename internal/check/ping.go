package check

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// pingCheck sends an echo request by a datagram socket, which needs no privilege but a group in ping_group_range.
type pingCheck struct{ endpoint }

const (
	echoRequest4, echoReply4 = 8, 0
	echoRequest6, echoReply6 = 128, 129
)

// Check sends the request and waits for its reply.
func (p pingCheck) Check(ctx context.Context) (int, error) {
	c, err := p.open()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	request, reply := byte(echoRequest4), byte(echoReply4)
	if p.addr.Addr().Is6() {
		request, reply = echoRequest6, echoReply6
	}
	// Type, code, checksum and identifier, which the kernel fills in, sequence number, data (RFC 792, RFC 4443 section 4.1).
	packet := append([]byte{request, 0, 0, 0, 0, 0}, make([]byte, 58)...)
	sequence := uint16(rand.Uint32())
	binary.BigEndian.PutUint16(packet[6:], sequence)
	to := &net.UDPAddr{IP: p.addr.Addr().AsSlice(), Zone: p.link}
	if _, err := c.WriteTo(packet, to); err != nil {
		return 0, reason(err)
	}
	buf := make([]byte, 1500)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return 0, reason(err)
		}
		if n >= 8 && buf[0] == reply && binary.BigEndian.Uint16(buf[6:]) == sequence {
			return 0, nil
		}
	}
}

// open returns a socket for ICMP of the target's family.
func (p pingCheck) open() (net.PacketConn, error) {
	family, protocol := unix.AF_INET, unix.IPPROTO_ICMP
	if p.addr.Addr().Is6() {
		family, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err != nil {
		return nil, fmt.Errorf("cannot open socket for ICMP: %w", err)
	}
	f := os.NewFile(uintptr(fd), "icmp")
	defer f.Close()
	if err := p.prepare(fd); err != nil {
		return nil, err
	}
	if p.bind.IsValid() {
		if err := unix.Bind(fd, sockaddr(p)); err != nil {
			return nil, fmt.Errorf("cannot bind to %s: %w", p.bind.Addr(), err)
		}
	}
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, fmt.Errorf("cannot use socket for ICMP: %w", err)
	}
	return c, nil
}

func sockaddr(p pingCheck) unix.Sockaddr {
	if a := p.bind.Addr(); a.Is6() {
		return &unix.SockaddrInet6{Addr: a.As16()}
	}
	return &unix.SockaddrInet4{Addr: p.bind.Addr().As4()}
}
