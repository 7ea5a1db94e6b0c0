package conf

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// routeLine is one line of virtual_routes or static_routes while it is read.
type routeLine struct {
	Route
	dst      netip.Prefix
	all      bool // default, any or all
	kind     string
	family   Family // 0: not known yet
	noTrack  bool
	lock     bool // "lock" stood before the value that is read
	protocol uint32
	bad      bool
}

// protocolKeepalived marks what the daemon has put in place (RTPROT_KEEPALIVED).
const protocolKeepalived = 18

type routeOption = option[routeLine]

func routeNumber(name string, least, most int64) routeOption {
	return routeOption{name: name, args: fmt.Sprintf("%d..%d", least, most), effect: on, set: func(b *builder, t *routeLine, w syntax.Word) {
		if n, ok := b.unsigned(w, least, most); ok {
			t.number(name, uint32(n))
		}
	}}
}

func routeFlag(name string, set func(t *routeLine)) routeOption {
	return routeOption{name: name, flag: true, effect: on, set: func(b *builder, t *routeLine, w syntax.Word) { set(t) }}
}

func routeNamed(name, file string, most uint64) routeOption {
	return routeOption{name: name, args: "name or number", effect: on, set: func(b *builder, t *routeLine, w syntax.Word) {
		if n, ok := b.named(file, w.Text, most); !ok {
			b.err(w, syntax.GeneralError, "invalid "+name+" '"+w.Text+"' in route - ignoring")
		} else {
			t.namedValue(name, n)
		}
	}}
}

func routeDevice(name string) routeOption {
	return routeOption{name: name, args: "ifname", effect: on, set: func(b *builder, t *routeLine, w syntax.Word) {
		switch {
		case name == "vrf":
			b.readRouteVRF(t, w)
			return
		case len(t.Hops) > 0:
			t.hop().HopDev = w.Text
		default:
			t.Dev = w.Text
		}
		b.needLink(w, "route")
	}}
}

// readRouteVRF reads the VRF whose table a route goes into.
func (b *builder) readRouteVRF(t *routeLine, w syntax.Word) {
	link, exists := b.link(w.Text)
	switch {
	case link.VRF || !exists && b.cfg.Global.DynamicIfaces:
		t.VRF = w.Text
		return
	case exists:
		b.err(w, syntax.GeneralError, "Route specified VRF "+w.Text+" is not a VRF")
	default:
		b.err(w, syntax.GeneralError, "VRF "+w.Text+" not found for route")
	}
	t.bad = true
}

// needLink reports an interface that must be there and is not.
func (b *builder) needLink(w syntax.Word, what string) {
	if _, ok := b.link(w.Text); !ok && !b.cfg.Global.DynamicIfaces {
		b.err(w, syntax.GeneralError, "WARNING - interface "+w.Text+" for "+what+" doesn't exist")
		b.vrrp.missingLink = true
	}
}

// routeTypes are the words that may stand before the destination.
const routeTypes = " unicast local broadcast brd anycast multicast blackhole unreachable prohibit throw nat xresolve "

func routeOptions() []routeOption {
	family := func(name string, f Family) routeOption {
		return routeOption{name: name, flag: true, effect: on, set: func(b *builder, t *routeLine, w syntax.Word) { t.family = f }}
	}
	ip := func(name string) routeOption {
		return routeOption{name: name, args: "IP", effect: on, old: name == "gw" || name == "or",
			set: func(b *builder, t *routeLine, w syntax.Word) { b.readRouteAddr(t, w, name) }}
	}
	opts := []routeOption{
		{name: "DST", args: "IP[/prefix] or default/any/all", effect: on, set: (*builder).readDestination},
		{name: "to", args: "[type] destination", effect: on},
		{name: "TYPE", args: strings.TrimSpace(routeTypes), effect: on},
		{name: "default6", flag: true, old: true, effect: on, set: func(b *builder, t *routeLine, w syntax.Word) { t.all, t.family = true, IPv6 }},
		family("inet", IPv4), family("inet6", IPv6),
		ip("src"), ip("as"), ip("via"), ip("gw"), ip("or"),
		{name: "from", args: "IPv6 prefix", effect: on, set: func(b *builder, t *routeLine, w syntax.Word) { b.readRouteAddr(t, w, "from") }},
		routeNamed("tos", "rt_dsfield", 255), routeNamed("dsfield", "rt_dsfield", 255),
		routeNamed("table", "rt_tables", maxUint), routeNamed("protocol", "rt_protos", 255), routeNamed("scope", "rt_scopes", 255),
		routeNumber("metric", 0, maxUint), routeNumber("priority", 0, maxUint), routeNumber("preference", 0, maxUint),
		routeDevice("dev"), routeDevice("oif"),
		routeFlag("onlink", func(t *routeLine) { t.hop().OnLink = true }),
		{name: "encap", args: "ip or ip6 or mpls or ila then options", effect: on},
		routeNumber("expires", 0, maxUint), routeNumber("mtu", 0, maxUint), routeNumber("hoplimit", 0, 255),
		routeNumber("advmss", 0, maxUint), routeTime("rtt"), routeTime("rttvar"), routeNumber("reordering", 0, maxUint),
		routeNumber("window", 0, maxUint), routeNumber("cwnd", 0, maxUint), routeNumber("ssthresh", 0, maxUint),
		{name: "realms", args: "[from/]to", effect: on, set: func(b *builder, t *routeLine, w syntax.Word) {
			n, ok := b.readRealms(w.Text)
			switch {
			case !ok:
				b.err(w, syntax.GeneralError, "invalid realms '"+w.Text+"' in route - ignoring")
			case len(t.Hops) > 0:
				t.hop().HopRealms = n
			default:
				t.Realms = n
			}
		}}, routeTime("rto_min"),
		routeNumber("initcwnd", 0, maxUint), routeNumber("initrwnd", 0, maxUint),
		routeChoice("features", "ecn"), routeNumber("quickack", 0, 1), {name: "congctl", args: "[lock] name", effect: on, set: func(b *builder, t *routeLine, w syntax.Word) {
			t.Congestion = w.Text
			t.metric("congctl", 0)
		}},
		{name: "pref", args: "low medium high or number", effect: on, set: (*builder).readPref}, routeChoice("ttl-propagate", "enabled", "disabled"),
		routeNumber("fastopen_no_cookie", 0, 1),
		routeFlag("add", func(t *routeLine) { t.Mode = RouteAdd }), routeFlag("prepend", func(t *routeLine) { t.Mode = RoutePrepend }),
		routeFlag("append", func(t *routeLine) { t.Mode = RouteAppend }),
		{name: "nexthop", effect: on},
		{name: "no_track", flag: true, effect: on, set: func(b *builder, t *routeLine, w syntax.Word) { t.noTrack = true }},
		routeDevice("vrf"),
	}
	return opts
}

