package advert

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inbox6 is the memory of recvmsg(2) on an IPv6 raw socket, which delivers the payload without the header: addresses
// and hop limit come beside it (RFC 3542 section 6). It is reused, so that receiving allocates nothing.
type inbox6 struct {
	buf  []byte
	from unix.RawSockaddrInet6
	oob  [128]byte
	iov  unix.Iovec
	msg  unix.Msghdr
}

func newInbox6(buf []byte) *inbox6 {
	in := &inbox6{buf: buf}
	in.iov.Base = unsafe.SliceData(buf)
	in.iov.SetLen(len(buf))
	return in
}

func (in *inbox6) receive(fd int, p *Packet) error {
	in.msg = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&in.from)), Namelen: unix.SizeofSockaddrInet6,
		Iov: &in.iov, Control: &in.oob[0]}
	in.msg.SetIovlen(1)
	in.msg.SetControllen(len(in.oob))
	n, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&in.msg)), 0)
	if errno != 0 {
		return errno
	}
	p.Src = netip.AddrFrom16(in.from.Addr)
	p.Payload = in.buf[:n]
	p.TotalLen = int(n)
	p.Dst, p.TTL = parseControl6(in.oob[:in.msg.Controllen])
	return nil
}

// parseControl6 finds destination and hop limit in ancillary data.
func parseControl6(b []byte) (dst netip.Addr, hopLimit uint8) {
	for len(b) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(unsafe.SliceData(b)))
		n := int(h.Len)
		if n < unix.SizeofCmsghdr || n > len(b) {
			return dst, hopLimit
		}
		data := b[unix.CmsgLen(0):n]
		switch {
		case h.Level != unix.IPPROTO_IPV6:
		case h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			dst = netip.AddrFrom16([16]byte(data))
		case h.Type == unix.IPV6_HOPLIMIT && len(data) >= 4:
			hopLimit = uint8(binary.NativeEndian.Uint32(data))
		}
		b = b[min(len(b), unix.CmsgSpace(n-unix.CmsgLen(0))):]
	}
	return dst, hopLimit
}
