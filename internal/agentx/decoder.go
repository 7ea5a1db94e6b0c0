package agentx

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/keepalived-go/keepalived/internal/snmp"
)

// decoder takes fields from in. After the first error all that it reads is empty.
type decoder struct {
	in    []byte
	order binary.ByteOrder
	named bool // there is a context
	err   error
}

var _ walker = (*decoder)(nil)

func (d *decoder) context() bool { return d.named }

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err, d.in = err, nil
	}
}

// take returns the next n bytes, or nil when there are not so many.
func (d *decoder) take(n int) []byte {
	if d.err != nil || n > len(d.in) {
		d.fail(ErrShort)
		return nil
	}
	b := d.in[:n]
	d.in = d.in[n:]
	return b
}

func (d *decoder) uint32() uint32 {
	if b := d.take(4); b != nil {
		return d.order.Uint32(b)
	}
	return 0
}

func (d *decoder) bytes(a, b, c, e *uint8) {
	in := d.take(4)
	for i, field := range []*uint8{a, b, c, e} {
		if field != nil && in != nil {
			*field = in[i]
		}
	}
}

func (d *decoder) pair(a, b *uint16) {
	if in := d.take(4); in != nil {
		*a, *b = d.order.Uint16(in), d.order.Uint16(in[2:])
	}
}

func (d *decoder) number(n *uint32) { *n = d.uint32() }

func (d *decoder) oid(o *snmp.OID, include *bool) {
	head := d.take(4)
	if head == nil {
		return
	}
	parts, prefix := int(head[0]), head[1]
	if include != nil {
		*include = head[2] != 0
	}
	var out snmp.OID
	if prefix != 0 {
		out = internet().With(uint32(prefix))
	}
	if len(out)+parts > snmp.MaxParts {
		d.fail(fmt.Errorf("%w: identifier of %d parts", ErrTooLong, len(out)+parts))
		return
	}
	for range parts {
		out = append(out, d.uint32())
	}
	if d.err == nil {
		*o = out
	}
}

func (d *decoder) octets() []byte {
	n := d.uint32()
	if n > maxOctets {
		d.fail(fmt.Errorf("%w: string of %d bytes", ErrTooLong, n))
		return nil
	}
	b := d.take(int(n))
	d.take(padding(int(n)))
	return bytes.Clone(b)
}

func (d *decoder) text(s *string) { *s = string(d.octets()) }

func (d *decoder) ranges(r *[]Range) {
	for len(d.in) > 0 {
		var one Range
		d.oid(&one.Start, &one.Include)
		d.oid(&one.End, nil)
		if d.err == nil {
			*r = append(*r, one)
		}
	}
}

func (d *decoder) binds(b *[]snmp.VarBind) {
	for len(d.in) > 0 {
		head := d.take(4)
		if head == nil {
			return
		}
		var one snmp.VarBind
		one.Value.Kind = snmp.Kind(d.order.Uint16(head))
		d.oid(&one.Name, nil)
		d.value(&one.Value)
		if d.err == nil {
			*b = append(*b, one)
		}
	}
}

func (d *decoder) value(v *snmp.Value) {
	switch v.Kind {
	case snmp.Integer:
		v.Number = uint64(int32(d.uint32()))
	case snmp.Counter32, snmp.Gauge32, snmp.TimeTicks:
		v.Number = uint64(d.uint32())
	case snmp.Counter64:
		if b := d.take(8); b != nil {
			v.Number = d.order.Uint64(b)
		}
	case snmp.OctetString, snmp.IPAddress, snmp.Opaque:
		v.Bytes = d.octets()
	case snmp.ObjectID:
		d.oid(&v.OID, nil)
	case snmp.Null, snmp.NoSuchObject, snmp.NoSuchInstance, snmp.EndOfView:
	default:
		d.fail(fmt.Errorf("%w: %d", ErrKind, v.Kind))
	}
}
