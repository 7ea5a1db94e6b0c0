package announce

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"unsafe"

	"github.com/mdlayher/arp"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/mmsg"
)

// Sender sends announcements on one packet socket, those of one turn of the loop in one system call.
type Sender struct {
	fd     int
	batch  mmsg.Batch
	queued []Target
}

// OpenSender opens the socket.
func OpenSender() (*Sender, error) {
	// Protocol 0: the socket receives nothing.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open socket for gratuitous ARP: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<20); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("cannot prepare socket for gratuitous ARP: %w", err)
	}
	return &Sender{fd: fd}, nil
}

// Close closes the socket.
func (s *Sender) Close() { unix.Close(s.fd) }

// Queue adds a gratuitous ARP for the IPv4 address of t, from an interface with hardware address hw.
func (s *Sender) Queue(t Target, hw net.HardwareAddr) error {
	m, err := gratuitousARP(t.Ifindex, t.Addr, hw)
	if err != nil {
		return err
	}
	s.batch.Add(m)
	s.queued = append(s.queued, t)
	return nil
}

// Flush sends all that was queued and calls failed for each that the kernel refused.
func (s *Sender) Flush(failed func(t Target, err error)) {
	if s.batch.Len() == 0 {
		return
	}
	s.batch.Send(s.fd, func(i int, err error) { failed(s.queued[i], err) })
	s.queued = s.queued[:0]
}

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// gratuitousARP returns an ARP request for the sender's own address to everyone (RFC 9568 section 6.4.2: "Broadcast a
// gratuitous ARP message containing the Virtual Router MAC address").
func gratuitousARP(ifindex int, addr netip.Addr, hw net.HardwareAddr) (*mmsg.Message, error) {
	p, err := arp.NewPacket(arp.OperationRequest, hw, addr, broadcast, addr)
	if err != nil {
		return nil, fmt.Errorf("cannot make gratuitous ARP for %v from %v: %w", addr, hw, err)
	}
	data, err := p.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("cannot encode gratuitous ARP for %v: %w", addr, err)
	}
	return &mmsg.Message{Data: data, Name: linkAddr(ifindex)}, nil
}

// linkAddr returns the raw link-level address of everyone on the interface.
func linkAddr(ifindex int) []byte {
	sa := unix.RawSockaddrLinklayer{
		Family:  unix.AF_PACKET,
		Ifindex: int32(ifindex),
		Hatype:  unix.ARPHRD_ETHER,
		Halen:   6,
		Addr:    [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Protocol))[:], unix.ETH_P_ARP)
	return append([]byte(nil), (*[unix.SizeofSockaddrLinklayer]byte)(unsafe.Pointer(&sa))[:]...)
}
