package ipvs

import (
	"fmt"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// Stats are what the kernel has counted since a service or destination is there, and the rates per second that it reckons.
type Stats struct {
	Conns, InPackets, OutPackets, InBytes, OutBytes                uint64
	ConnRate, InPacketRate, OutPacketRate, InByteRate, OutByteRate uint64
}

// DestStats are those of a destination, with the connections that it has.
type DestStats struct {
	Stats
	Active, Inactive, Persistent uint32
}

// decodeServiceStats reads the name of a service and its counters.
func decodeServiceStats(d *decoder) (k lvs.ServiceKey, s Stats, err error) {
	service, err := decodeService(&decoder{rest: d.rest})
	for err == nil && d.next() {
		if d.kind == svcStats64 {
			err = s.decode(d.value)
		}
	}
	return service.Key, s, err
}

// decodeDestStats reads the name of a destination and its counters; def is the family of its service.
func decodeDestStats(d *decoder, def conf.Family) (k lvs.DestKey, s DestStats, err error) {
	dest, err := decodeDest(&decoder{rest: d.rest}, def)
	for err == nil && d.next() {
		switch d.kind {
		case destActive:
			s.Active = d.uint32()
		case destInactive:
			s.Inactive = d.uint32()
		case destPersistent:
			s.Persistent = d.uint32()
		case destStats64:
			err = s.decode(d.value)
		}
	}
	return dest.Key, s, err
}

func (s *Stats) decode(attributes []byte) error {
	fields := [...]*uint64{statsConns: &s.Conns, statsInPackets: &s.InPackets, statsOutPackets: &s.OutPackets, statsInBytes: &s.InBytes,
		statsOutBytes: &s.OutBytes, statsConnRate: &s.ConnRate, statsInPacketRate: &s.InPacketRate, statsOutPacketRate: &s.OutPacketRate,
		statsInByteRate: &s.InByteRate, statsOutByteRate: &s.OutByteRate}
	d := decoder{rest: attributes}
	for d.next() {
		if n := int(d.kind); n < len(fields) && fields[n] != nil {
			*fields[n] = d.uint64()
		}
	}
	if d.err != nil {
		return fmt.Errorf("cannot decode IPVS counters: %w", d.err)
	}
	return nil
}
