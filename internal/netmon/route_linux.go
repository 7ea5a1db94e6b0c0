package netmon

import (
	"encoding/binary"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Route is what tells a route apart that someone has removed.
type Route struct {
	Dst    netip.Prefix
	Table  uint32
	TOS    uint8
	Metric uint32
}

// Rule is what tells a rule apart that someone has removed.
type Rule struct {
	V6         bool
	Preference uint32
	Table      uint32
}

// routeProtocol marks the routes of interest (RTPROT_KEEPALIVED).
const routeProtocol = 18

// parseRoute reads a struct rtmsg and its attributes; false: it is none of ours.
func parseRoute(data []byte) (Route, bool) {
	if len(data) < unix.SizeofRtMsg || data[5] != routeProtocol {
		return Route{}, false
	}
	attrs, err := nl.ParseRouteAttr(data[unix.SizeofRtMsg:])
	if err != nil {
		return Route{}, false
	}
	dst := netip.IPv4Unspecified()
	if data[0] == unix.AF_INET6 {
		dst = netip.IPv6Unspecified()
	}
	r := Route{Table: uint32(data[4]), TOS: data[3]}
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.RTA_DST:
			dst, _ = netip.AddrFromSlice(a.Value)
		case unix.RTA_TABLE:
			r.Table = binary.NativeEndian.Uint32(a.Value)
		case unix.RTA_PRIORITY:
			r.Metric = binary.NativeEndian.Uint32(a.Value)
		}
	}
	r.Dst = netip.PrefixFrom(dst, int(data[1]))
	return r, true
}

// parseRule reads a struct fib_rule_hdr and its attributes; false: it is none of ours.
func parseRule(data []byte) (Rule, bool) {
	const header = 12
	if len(data) < header {
		return Rule{}, false
	}
	attrs, err := nl.ParseRouteAttr(data[header:])
	if err != nil {
		return Rule{}, false
	}
	r, ours := Rule{V6: data[0] == unix.AF_INET6, Table: uint32(data[4])}, false
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.FRA_PRIORITY:
			r.Preference = binary.NativeEndian.Uint32(a.Value)
		case unix.FRA_TABLE:
			r.Table = binary.NativeEndian.Uint32(a.Value)
		case unix.FRA_PROTOCOL:
			ours = a.Value[0] == routeProtocol
		}
	}
	return r, ours
}

// filter has the kernel drop what nobody wants before it takes up the receive buffer: what the command channel has changed
// itself, and the routes of others, of which a host may have very many.
func filter(port uint32) ([]bpf.RawInstruction, error) {
	// The header is in host order, the filter loads in network order.
	want := binary.BigEndian.Uint32(binary.NativeEndian.AppendUint32(nil, port))
	kind := func(typ uint16) uint32 {
		return uint32(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, typ)))
	}
	const protocolAt = unix.NLMSG_HDRLEN + 5 // rtm_protocol
	own := bpf.Instruction(bpf.JumpIf{Cond: bpf.JumpEqual, Val: want, SkipTrue: 7})
	if port == 0 { // the kernel itself
		own = bpf.JumpIf{Cond: bpf.JumpEqual, Val: want}
	}
	return bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 12, Size: 4}, // nlmsg_pid
		own,
		bpf.LoadAbsolute{Off: 4, Size: 2}, // nlmsg_type
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: kind(unix.RTM_NEWROUTE), SkipTrue: 5},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: kind(unix.RTM_NEWRULE), SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: kind(unix.RTM_DELROUTE), SkipTrue: 2},
		bpf.LoadAbsolute{Off: protocolAt, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: routeProtocol, SkipTrue: 1},
		bpf.RetConstant{Val: 0xffffffff},
		bpf.RetConstant{Val: 0},
	})
}
