package vrrp

import (
	"encoding/binary"
	"net/netip"
)

// checksumAt is the offset of the checksum in either version.
const checksumAt = 6

// ChecksumOK tells whether the checksum of message b, as sent from src to dst, is right. b may be followed by padding.
//
// V2 has no pseudo-header: src and dst only tell the family. In V3 the checksum covers one (RFC 9568 section 5.2.8),
// unless src is the zero Addr: some implementations leave it out over IPv4. Others always take GroupV4 for the
// destination, even of a unicast message; say so with dst.
func ChecksumOK(b []byte, src, dst netip.Addr) bool {
	h, err := ParseHeader(b)
	if err != nil {
		return false
	}
	n := h.Size(src.Is6())
	if len(b) < n {
		return false
	}
	sum := sumBytes(0, b[:n])
	if h.Version != V2 {
		sum = sumPseudo(sum, n, src, dst)
	}
	return fold(sum) == 0xffff
}

// putChecksum sets the checksum of the whole message b.
func putChecksum(b []byte, v Version, src, dst netip.Addr) {
	b[checksumAt], b[checksumAt+1] = 0, 0
	sum := sumBytes(0, b)
	if v != V2 {
		sum = sumPseudo(sum, len(b), src, dst)
	}
	binary.BigEndian.PutUint16(b[checksumAt:], ^fold(sum))
}

// sumPseudo adds the pseudo-header of RFC 9568 section 5.2.8. The layouts of IPv4 and IPv6 differ, their sum does not:
// both addresses, the length and the protocol, each aligned to 16 bits.
func sumPseudo(sum uint64, length int, src, dst netip.Addr) uint64 {
	if !src.IsValid() {
		return sum
	}
	return sumAddr(sumAddr(sum, src), dst) + uint64(length) + Protocol
}

func sumAddr(sum uint64, a netip.Addr) uint64 {
	if a.Is4() {
		b := a.As4()
		return sumBytes(sum, b[:])
	}
	b := a.As16()
	return sumBytes(sum, b[:])
}

// sumBytes adds b in words of 32 bits, which a later fold makes equal to words of 16 bits (RFC 1071 section 2).
func sumBytes(sum uint64, b []byte) uint64 {
	for ; len(b) >= 4; b = b[4:] {
		sum += uint64(binary.BigEndian.Uint32(b))
	}
	if len(b) >= 2 {
		sum += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 8
	}
	return sum
}

func fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
