package netcfg

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Indexes finds interfaces: the number of the one with a name, 0 when there is none.
type Indexes func(name string) int

// AddRoutes puts routes in place. One that is there already is no error.
func (l *Linux) AddRoutes(routes []*conf.Route, index Indexes) error {
	return l.items(len(routes), func(b []byte, i int, flags uint16, seq uint32) []byte {
		switch routes[i].Mode {
		case conf.RouteAdd:
			flags |= unix.NLM_F_CREATE | unix.NLM_F_EXCL
		case conf.RouteAppend:
			flags |= unix.NLM_F_CREATE | unix.NLM_F_APPEND
		default:
			flags |= unix.NLM_F_CREATE
		}
		return appendRouteRequest(b, unix.RTM_NEWROUTE, flags, seq, routes[i], index)
	}, unix.EEXIST)
}

// DelRoutes takes routes away. One that is not there is no error.
func (l *Linux) DelRoutes(routes []*conf.Route, index Indexes) error {
	return l.items(len(routes), func(b []byte, i int, flags uint16, seq uint32) []byte {
		return appendRouteRequest(b, unix.RTM_DELROUTE, flags, seq, routes[i], index)
	}, unix.ESRCH, unix.ENODEV)
}

// scopeNowhere matches any scope when a route is deleted (RT_SCOPE_NOWHERE).
const scopeNowhere = 255

// appendRouteRequest appends one RTM_NEWROUTE or RTM_DELROUTE request (rtnetlink(7)).
func appendRouteRequest(b []byte, typ, flags uint16, seq uint32, r *conf.Route, index Indexes) []byte {
	start := len(b)
	b = append(b, make([]byte, unix.NLMSG_HDRLEN)...)
	scope := r.Scope
	if typ == unix.RTM_DELROUTE {
		scope = scopeNowhere
	}
	table := byte(unix.RT_TABLE_UNSPEC)
	if r.Table < 256 {
		table = byte(r.Table)
	}
	rtFlags := uint32(0)
	if r.OnLink {
		rtFlags = unix.RTNH_F_ONLINK
	}
	b = append(b, routeFamily(r), byte(r.Dst.Bits()), fromBits(r), r.TOS, table, r.Protocol, scope, r.Kind)
	b = binary.NativeEndian.AppendUint32(b, rtFlags)
	if r.Dst.Bits() > 0 {
		b = appendAttr(b, unix.RTA_DST, r.Dst.Addr().AsSlice())
	}
	if r.From.IsValid() && r.From.Bits() > 0 {
		b = appendAttr(b, unix.RTA_SRC, r.From.Addr().AsSlice())
	}
	b = appendAttr32(b, unix.RTA_TABLE, r.Table)
	if r.Metric != 0 {
		b = appendAttr32(b, unix.RTA_PRIORITY, r.Metric)
	}
	if r.Source.IsValid() {
		b = appendAttr(b, unix.RTA_PREFSRC, r.Source.AsSlice())
	}
	b = appendVia(b, r.Family, r.Via)
	if r.Dev != "" {
		b = appendAttr32(b, unix.RTA_OIF, uint32(index(r.Dev)))
	}
	if r.Realms != 0 {
		b = appendAttr32(b, unix.RTA_FLOW, r.Realms)
	}
	if typ == unix.RTM_NEWROUTE {
		b = appendEncap(b, r.Encap)
		b = appendRouteDetails(b, r)
	}
	b = appendHops(b, r, index)
	return finishRequest(b, start, typ, flags, seq)
}

// appendRouteDetails appends what does not tell routes apart.
func appendRouteDetails(b []byte, r *conf.Route) []byte {
	if r.Expires != 0 {
		b = appendAttr32(b, unix.RTA_EXPIRES, r.Expires)
	}
	if r.Pref != nil {
		b = appendAttr(b, unix.RTA_PREF, []byte{*r.Pref})
	}
	if r.Propagate != nil {
		on := byte(0)
		if *r.Propagate {
			on = 1
		}
		b = appendAttr(b, unix.RTA_TTL_PROPAGATE, []byte{on})
	}
	return appendMetrics(b, r)
}

func appendMetrics(b []byte, r *conf.Route) []byte {
	if len(r.Metrics) == 0 && r.Congestion == "" && r.Locked == 0 {
		return b
	}
	start := len(b)
	b = appendAttr(b, unix.RTA_METRICS, nil)
	if r.Locked != 0 {
		b = appendAttr32(b, unix.RTAX_LOCK, r.Locked)
	}
	for _, m := range r.Metrics {
		b = appendAttr32(b, m.ID, m.Value)
	}
	if r.Congestion != "" {
		b = appendAttr(b, unix.RTAX_CC_ALGO, append([]byte(r.Congestion), 0))
	}
	return closeAttr(b, start)
}

// appendVia appends a gateway, which may be of the other family (RTA_VIA).
func appendVia(b []byte, family conf.Family, via netip.Addr) []byte {
	switch {
	case !via.IsValid():
		return b
	case via.Is6() == (family == conf.IPv6):
		return appendAttr(b, unix.RTA_GATEWAY, via.AsSlice())
	}
	value := binary.NativeEndian.AppendUint16(nil, uint16(addressFamily(via)))
	return appendAttr(b, unix.RTA_VIA, append(value, via.AsSlice()...))
}

// appendHops appends the gateways of a route that has several (struct rtnexthop).
func appendHops(b []byte, r *conf.Route, index Indexes) []byte {
	if len(r.Hops) == 0 {
		return b
	}
	start := len(b)
	b = appendAttr(b, unix.RTA_MULTIPATH, nil)
	for _, h := range r.Hops {
		at := len(b)
		flags := byte(0)
		if h.OnLink {
			flags = unix.RTNH_F_ONLINK
		}
		b = append(b, 0, 0, flags, byte(h.Weight-1))
		i := 0
		if h.HopDev != "" {
			i = index(h.HopDev)
		}
		b = binary.NativeEndian.AppendUint32(b, uint32(i))
		b = appendVia(b, r.Family, h.Via)
		b = appendEncap(b, h.Encap)
		if h.HopRealms != 0 {
			b = appendAttr32(b, unix.RTA_FLOW, h.HopRealms)
		}
		binary.NativeEndian.PutUint16(b[at:], uint16(len(b)-at))
	}
	return closeAttr(b, start)
}

func routeFamily(r *conf.Route) byte { return familyByte(r.Family) }

func familyByte(f conf.Family) byte {
	if f == conf.IPv6 {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

func fromBits(r *conf.Route) byte {
	if r.From.IsValid() {
		return byte(r.From.Bits())
	}
	return 0
}

// appendAttr32 appends one attribute of 32 bits.
func appendAttr32(b []byte, typ uint16, value uint32) []byte {
	return appendAttr(b, typ, binary.NativeEndian.AppendUint32(nil, value))
}

// closeAttr sets the length of an attribute that holds everything behind start.
func closeAttr(b []byte, start int) []byte {
	binary.NativeEndian.PutUint16(b[start:], uint16(len(b)-start))
	return b
}

// finishRequest fills in the header of a request (struct nlmsghdr).
func finishRequest(b []byte, start int, typ, flags uint16, seq uint32) []byte {
	binary.NativeEndian.PutUint32(b[start:], uint32(len(b)-start))
	binary.NativeEndian.PutUint16(b[start+4:], typ)
	binary.NativeEndian.PutUint16(b[start+6:], flags)
	binary.NativeEndian.PutUint32(b[start+8:], seq)
	return b
}
