package advert

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/mmsg"
)

// Route says how an advert leaves this machine.
type Route struct {
	Ifindex int // 0: as the routing table says
	Src     netip.Addr
	Dst     netip.Addr // group or peer
	TTL     uint8      // or hop limit
	VRF     bool       // Ifindex is that of a VRF, the routing table of which is to be used
}

// NewMessage returns a packet with this VRRP payload, ready to be sent any number of times. Source and destination are
// of one family; a zero IPv4 source is filled in by the kernel.
func NewMessage(r Route, payload []byte) *mmsg.Message {
	if r.Dst.Is6() {
		data := appendIPv6(make([]byte, 0, ipv6HeaderLen+len(payload)), r.Src, r.Dst, r.TTL, len(payload))
		m := &mmsg.Message{Data: append(data, payload...), Name: sockaddr6(r)}
		if r.VRF && r.Ifindex > 0 {
			m.Control = packetInfo6(r.Ifindex)
		}
		return m
	}
	if !r.Src.IsValid() {
		r.Src = netip.IPv4Unspecified()
	}
	data := appendIPv4(make([]byte, 0, ipv4HeaderLen+len(payload)), r.Src, r.Dst, r.TTL, len(payload))
	m := &mmsg.Message{Data: append(data, payload...), Name: sockaddr4(r.Dst)}
	if r.Ifindex > 0 {
		m.Control = packetInfo(r.Ifindex)
	}
	return m
}

func sockaddr4(a netip.Addr) []byte {
	b := make([]byte, unix.SizeofSockaddrInet4)
	binary.NativeEndian.PutUint16(b, unix.AF_INET)
	addr := a.As4()
	copy(b[4:], addr[:])
	return b
}

// sockaddr6 names the interface as the scope of the address, which link-local destinations need.
func sockaddr6(r Route) []byte {
	sa := unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: r.Dst.As16()}
	if r.Dst.IsLinkLocalUnicast() || r.Dst.IsMulticast() {
		sa.Scope_id = uint32(r.Ifindex)
	}
	return append([]byte(nil), (*[unix.SizeofSockaddrInet6]byte)(unsafe.Pointer(&sa))[:]...)
}

// packetInfo returns an IP_PKTINFO message: it chooses the interface for multicast and unicast alike (ip(7)).
func packetInfo(ifindex int) []byte {
	b := make([]byte, unix.CmsgSpace(unix.SizeofInet4Pktinfo))
	h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(b)))
	h.Level, h.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	h.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
	binary.NativeEndian.PutUint32(b[unix.CmsgLen(0):], uint32(ifindex))
	return b
}

// packetInfo6 returns an IPV6_PKTINFO message (RFC 3542 section 6.2).
func packetInfo6(ifindex int) []byte {
	b := make([]byte, unix.CmsgSpace(unix.SizeofInet6Pktinfo))
	h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(b)))
	h.Level, h.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
	h.SetLen(unix.CmsgLen(unix.SizeofInet6Pktinfo))
	binary.NativeEndian.PutUint32(b[unix.CmsgLen(16):], uint32(ifindex))
	return b
}

// Sender sends the adverts of every instance on one raw socket per family, those of one turn of the loop in one system
// call each.
type Sender struct{ v4, v6 outlet }

// outlet is the sending socket of one family.
type outlet struct {
	fd     int // -1: the machine lacks the family
	batch  mmsg.Batch
	owners []int32
}

// OpenSender opens the sending sockets. Our own multicast does not come back to this machine. A machine without IPv6 is
// fine as long as nothing is sent there.
func OpenSender() (*Sender, error) {
	s := &Sender{v4: outlet{fd: -1}, v6: outlet{fd: -1}}
	err := s.v4.open(unix.AF_INET, [][3]int{
		{unix.IPPROTO_IP, unix.IP_HDRINCL, 1}, {unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 0},
	})
	if err == nil {
		err = s.v6.open(unix.AF_INET6, [][3]int{
			{unix.IPPROTO_IPV6, unix.IPV6_HDRINCL, 1}, {unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, 0},
		})
		if errors.Is(err, unix.EAFNOSUPPORT) {
			err = nil
		}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (o *outlet) open(family int, opts [][3]int) error {
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_RAW)
	if err != nil {
		return fmt.Errorf("cannot open socket to send adverts: %w", err)
	}
	o.fd = fd
	opts = append(opts,
		[3]int{unix.SOL_SOCKET, unix.SO_PRIORITY, 6}, // what the kernel gives to internetwork control
		[3]int{unix.SOL_SOCKET, unix.SO_SNDBUF, 1 << 20},
		[3]int{unix.SOL_SOCKET, unix.SO_RCVBUF, 0}) // nothing is read here
	for _, opt := range opts {
		if err := unix.SetsockoptInt(fd, opt[0], opt[1], opt[2]); err != nil {
			return fmt.Errorf("cannot prepare socket to send adverts: %w", err)
		}
	}
	return nil
}

// Close closes the sockets.
func (s *Sender) Close() {
	for _, o := range []*outlet{&s.v4, &s.v6} {
		if o.fd >= 0 {
			unix.Close(o.fd)
		}
	}
}

// Queue adds a packet of the owner to those that Flush sends. m must not change until then.
func (s *Sender) Queue(owner int32, m *mmsg.Message) {
	o := &s.v4
	if len(m.Name) == unix.SizeofSockaddrInet6 {
		o = &s.v6
	}
	o.batch.Add(m)
	o.owners = append(o.owners, owner)
}

// Flush sends all that was queued, in order within a family, and calls failed for each packet that the kernel refused.
func (s *Sender) Flush(failed func(owner int32, err error)) {
	for _, o := range [...]*outlet{&s.v4, &s.v6} {
		if o.batch.Len() == 0 {
			continue
		}
		o.batch.Send(o.fd, func(i int, err error) { failed(o.owners[i], err) })
		o.owners = o.owners[:0]
	}
}
