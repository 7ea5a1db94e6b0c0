// Package advert sends and receives VRRP packets on raw sockets.
package advert

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// Protocol is the IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
const Protocol = 112

// Packet is one IP packet as the raw socket delivers it.
type Packet struct {
	Src, Dst netip.Addr
	TTL      uint8  // or hop limit
	TotalLen int    // what the IP header says of the payload's length
	Payload  []byte // what came; shares the listener's buffer
}

// The reasons for which a packet is not worth looking at.
var (
	ErrShortPacket = errors.New("packet is shorter than its IP header")
	ErrNotIPv4     = errors.New("packet is not IPv4")
)

const (
	ipv4HeaderLen = 20
	ipv6HeaderLen = 40
	// precedence is the type of service that adverts carry: internetwork control.
	precedence = 0xc0
)

// parseIPv4 takes an IPv4 packet apart. The kernel has already verified header checksum and reassembled fragments.
func parseIPv4(b []byte, p *Packet) error {
	if len(b) < ipv4HeaderLen {
		return ErrShortPacket
	}
	if b[0]>>4 != 4 {
		return ErrNotIPv4
	}
	hl := int(b[0]&0x0f) * 4
	if hl < ipv4HeaderLen || len(b) < hl {
		return ErrShortPacket
	}
	p.Src = netip.AddrFrom4([4]byte(b[12:16]))
	p.Dst = netip.AddrFrom4([4]byte(b[16:20]))
	p.TTL = b[8]
	p.TotalLen = int(binary.BigEndian.Uint16(b[2:])) - hl
	p.Payload = b[hl:]
	return nil
}

// appendIPv4 appends an IPv4 header for a payload of n bytes. Identification and header checksum stay zero: the kernel
// fills in what is zero, total length too (raw(7)).
func appendIPv4(b []byte, src, dst netip.Addr, ttl uint8, n int) []byte {
	b = append(b, 0x45, precedence)
	b = binary.BigEndian.AppendUint16(b, uint16(ipv4HeaderLen+n))
	b = append(b, 0, 0, 0, 0, ttl, Protocol, 0, 0)
	s, d := src.As4(), dst.As4()
	b = append(b, s[:]...)
	return append(b, d[:]...)
}

// appendIPv6 appends an IPv6 header for a payload of n bytes.
func appendIPv6(b []byte, src, dst netip.Addr, hopLimit uint8, n int) []byte {
	b = append(b, 0x60|precedence>>4, precedence<<4&0xf0, 0, 0) // version, traffic class, flow label
	b = binary.BigEndian.AppendUint16(b, uint16(n))
	b = append(b, Protocol, hopLimit)
	s, d := src.As16(), dst.As16()
	b = append(b, s[:]...)
	return append(b, d[:]...)
}
