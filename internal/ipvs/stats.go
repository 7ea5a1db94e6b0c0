package ipvs

import (
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"

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
func decodeServiceStats(d *netlink.AttributeDecoder) (lvs.ServiceKey, Stats, error) {
	var k lvs.ServiceKey
	var s Stats
	var addr []byte
	family := uint16(0)
	for d.Next() {
		switch d.Type() {
		case svcFamily:
			family = d.Uint16()
		case svcProtocol:
			k.Protocol = conf.Protocol(d.Uint16())
		case svcAddr:
			addr = d.Bytes()
		case svcPort:
			k.Port = decodePort(d.Bytes())
		case svcMark:
			k.Mark = d.Uint32()
		case svcStats64:
			d.Nested(s.decode)
		}
	}
	if err := d.Err(); err != nil {
		return k, s, fmt.Errorf("cannot decode the counters of an IPVS service: %w", err)
	}
	k.Addr, k.Family = decodeAddr(addr, family), conf.IPv4
	if family == afInet6 {
		k.Family = conf.IPv6
	}
	return k, s, nil
}

// decodeDestStats reads the name of a destination and its counters; def is the family of its service.
func decodeDestStats(d *netlink.AttributeDecoder, def conf.Family) (lvs.DestKey, DestStats, error) {
	var s DestStats
	var addr, port []byte
	family := familyNumber(def)
	for d.Next() {
		switch d.Type() {
		case destFamily:
			family = d.Uint16()
		case destAddr:
			addr = d.Bytes()
		case destPort:
			port = d.Bytes()
		case destActive:
			s.Active = d.Uint32()
		case destInactive:
			s.Inactive = d.Uint32()
		case destPersistent:
			s.Persistent = d.Uint32()
		case destStats64:
			d.Nested(s.decode)
		}
	}
	if err := d.Err(); err != nil {
		return lvs.DestKey{}, s, fmt.Errorf("cannot decode the counters of an IPVS destination: %w", err)
	}
	return netip.AddrPortFrom(decodeAddr(addr, family), decodePort(port)), s, nil
}

func (s *Stats) decode(d *netlink.AttributeDecoder) error {
	fields := [...]*uint64{statsConns: &s.Conns, statsInPackets: &s.InPackets, statsOutPackets: &s.OutPackets, statsInBytes: &s.InBytes,
		statsOutBytes: &s.OutBytes, statsConnRate: &s.ConnRate, statsInPacketRate: &s.InPacketRate, statsOutPacketRate: &s.OutPacketRate,
		statsInByteRate: &s.InByteRate, statsOutByteRate: &s.OutByteRate}
	for d.Next() {
		if n := int(d.Type()); n < len(fields) && fields[n] != nil {
			*fields[n] = d.Uint64()
		}
	}
	return d.Err()
}
