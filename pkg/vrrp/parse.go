package vrrp

import (
	"encoding/binary"
	"net/netip"
	"time"
)

const (
	headerLen = 8 // both versions
	authLen   = 8 // the authentication data of V2, there even when not used
	tick      = 10 * time.Millisecond
)

// ParseHeader reads the fixed part of a message. It fails only with ErrShort.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < headerLen {
		return Header{}, ErrShort
	}
	h := Header{
		Version:  Version(b[0] >> 4),
		Type:     b[0] & 0x0f,
		VRID:     b[1],
		Priority: b[2],
		Count:    b[3],
		Checksum: binary.BigEndian.Uint16(b[checksumAt:]),
	}
	if h.Version == V2 {
		h.Auth = AuthType(b[4])
		h.Interval = time.Duration(b[5]) * time.Second
		return h, nil
	}
	// "Reserve: This field MUST be set to zero on transmission and ignored on reception." (RFC 9568 section 5.2.6)
	h.Interval = time.Duration(binary.BigEndian.Uint16(b[4:])&0x0fff) * tick
	return h, nil
}

// Size returns the length in octets that a message with this header has.
func (h Header) Size(v6 bool) int {
	n := headerLen + int(h.Count)*addrLen(v6)
	if h.Version == V2 {
		n += authLen
	}
	return n
}

// Parse reads message b, which was sent from src to dst, into a. The family of src is that of the addresses.
// Padding behind the message is ignored. a.Addrs is used again when it is large enough.
//
// It fails with ErrShort, ErrVersion, ErrType or ErrChecksum, in this order. With ErrChecksum a is complete, so that
// the caller may go on to ask ChecksumOK for another way to compute it.
func Parse(b []byte, src, dst netip.Addr, a *Advert) error {
	h, err := ParseHeader(b)
	if err != nil {
		return err
	}
	v6 := src.Is6()
	if h.Version != V3 && (h.Version != V2 || v6) {
		return ErrVersion
	}
	if h.Type != TypeAdvertisement {
		return ErrType
	}
	if len(b) < h.Size(v6) {
		return ErrShort
	}
	*a = Advert{
		Version: h.Version, VRID: h.VRID, Priority: h.Priority, Interval: h.Interval, Auth: h.Auth,
		Addrs: appendAddrs(a.Addrs[:0], b[headerLen:], int(h.Count), v6),
	}
	if h.Version == V2 {
		a.Password = Password(b, h)
	}
	if !ChecksumOK(b, src, dst) {
		return ErrChecksum
	}
	return nil
}

// Password returns the authentication data of the version 2 message b, whose header is h.
// The message must be complete: len(b) >= h.Size(false).
func Password(b []byte, h Header) [authLen]byte {
	return [authLen]byte(b[h.Size(false)-authLen:])
}

// Addr returns address i, from 0 to Count-1, of the message b, which must be complete.
func Addr(b []byte, i int, v6 bool) netip.Addr {
	if v6 {
		return netip.AddrFrom16([16]byte(b[headerLen+16*i:]))
	}
	return netip.AddrFrom4([4]byte(b[headerLen+4*i:]))
}

func appendAddrs(addrs []netip.Addr, b []byte, n int, v6 bool) []netip.Addr {
	for ; n > 0; n-- {
		if v6 {
			addrs = append(addrs, netip.AddrFrom16([16]byte(b)))
		} else {
			addrs = append(addrs, netip.AddrFrom4([4]byte(b)))
		}
		b = b[addrLen(v6):]
	}
	return addrs
}

func addrLen(v6 bool) int {
	if v6 {
		return 16
	}
	return 4
}
