package conf

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Rule is one line of virtual_rules or static_rules.
type Rule struct {
	Pos        syntax.Pos
	Text       string // the line with single blanks: two rules are the same when their texts and preferences are
	Family     Family
	Preference uint32
	Action     uint8        // FR_ACT_* of linux/fib_rules.h
	Invert     bool         // "not"
	From, To   netip.Prefix // invalid: any
	TOS        uint8
	Table      uint32
	Goto       uint32
	IIF, OIF   string
	Mark, Mask *uint32
	Realms     uint32
	// The suppressors; nil: none.
	SuppressPrefix, SuppressGroup *uint32
	TunnelID                      *uint64
	L3MDev                        bool
	Protocol                      uint8 // default keepalived (18)
	IPProto                       *uint8
	UIDs, SPorts, DPorts          *Span
	NoTrack                       bool
	TrackGroup                    string // static rules only
}

// Span is a range of numbers, both ends included.
type Span struct{ First, Last uint32 }

// The actions of a rule (linux/fib_rules.h).
const (
	actTable       = 1
	actGoto        = 2
	actNop         = 3
	actBlackhole   = 6
	actUnreachable = 7
	actProhibit    = 8
)

// flag stores an option without value.
func (t *ruleLine) flag(name string) {
	switch name {
	case "inet6":
		t.family = 1
	case "not":
		t.Invert = true
	case "no_track":
		t.NoTrack = true
	case "l3mdev":
		t.L3MDev, t.Action = true, actTable
	case "nop":
		t.Action = actNop
	case "blackhole":
		t.Action = actBlackhole
	case "unreachable":
		t.Action = actUnreachable
	case "prohibit":
		t.Action = actProhibit
	}
}

// number stores an option whose value is a number or a name that stands for one.
func (t *ruleLine) number(name string, n uint64) {
	v := uint32(n)
	switch name {
	case "table", "lookup":
		t.Table, t.Action = v, actTable
	case "tos", "dsfield":
		t.TOS = uint8(v)
	case "suppress_prefixlength", "sup_pl":
		t.SuppressPrefix = &v
	case "suppress_ifgroup", "sup_group":
		t.SuppressGroup = &v
	case "tunnel-id":
		t.TunnelID = &n
	case "protocol":
		t.protocol = uint8(n)
	case "preference", "order", "priority":
		t.preferred, t.Preference = true, v
	case "goto":
		t.Goto, t.Action = v, actGoto
	}
}

// span stores a range.
func (t *ruleLine) span(name string, first, last string) {
	x, _ := strconv.ParseUint(first, 10, 32)
	y, _ := strconv.ParseUint(last, 10, 32)
	s := &Span{uint32(x), uint32(y)}
	switch name {
	case "uidrange":
		t.UIDs = s
	case "sport":
		t.SPorts = s
	case "dport":
		t.DPorts = s
	}
}

// readMark reads N[/mask].
func (b *builder) readMark(t *ruleLine, w syntax.Word) {
	text, maskText, masked := strings.Cut(w.Text, "/")
	mark, err := strconv.ParseUint(text, 0, 32)
	mask := uint64(0)
	if err == nil && masked && maskText != "" {
		mask, err = strconv.ParseUint(maskText, 0, 32)
	}
	if err != nil {
		b.badRule(t, w, "fwmark")
		return
	}
	m := uint32(mark)
	t.Mark = &m
	if masked {
		k := uint32(mask)
		t.Mask = &k
	}
}

func (b *builder) readIPProto(t *ruleLine, w syntax.Word) {
	names := map[string]uint64{"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "esp": 50, "ah": 51,
		"ipv6-icmp": 58, "sctp": 132, "udplite": 136}
	n, ok := names[w.Text]
	if !ok {
		v, err := strconv.ParseUint(w.Text, 0, 8)
		if err != nil {
			b.badRule(t, w, "ipproto")
			return
		}
		n = v
	}
	p := uint8(n)
	t.IPProto = &p
}

// finishRule settles what depends on several words.
func (t *ruleLine) finish(d *syntax.Directive) *Rule {
	r := &t.Rule
	r.Pos, r.Text = d.Pos(), strings.Join(wordsOf(d), " ")
	r.Family = IPv4
	if t.family == 1 {
		r.Family = IPv6
	}
	if r.Protocol = protocolKeepalived; t.protocol != 0 && r.NoTrack {
		r.Protocol = t.protocol
	}
	return r
}
