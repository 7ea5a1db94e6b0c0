package agentx

import (
	"encoding/binary"
	"slices"

	"github.com/keepalived-go/keepalived/internal/snmp"
)

// encoder appends fields to out in network byte order.
type encoder struct {
	out   []byte
	named bool // there is a context
}

var _ walker = (*encoder)(nil)

func (e *encoder) context() bool { return e.named }

func (e *encoder) uint16(n uint16) { e.out = binary.BigEndian.AppendUint16(e.out, n) }

func (e *encoder) uint32(n uint32) { e.out = binary.BigEndian.AppendUint32(e.out, n) }

func (e *encoder) bytes(a, b, c, d *uint8) {
	for _, field := range []*uint8{a, b, c, d} {
		n := uint8(0)
		if field != nil {
			n = *field
		}
		e.out = append(e.out, n)
	}
}

func (e *encoder) pair(a, b *uint16) {
	e.uint16(*a)
	e.uint16(*b)
}

func (e *encoder) number(n *uint32) { e.uint32(*n) }

// internet is what the short form of an identifier leaves out, with the part after it (RFC 2741 section 5.1).
func internet() snmp.OID { return snmp.OID{1, 3, 6, 1} }

// oid writes an identifier, in its short form where that is possible.
func (e *encoder) oid(o *snmp.OID, include *bool) {
	parts, prefix := *o, uint8(0)
	if base := internet(); len(parts) > len(base) && slices.Equal(parts[:len(base)], base) && parts[len(base)] > 0 && parts[len(base)] < 256 {
		prefix, parts = uint8(parts[len(base)]), parts[len(base)+1:]
	}
	flag := uint8(0)
	if include != nil && *include {
		flag = 1
	}
	e.out = append(e.out, uint8(len(parts)), prefix, flag, 0)
	for _, n := range parts {
		e.uint32(n)
	}
}

func (e *encoder) octets(b []byte) {
	e.uint32(uint32(len(b)))
	e.out = append(e.out, b...)
	e.out = append(e.out, make([]byte, padding(len(b)))...)
}

// padding returns how many bytes follow a string, so that what comes next is aligned (RFC 2741 section 5.3).
func padding(n int) int { return -n & 3 }

func (e *encoder) text(s *string) { e.octets([]byte(*s)) }

func (e *encoder) ranges(r *[]Range) {
	for i := range *r {
		one := &(*r)[i]
		e.oid(&one.Start, &one.Include)
		e.oid(&one.End, nil)
	}
}

func (e *encoder) binds(b *[]snmp.VarBind) {
	for i := range *b {
		one := &(*b)[i]
		e.uint16(uint16(one.Value.Kind))
		e.uint16(0)
		e.oid(&one.Name, nil)
		e.value(&one.Value)
	}
}

func (e *encoder) value(v *snmp.Value) {
	switch v.Kind {
	case snmp.Integer, snmp.Counter32, snmp.Gauge32, snmp.TimeTicks:
		e.uint32(uint32(v.Number))
	case snmp.Counter64:
		e.out = binary.BigEndian.AppendUint64(e.out, v.Number)
	case snmp.OctetString, snmp.IPAddress, snmp.Opaque:
		e.octets(v.Bytes)
	case snmp.ObjectID:
		e.oid(&v.OID, nil)
	}
}