func routeChoice(name string, words ...string) routeOption {
	return routeOption{name: name, args: strings.Join(words, " or "), effect: on, set: func(b *builder, t *routeLine, w syntax.Word) {
		for i, s := range words {
			if s == w.Text {
				first := i == 0
				if name == "ttl-propagate" {
					t.Propagate = &first
				} else {
					t.metric(name, 1) // RTAX_FEATURE_ECN
				}
				return
			}
		}
		b.err(w, syntax.GeneralError, "invalid "+name+" '"+w.Text+"' in route - ignoring")
	}}
}

// routeTime reads a time in s or ms, or in raw units.
func routeTime(name string) routeOption {
	short := strings.TrimSuffix(strings.TrimSuffix(name, "var"), "_min")
	const least = 200 // ms, the least that the kernel takes
	return routeOption{name: name, args: "[lock] time[s or ms]", effect: on, set: func(b *builder, t *routeLine, w syntax.Word) {
		text := w.Text
		scale := int64(1)
		if s, ok := strings.CutSuffix(text, "ms"); ok {
			text = s
		} else if s, ok := strings.CutSuffix(text, "s"); ok {
			text, scale = s, 1000
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			b.err(w, syntax.GeneralError, "invalid "+name+" '"+w.Text+"' in route - ignoring")
		} else if raw := text == w.Text; !raw && int64(n)*scale < least {
			b.err(w, syntax.GeneralError, short+" value "+w.Text+" below minimum 200ms, resetting")
		} else if raw && n < least {
			b.err(w, syntax.GeneralError, short+" value "+w.Text+" below minimum 200ms, resetting")
		} else if raw {
			t.metric(name, uint32(n))
		} else {
			units := map[string]int64{"rtt": 8, "rttvar": 4, "rto_min": 1} // per ms
			t.metric(name, uint32(int64(n)*scale*units[name]))
		}
	}}
}

// routeRows lists the words of a route.
func routeRows() []Keyword {
	out := optionRows(routeOptions(), VRRP, "virtual_routes/<entry>/")
	row := func(path, args string) {
		out = append(out, Keyword{Path: "virtual_routes/<entry>/" + path, Kind: Value, Args: args, Owner: VRRP, InEffect: true})
	}
	for _, n := range []string{"id", "dst", "src", "tos", "ttl", "flags"} {
		row("encap/ip/"+n, "")
	}
	for _, n := range []string{"id", "dst", "src", "tc", "hoplimit", "flags"} {
		row("encap/ip6/"+n, "")
	}
	row("encap/mpls", "label[/label...]")
	row("encap/ila", "h:h:h:h")
	for _, n := range []string{"via", "dev", "weight", "encap", "realms", "as"} {
		row("nexthop/"+n, "")
	}
	out = append(out, Keyword{Path: "virtual_routes/<entry>/nexthop/onlink", Kind: Flag, Owner: VRRP, InEffect: true})
	for i := range out {
		if out[i].Path == "virtual_routes/<entry>/nexthop" {
			out[i].Kind = List
		}
	}
	return out
}

