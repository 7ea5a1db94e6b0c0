package lvs

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
)

// Sum tells tables apart without keeping them: it is the same for the same services and destinations, in whatever order.
type Sum struct {
	seed maphash.Seed
	text []byte // of one service or destination
	n    uint64
}

// NewSum returns the sum of an empty table. Only sums with the same seed can be compared.
func NewSum(seed maphash.Seed) *Sum { return &Sum{seed: seed} }

// Value returns the sum of what was added.
func (s *Sum) Value() uint64 { return s.n }

// Add adds a service and its destinations.
func (s *Sum) Add(p Programmed) {
	s.service(&p.Service)
	for i := range p.Dests {
		s.dest(p.Service.Key, &p.Dests[i])
	}
}

func (s *Sum) service(v *Service) {
	s.text = appendKey(s.text[:0], v.Key)
	s.text = binary.NativeEndian.AppendUint64(s.text, uint64(v.Persistent))
	s.text = binary.NativeEndian.AppendUint32(s.text, v.Netmask)
	s.text = binary.NativeEndian.AppendUint32(s.text, uint32(v.Flags))
	s.text = append(s.text, v.Scheduler...)
	s.text = append(s.text, 0)
	s.text = append(s.text, v.Engine...)
	if v.OnePacket {
		s.text = append(s.text, 1)
	}
	s.n += maphash.Bytes(s.seed, s.text)
}

func (s *Sum) dest(k ServiceKey, d *Dest) {
	s.text = appendKey(s.text[:0], k)
	s.text = appendAddr(s.text, d.Key.Addr())
	s.text = binary.NativeEndian.AppendUint16(s.text, d.Key.Port())
	s.text = binary.NativeEndian.AppendUint64(s.text, uint64(d.Weight))
	s.text = append(s.text, byte(d.Method), byte(d.Tunnel.Type))
	s.text = binary.NativeEndian.AppendUint16(s.text, d.Tunnel.Port)
	s.text = binary.NativeEndian.AppendUint16(s.text, uint16(d.Tunnel.Flags))
	s.text = binary.NativeEndian.AppendUint32(s.text, d.Upper)
	s.text = binary.NativeEndian.AppendUint32(s.text, d.Lower)
	s.n += maphash.Bytes(s.seed, s.text)
}

func appendKey(b []byte, k ServiceKey) []byte {
	b = appendAddr(b, k.Addr)
	b = binary.NativeEndian.AppendUint16(b, k.Port)
	b = append(b, byte(k.Protocol), byte(k.Family))
	return binary.NativeEndian.AppendUint32(b, k.Mark)
}

// appendAddr writes all families in the same length, so that what follows stands in the same place.
func appendAddr(b []byte, a netip.Addr) []byte {
	w := a.As16()
	return append(append(b, w[:]...), byte(a.BitLen()))
}

// Sum returns the sum of what the kernel was asked for.
func (t *Table) Sum(seed maphash.Seed) uint64 {
	s := NewSum(seed)
	for k, have := range t.kernel {
		s.service(&have.service)
		for key, set := range have.dests {
			d := set.dest(key)
			s.dest(k, &d)
		}
	}
	return s.Value()
}
