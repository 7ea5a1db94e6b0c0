package announce

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"unsafe"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ndp"
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

// Queue adds a gratuitous ARP or an unsolicited neighbour advertisement for the address of t, from an interface with
// hardware address hw. router tells the neighbours whether this machine forwards IPv6.
func (s *Sender) Queue(t Target, hw net.HardwareAddr, router bool) error {
	var m *mmsg.Message
	var err error
	if t.Addr.Is6() {
		m, err = neighborAdvertisement(t.Ifindex, t.Addr, hw, router)
	} else {
		m, err = gratuitousARP(t.Ifindex, t.Addr, hw)
	}
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
	return &mmsg.Message{Data: data, Name: linkAddr(ifindex, unix.ETH_P_ARP, broadcast)}, nil
}

// hopLimit is that of every neighbour discovery packet (RFC 4861 section 7.1.2).
const hopLimit = 255

// neighborAdvertisement returns an unsolicited neighbour advertisement to all nodes (RFC 4861 section 7.2.6), with the
// Override flag, so that the neighbours replace what they have.
func neighborAdvertisement(ifindex int, addr netip.Addr, hw net.HardwareAddr, router bool) (*mmsg.Message, error) {
	allNodes := netip.MustParseAddr("ff02::1")
	body, err := ndp.MarshalMessageChecksum(&ndp.NeighborAdvertisement{
		Router: router, Override: true, TargetAddress: addr,
		Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: hw}},
	}, addr, allNodes)
	if err != nil {
		return nil, fmt.Errorf("cannot encode neighbour advertisement for %v: %w", addr, err)
	}
	data := binary.BigEndian.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(len(body)))
	data = append(data, unix.IPPROTO_ICMPV6, hopLimit)
	data = slices.Concat(data, addr.AsSlice(), allNodes.AsSlice(), body)
	group := net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1} // of ff02::1 (RFC 2464 section 7)
	return &mmsg.Message{Data: data, Name: linkAddr(ifindex, unix.ETH_P_IPV6, group)}, nil
}

// linkAddr returns the raw link-level address of a destination on the interface.
func linkAddr(ifindex int, protocol uint16, to net.HardwareAddr) []byte {
	sa := unix.RawSockaddrLinklayer{Family: unix.AF_PACKET, Ifindex: int32(ifindex), Hatype: unix.ARPHRD_ETHER, Halen: 6}
	copy(sa.Addr[:], to)
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Protocol))[:], protocol)
	return append([]byte(nil), (*[unix.SizeofSockaddrLinklayer]byte)(unsafe.Pointer(&sa))[:]...)
}
