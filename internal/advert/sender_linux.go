package advert

import (
	"encoding/binary"
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
	TTL     uint8
}

// NewMessage returns a packet with this VRRP payload, ready to be sent any number of times.
func NewMessage(r Route, payload []byte) *mmsg.Message {
	data := make([]byte, 0, ipv4HeaderLen+len(payload))
	data = appendIPv4(data, r.Src, r.Dst, r.TTL, len(payload))
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

// packetInfo returns an IP_PKTINFO message: it chooses the interface for multicast and unicast alike (ip(7)).
func packetInfo(ifindex int) []byte {
	b := make([]byte, unix.CmsgSpace(unix.SizeofInet4Pktinfo))
	h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(b)))
	h.Level, h.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	h.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
	binary.NativeEndian.PutUint32(b[unix.CmsgLen(0):], uint32(ifindex))
	return b
}

// Sender sends adverts of every instance on one raw socket, those of one turn of the loop in one system call.
type Sender struct {
	fd     int
	batch  mmsg.Batch
	owners []int32
}

// OpenSender opens the sending socket. Its own multicast does not come back to this machine.
func OpenSender() (*Sender, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_RAW)
	if err != nil {
		return nil, fmt.Errorf("cannot open socket to send adverts: %w", err)
	}
	s := &Sender{fd: fd}
	for _, o := range []struct{ level, opt, value int }{
		{unix.IPPROTO_IP, unix.IP_HDRINCL, 1},
		{unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 0},
		{unix.SOL_SOCKET, unix.SO_PRIORITY, 6}, // what the kernel gives to internetwork control
		{unix.SOL_SOCKET, unix.SO_SNDBUF, 1 << 20},
		{unix.SOL_SOCKET, unix.SO_RCVBUF, 0}, // nothing is read here
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.opt, o.value); err != nil {
			s.Close()
			return nil, fmt.Errorf("cannot prepare socket to send adverts: %w", err)
		}
	}
	return s, nil
}

// Close closes the socket.
func (s *Sender) Close() { unix.Close(s.fd) }

// Queue adds a packet of the owner to those that Flush sends. m must not change until then.
func (s *Sender) Queue(owner int32, m *mmsg.Message) {
	s.batch.Add(m)
	s.owners = append(s.owners, owner)
}

// Flush sends all that was queued, in order, and calls failed for each packet that the kernel refused.
func (s *Sender) Flush(failed func(owner int32, err error)) {
	if s.batch.Len() == 0 {
		return
	}
	s.batch.Send(s.fd, func(i int, err error) { failed(s.owners[i], err) })
	s.owners = s.owners[:0]
}
