package ipvs

import (
	"fmt"
	"net/netip"

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
func decodeServiceStats(d *decoder) (lvs.ServiceKey, Stats, error) {
	var k lvs.ServiceKey
	var s Stats
	var addr []byte
	family := uint16(0)
	for d.next() {
		switch d.kind {
		case svcFamily:
			family = d.uint16()
		case svcProtocol:
			k.Protocol = conf.Protocol(d.uint16())
		case svcAddr:
			addr = d.value
		case svcPort:
			k.Port = decodePort(d.value)
		case svcMark:
			k.Mark = d.uint32()
		case svcStats64:
			d.err = s.decode(d.value)
		}
	}
	if d.err != nil {
		return k, s, fmt.Errorf("cannot decode the counters of an IPVS service: %w", d.err)
	}
	k.Addr, k.Family = decodeAddr(addr, family), conf.IPv4
	if family == afInet6 {
		k.Family = conf.IPv6
	}
	return k, s, nil
}

// decodeDestStats reads the name of a destination and its counters; def is the family of its service.
func decodeDestStats(d *decoder, def conf.Family) (lvs.DestKey, DestStats, error) {
	var s DestStats
	var addr, port []byte
	family := familyNumber(def)
	for d.next() {
		switch d.kind {
		case destFamily:
			family = d.uint16()
		case destAddr:
			addr = d.value
		case destPort:
			port = d.value
		case destActive:
			s.Active = d.uint32()
		case destInactive:
			s.Inactive = d.uint32()
		case destPersistent:
			s.Persistent = d.uint32()
		case destStats64:
			d.err = s.decode(d.value)
		}
	}
	if d.err != nil {
		return lvs.DestKey{}, s, fmt.Errorf("cannot decode the counters of an IPVS destination: %w", d.err)
	}
	return netip.AddrPortFrom(decodeAddr(addr, family), decodePort(port)), s, nil
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
	return d.err
}
