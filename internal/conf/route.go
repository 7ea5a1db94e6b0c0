package conf

import (
	"net/netip"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Route is one line of virtual_routes or static_routes.
type Route struct {
	Pos        syntax.Pos
	Text       string // the line with single blanks: two routes are the same when their texts are
	Family     Family
	Kind       uint8        // RTN_* of linux/rtnetlink.h; 1: unicast
	Dst        netip.Prefix // 0.0.0.0/0 or ::/0 for default
	From       netip.Prefix // IPv6 source prefix; invalid: any
	Source     netip.Addr   // preferred source address
	Dev        string
	Table      uint32 // default main
	VRF        string // not empty: the table is that of this device, at the time
	TOS        uint8
	Scope      uint8
	Protocol   uint8 // default keepalived (18)
	Metric     uint32
	Realms     uint32
	Expires    uint32 // s; IPv6
	Pref       *uint8 // ICMPV6_ROUTER_PREF_*
	Propagate  *bool  // ttl-propagate
	Mode       RouteMode
	Metrics    []RouteMetric
	Congestion string
	Locked     uint32 // bits of the metrics that the kernel may not change
	RouteHop          // via, onlink
	Hops       []RouteHop
	NoTrack    bool
	TrackGroup string // static routes only
}

// RouteHop is a gateway: the only one of a route, or one of several.
type RouteHop struct {
	Via       netip.Addr
	HopDev    string // of one of several
	Weight    int    // 1..256
	OnLink    bool
	Encap     *Encap
	HopRealms uint32
}

// RouteMetric is one of the RTAX_* of linux/rtnetlink.h.
type RouteMetric struct {
	ID    uint16
	Value uint32
}

// RouteMode says what happens when there is a route to the same destination already.
type RouteMode uint8

// The modes.
const (
	RoutePrepend RouteMode = iota // it goes before it
	RouteAdd                      // it fails
	RouteAppend                   // it goes behind it
)

const (
	tableMain      = 254
	metricFeatures = 12
)

// metricID returns the RTAX_* of a keyword; 0: it is none.
func metricID(name string) uint16 {
	return map[string]uint16{"mtu": 2, "window": 3, "rtt": 4, "rttvar": 5, "ssthresh": 6, "cwnd": 7, "advmss": 8,
		"reordering": 9, "hoplimit": 10, "initcwnd": 11, "features": metricFeatures, "rto_min": 13, "initrwnd": 14,
		"quickack": 15, "congctl": 16, "fastopen_no_cookie": 17}[name]
}

// routeKind returns the RTN_* of a word that may stand before the destination; 0: it is none.
func routeKind(name string) uint8 {
	return map[string]uint8{"unicast": 1, "local": 2, "broadcast": 3, "brd": 3, "anycast": 4, "multicast": 5, "blackhole": 6,
		"unreachable": 7, "prohibit": 8, "throw": 9, "nat": 10, "xresolve": 11}[name]
}

// hop returns what a gateway option is about: the latest nexthop, or the route itself.
func (t *routeLine) hop() *RouteHop {
	if n := len(t.Hops); n > 0 {
		return &t.Hops[n-1]
	}
	return &t.RouteHop
}

// metric stores a metric, and whether it is locked.
func (t *routeLine) metric(name string, value uint32) {
	id := metricID(name)
	if id == 0 {
		return
	}
	if id != metricID("congctl") {
		t.Metrics = append(t.Metrics, RouteMetric{id, value})
	}
	if t.lock {
		t.Locked |= 1 << id
	}
}

// number stores an option whose value is a number.
func (t *routeLine) number(name string, n uint32) {
	switch name {
	case "metric", "priority", "preference":
		t.Metric = n
	case "expires":
		t.Expires = n
	default:
		t.metric(name, n)
	}
}

// named stores an option whose value is a name or number of iproute2's files.
func (t *routeLine) namedValue(name string, n uint32) {
	switch name {
	case "tos", "dsfield":
		t.TOS = uint8(n)
	case "table":
		t.Table = n
	case "protocol":
		t.protocol = n
	case "scope":
		t.Scope = uint8(n)
	}
}

// readRealms reads [from/]to.
func (b *builder) readRealms(text string) (uint32, bool) {
	from, to, both := strings.Cut(text, "/")
	if !both {
		from, to = "0", from
	}
	x, ok1 := b.named("rt_realms", from, 0xffff)
	y, ok2 := b.named("rt_realms", to, 0xffff)
	return x<<16 | y, ok1 && ok2
}

func (b *builder) readPref(t *routeLine, w syntax.Word) {
	names := map[string]uint8{"low": 3, "medium": 0, "high": 1}
	n, ok := names[w.Text]
	if !ok {
		v, good := b.unsigned(w, 0, 255)
		if !good {
			return
		}
		n = uint8(v)
	}
	t.Pref = &n
}

// finishRoute settles what depends on several words.
func (b *builder) finishRoute(t *routeLine, d *syntax.Directive) *Route {
	r := &t.Route
	r.Pos, r.Text, r.NoTrack = d.Pos(), strings.Join(wordsOf(d), " "), t.noTrack
	r.Family = t.family
	for _, a := range []netip.Addr{t.dst.Addr(), r.Via, r.Source} {
		if r.Family == 0 && a.IsValid() {
			r.Family = familyOf(a.Is6())
		}
	}
	for _, h := range r.Hops {
		if r.Family == 0 && h.Via.IsValid() {
			r.Family = familyOf(h.Via.Is6())
		}
	}
	if r.Family == 0 {
		r.Family = IPv4
	}
	if r.Dst = t.dst; t.all {
		r.Dst = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		if r.Family == IPv6 {
			r.Dst = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		}
	}
	r.Dst = r.Dst.Masked()
	if r.Kind = routeKind(t.kind); r.Kind == 0 {
		r.Kind = 1
	}
	r.Protocol = protocolKeepalived
	if t.protocol != 0 && t.noTrack {
		r.Protocol = uint8(t.protocol)
	}
	if r.Table == 0 {
		r.Table = tableMain
	}
	return r
}
