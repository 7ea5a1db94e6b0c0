package vrrp

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Append appends the message a, to be sent from src to dst, to b. It fails with ErrVersion, ErrInterval or ErrAddrs,
// and then returns b as it was.
//
// The checksum is computed as ChecksumOK describes: the zero Addr for src leaves the pseudo-header out.
func (a Advert) Append(b []byte, src, dst netip.Addr) ([]byte, error) {
	if err := a.check(src); err != nil {
		return b, err
	}
	start := len(b)
	b = append(b, byte(a.Version)<<4|TypeAdvertisement, a.VRID, a.Priority, byte(len(a.Addrs)))
	if a.Version == V2 {
		b = append(b, byte(a.Auth), byte(a.Interval/time.Second))
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(a.Interval/tick))
	}
	b = append(b, 0, 0)
	for _, addr := range a.Addrs {
		if addr.Is4() {
			v4 := addr.As4()
			b = append(b, v4[:]...)
		} else {
			v6 := addr.As16()
			b = append(b, v6[:]...)
		}
	}
	if a.Version == V2 {
		b = append(b, a.Password[:]...)
	}
	putChecksum(b[start:], a.Version, src, dst)
	return b, nil
}

// check tells whether the message can be expressed at all.
func (a Advert) check(src netip.Addr) error {
	unit, most := tick, 4095*tick
	switch {
	case a.Version == V2 && !src.Is6():
		unit, most = time.Second, 255*time.Second
	case a.Version != V3:
		return ErrVersion
	}
	if a.Interval < unit || a.Interval > most || a.Interval%unit != 0 {
		return ErrInterval
	}
	return a.checkAddrs(src)
}

func (a Advert) checkAddrs(src netip.Addr) error {
	if len(a.Addrs) > 255 {
		return ErrAddrs
	}
	for _, addr := range a.Addrs {
		switch {
		case !addr.IsValid(),
			addr.Is4() != a.Addrs[0].Is4(),
			src.IsValid() && addr.Is4() != src.Is4(),
			addr.Is6() && a.Version == V2:
			return ErrAddrs
		}
	}
	return nil
}
