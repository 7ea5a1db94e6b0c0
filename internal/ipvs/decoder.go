package ipvs

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// decoder goes through attributes of netlink where they lie, in the machine's byte order (linux/netlink.h): ten thousand
// destinations are read every now and then. A number that is shorter than it should be is 0.
type decoder struct {
	rest  []byte
	kind  uint16
	value []byte
	err   error
}

var errAttribute = errors.New("an attribute does not fit its message")

// next goes to the next attribute, and tells whether there is one.
func (d *decoder) next() bool {
	if len(d.rest) < attrHeader {
		return false
	}
	n := int(binary.NativeEndian.Uint16(d.rest))
	if n < attrHeader || n > len(d.rest) {
		d.rest, d.err = nil, errAttribute
		return false
	}
	d.kind, d.value = binary.NativeEndian.Uint16(d.rest[2:])&attrKind, d.rest[attrHeader:n]
	d.rest = d.rest[min((n+3)&^3, len(d.rest)):]
	return true
}

func (d *decoder) uint8() uint8 {
	if len(d.value) < 1 {
		return 0
	}
	return d.value[0]
}

func (d *decoder) uint16() uint16 {
	if len(d.value) < 2 {
		return 0
	}
	return binary.NativeEndian.Uint16(d.value)
}

func (d *decoder) uint32() uint32 {
	if len(d.value) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(d.value)
}

func (d *decoder) uint64() uint64 {
	if len(d.value) < 8 {
		return 0
	}
	return binary.NativeEndian.Uint64(d.value)
}

// text returns what stands before the first zero.
func (d *decoder) text() string {
	b, _, _ := bytes.Cut(d.value, []byte{0})
	return string(b)
}