func (b *builder) readDestination(t *routeLine, w syntax.Word) {
	switch w.Text {
	case "default", "any", "all":
		t.all = true
		return
	}
	text := w.Text
	if head, tail, ok := strings.Cut(text, "/"); ok && strings.Count(head, ".") < 3 && !strings.Contains(head, ":") {
		// 10/8 and 10.1/16 leave out zeros
		text = head + strings.Repeat(".0", 3-strings.Count(head, ".")) + "/" + tail
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		a, ok := parseAddr(text)
		if !ok {
			b.err(w, syntax.GeneralError, "unknown route keyword "+w.Text)
			t.bad = true
			return
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	t.dst = p
}

func (b *builder) readRouteAddr(t *routeLine, w syntax.Word, name string) {
	text, length, given := strings.Cut(w.Text, "/")
	if a, ok := parseAddr(text); ok {
		switch name {
		case "via", "gw":
			t.hop().Via = a
		case "or":
			t.Hops = append(t.Hops, RouteHop{Via: t.Via, HopDev: t.Dev, Weight: 1}, RouteHop{Via: a, Weight: 1})
			t.RouteHop = RouteHop{}
		case "src":
			t.Source = a
		case "from":
			n, problem := parseUnsigned(length)
			if !given || problem != "" {
				n = int64(a.BitLen())
			}
			t.From = netip.PrefixFrom(a, int(n)).Masked()
		}
		return
	}
	b.err(w, syntax.GeneralError, "invalid address "+w.Text+" in route - skipping")
	t.bad = true
}

// readRoutes reads a block of routes and returns those that are good.
func (b *builder) readRoutes(l entry, static bool) []*Route {
	if b.vrrp.routeOpts == nil {
		b.vrrp.routeOpts = byName(routeOptions())
	}
	var out []*Route
	for _, d := range b.entries(l) {
		t := &routeLine{}
		b.readRoute(t, d, static)
		if !t.bad && !t.all && !t.dst.IsValid() {
			b.report(d, syntax.GeneralError, "route has no destination - skipping")
			t.bad = true
		}
		if t.protocol != 0 && t.protocol != protocolKeepalived && !t.noTrack {
			b.report(d, syntax.GeneralError, "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol")
		}
		if !t.bad {
			out = append(out, b.finishRoute(t, d))
		}
	}
	return out
}

func byName[T any](options []option[T]) map[string]*option[T] {
	m := make(map[string]*option[T], len(options))
	for i := range options {
		m[options[i].name] = &options[i]
	}
	return m
}

// readRoute reads the words of one route.
func (b *builder) readRoute(t *routeLine, d *syntax.Directive, static bool) {
	for i := 0; i < len(d.Words) && !t.bad; i++ {
		w := d.Words[i]
		o := b.vrrp.routeOpts[w.Text]
		switch {
		case strings.Contains(routeTypes, " "+w.Text+" ") && !t.all && !t.dst.IsValid():
			t.kind = w.Text
		case w.Text == "to":
		case w.Text == "nexthop":
			t.Hops = append(t.Hops, RouteHop{Weight: 1})
		case len(t.Hops) > 0 && w.Text == "weight":
			if i++; i < len(d.Words) {
				if n, ok := b.unsigned(d.Words[i], 1, 256); ok {
					t.hop().Weight = int(n)
				}
			}
		case w.Text == "encap":
			i = b.readEncap(t, d, i)
		case static && w.Text == "track_group":
			if i++; i < len(d.Words) {
				t.TrackGroup = d.Words[i].Text
			}
		case o == nil && !t.all && !t.dst.IsValid():
			b.readDestination(t, w)
		case o == nil || w.Text == "DST" || w.Text == "TYPE":
			b.err(w, syntax.GeneralError, "unknown route keyword "+w.Text)
			t.bad = true
		case o.flag:
			b.deprecatedRoute(w)
			if o.set != nil {
				o.set(b, t, w)
			}
		default:
			b.deprecatedRoute(w)
			i = b.routeValue(t, d, i, o)
		}
	}
}

func (b *builder) deprecatedRoute(w syntax.Word) {
	switch w.Text {
	case "gw":
		b.err(w, syntax.Deprecated, `"gw" for routes is deprecated. Please use "via"`)
	case "or":
		b.err(w, syntax.Deprecated, `"or" for routes is deprecated. Please use "nexthop"`)
	case "default6":
		b.err(w, syntax.Deprecated, `"default6" for routes is deprecated. Please use "inet6 default"`)
	case "as":
		b.err(w, syntax.GeneralError, `"as to" for MPLS only - ignoring`)
	}
}

// routeValue reads the argument of the option at i, past "lock" and a family, and returns where it stands.
func (b *builder) routeValue(t *routeLine, d *syntax.Directive, i int, o *routeOption) int {
	for i++; i < len(d.Words); i++ {
		w := d.Words[i]
		switch w.Text {
		case "lock":
			t.lock = true
			continue
		case "inet", "inet6", "to":
			continue
		}
		if o.set != nil {
			o.set(b, t, w)
		}
		t.lock = false
		return i
	}
	b.report(d, syntax.GeneralError, "No value specified for route option "+o.name)
	t.bad = true
	return i
}
