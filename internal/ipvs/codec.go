package ipvs

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// The address families of linux/socket.h.
const (
	afInet  = 2
	afInet6 = 10
)

func familyNumber(f conf.Family) uint16 {
	if f == conf.IPv6 {
		return afInet6
	}
	return afInet
}

// command returns the command of the family that a change is.
func command(k lvs.ActionKind) uint8 {
	return [...]uint8{lvs.AddService: cmdNewService, lvs.EditService: cmdSetService, lvs.DelService: cmdDelService,
		lvs.AddDest: cmdNewDest, lvs.EditDest: cmdSetDest, lvs.DelDest: cmdDelDest, lvs.Flush: cmdFlush}[k]
}

// encodeChange writes what a change says.
func encodeChange(e *encoder, a *lvs.Action) {
	if a.Kind == lvs.Flush {
		return
	}
	at := e.open(attrService)
	if a.Kind == lvs.AddService || a.Kind == lvs.EditService {
		encodeService(e, &a.Service)
		e.close(at)
		return
	}
	encodeKey(e, a.Service.Key)
	e.close(at)
	if a.Kind == lvs.DelService {
		return
	}
	at = e.open(attrDest)
	encodeDest(e, &a.Dest, a.Kind != lvs.DelDest)
	e.close(at)
}

// encodeKey writes what names a service.
func encodeKey(e *encoder, k lvs.ServiceKey) {
	e.uint16(svcFamily, familyNumber(k.Family))
	if !k.Addr.IsValid() {
		e.uint32(svcMark, k.Mark)
		return
	}
	e.uint16(svcProtocol, uint16(k.Protocol))
	e.addr(svcAddr, k.Addr)
	e.port(svcPort, k.Port)
}

// encodeService writes all of a service.
func encodeService(e *encoder, s *lvs.Service) {
	encodeKey(e, s.Key)
	e.string(svcSched, s.Scheduler)
	flags := uint32(s.Flags)
	if s.Persistent > 0 {
		flags |= flagPersistent
	}
	if s.OnePacket {
		flags |= flagOnePacket
	}
	mask := uint32(flagPersistent | flagOnePacket | flagsSched)
	e.bytes(svcFlags, binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, flags), mask))
	e.uint32(svcTimeout, uint32(s.Persistent/time.Second))
	e.bytes(svcNetmask, netmask(s))
	if s.Engine != "" {
		e.string(svcEngine, s.Engine)
	}
}

// netmask returns the mask in network order for IPv4, the prefix length in the machine's order for IPv6.
func netmask(s *lvs.Service) []byte {
	if s.Key.Family == conf.IPv6 {
		n := s.Netmask
		if n == 0 {
			n = 128
		}
		return binary.NativeEndian.AppendUint32(nil, n)
	}
	n := s.Netmask
	if n == 0 {
		n = math.MaxUint32
	}
	return binary.BigEndian.AppendUint32(nil, n)
}

// encodeDest writes what names a destination, and all of it when whole.
func encodeDest(e *encoder, d *lvs.Dest, whole bool) {
	e.uint16(destFamily, familyNumber(familyOf(d.Key.Addr())))
	e.addr(destAddr, d.Key.Addr())
	e.port(destPort, d.Key.Port())
	if !whole {
		return
	}
	e.uint32(destMethod, [...]uint32{methodNAT, methodNAT, methodDR, methodTUN}[d.Method])
	e.uint32(destWeight, uint32(min(d.Weight, math.MaxInt32)))
	e.uint32(destUpper, d.Upper)
	e.uint32(destLower, d.Lower)
	if d.Method == conf.TUN {
		e.uint8(destTunType, uint8(d.Tunnel.Type))
		e.port(destTunPort, d.Tunnel.Port)
		e.uint16(destTunFlags, uint16(d.Tunnel.Flags))
	}
}

func familyOf(a netip.Addr) conf.Family {
	if a.Is6() {
		return conf.IPv6
	}
	return conf.IPv4
}

// decodeService reads a service. What the kernel fills in for what was not given is taken out again.
func decodeService(d *decoder) (lvs.Service, error) {
	var s lvs.Service
	var addr, mask, port []byte
	var flags uint32
	family := uint16(0)
	for d.next() {
		switch d.kind {
		case svcFamily:
			family = d.uint16()
		case svcProtocol:
			s.Key.Protocol = conf.Protocol(d.uint16())
		case svcAddr:
			addr = d.value
		case svcPort:
			port = d.value
		case svcMark:
			s.Key.Mark = d.uint32()
		case svcSched:
			s.Scheduler = d.text()
		case svcFlags:
			flags = d.uint32() // the mask follows
		case svcTimeout:
			s.Persistent = time.Duration(d.uint32()) * time.Second
		case svcNetmask:
			mask = d.value
		case svcEngine:
			s.Engine = d.text()
		}
	}
	if d.err != nil {
		return s, fmt.Errorf("cannot decode IPVS service: %w", d.err)
	}
	s.Key.Family = conf.IPv4
	if family == afInet6 {
		s.Key.Family = conf.IPv6
	}
	s.Key.Addr, s.Key.Port = decodeAddr(addr, family), decodePort(port)
	s.Flags = conf.SchedFlags(flags & flagsSched)
	s.OnePacket = flags&flagOnePacket != 0
	if flags&flagPersistent == 0 {
		s.Persistent = 0
	}
	s.Netmask = decodeMask(mask, s.Key.Family)
	return s, nil
}

func decodeMask(b []byte, f conf.Family) uint32 {
	switch {
	case len(b) < 4:
		return 0
	case f == conf.IPv6:
		if n := binary.NativeEndian.Uint32(b); n != 128 {
			return n
		}
	default:
		if n := binary.BigEndian.Uint32(b); n != math.MaxUint32 {
			return n
		}
	}
	return 0
}

func decodeAddr(b []byte, family uint16) netip.Addr {
	switch {
	case family == afInet6 && len(b) >= 16:
		return netip.AddrFrom16([16]byte(b[:16]))
	case family == afInet && len(b) >= 4:
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.Addr{}
}

func decodePort(b []byte) uint16 {
	if len(b) < 2 {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}

// decodeDest reads a destination; def is the family of its service, which old kernels leave out.
func decodeDest(d *decoder, def conf.Family) (lvs.Dest, error) {
	var out lvs.Dest
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
		case destMethod:
			out.Method = methodOf(d.uint32())
		case destWeight:
			out.Weight = int(d.uint32())
		case destUpper:
			out.Upper = d.uint32()
		case destLower:
			out.Lower = d.uint32()
		case destTunType:
			out.Tunnel.Type = conf.TunnelType(d.uint8())
		case destTunPort:
			out.Tunnel.Port = decodePort(d.value)
		case destTunFlags:
			out.Tunnel.Flags = conf.TunnelFlags(d.uint16())
		}
	}
	if d.err != nil {
		return out, fmt.Errorf("cannot decode IPVS destination: %w", d.err)
	}
	if out.Method != conf.TUN {
		out.Tunnel = conf.Tunnel{}
	}
	out.Key = netip.AddrPortFrom(decodeAddr(addr, family), decodePort(port))
	return out, nil
}

// methodOf returns the forwarding method. The kernel has one more, for its own addresses, in place of any.
func methodOf(n uint32) conf.Forwarding {
	switch n & methodMask {
	case methodTUN:
		return conf.TUN
	case methodDR:
		return conf.DR
	}
	return conf.NAT
}
