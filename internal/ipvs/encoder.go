package ipvs

import (
	"encoding/binary"
	"net/netip"
)

// encoder appends attributes of netlink to out, in the machine's byte order (linux/netlink.h). What is not a multiple of 4
// bytes is followed by zeros. A start has thousands of messages: nothing here allocates once out is large enough.
type encoder struct{ out []byte }

const (
	attrHeader = 4
	attrNested = 1 << 15 // NLA_F_NESTED
	attrKind   = 1<<14 - 1
	// maxText is longer than any name that the kernel takes: it refuses what is cut here.
	maxText = 64
)

func (e *encoder) header(attr uint16, size int) {
	e.out = binary.NativeEndian.AppendUint16(e.out, uint16(attrHeader+size))
	e.out = binary.NativeEndian.AppendUint16(e.out, attr)
}

func (e *encoder) uint8(attr uint16, n uint8) {
	e.header(attr, 1)
	e.out = append(e.out, n, 0, 0, 0)
}

func (e *encoder) uint16(attr, n uint16) {
	e.header(attr, 2)
	e.out = append(binary.NativeEndian.AppendUint16(e.out, n), 0, 0)
}

func (e *encoder) uint32(attr uint16, n uint32) {
	e.header(attr, 4)
	e.out = binary.NativeEndian.AppendUint32(e.out, n)
}

// port writes a port, which is in network order.
func (e *encoder) port(attr, n uint16) {
	e.header(attr, 2)
	e.out = append(binary.BigEndian.AppendUint16(e.out, n), 0, 0)
}

// addr writes the 16 bytes of the kernel's union nf_inet_addr.
func (e *encoder) addr(attr uint16, a netip.Addr) {
	e.header(attr, 16)
	if a.Is4() {
		b := a.As4()
		e.out = append(append(e.out, b[:]...), make([]byte, 12)...)
		return
	}
	b := a.As16()
	e.out = append(e.out, b[:]...)
}

func (e *encoder) bytes(attr uint16, b []byte) {
	e.header(attr, len(b))
	e.out = append(e.out, b...)
	e.align()
}

// string writes text with a zero at its end.
func (e *encoder) string(attr uint16, s string) {
	s = s[:min(len(s), maxText)]
	e.header(attr, len(s)+1)
	e.out = append(append(e.out, s...), 0)
	e.align()
}

func (e *encoder) align() {
	for len(e.out)%4 != 0 {
		e.out = append(e.out, 0)
	}
}

// open begins an attribute that consists of others; close, with what open has returned, ends it.
func (e *encoder) open(attr uint16) int {
	e.header(attr|attrNested, 0)
	return len(e.out) - attrHeader
}

func (e *encoder) close(at int) {
	binary.NativeEndian.PutUint16(e.out[at:], uint16(len(e.out)-at))
}
