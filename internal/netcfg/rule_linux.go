package netcfg

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// AddRules puts rules in place. One that is there already is no error.
func (l *Linux) AddRules(rules []*conf.Rule) error {
	return l.items(len(rules), func(b []byte, i int, flags uint16, seq uint32) []byte {
		return appendRuleRequest(b, unix.RTM_NEWRULE, flags|unix.NLM_F_CREATE|unix.NLM_F_EXCL, seq, rules[i])
	}, unix.EEXIST)
}

// DelRules takes rules away. One that is not there is no error.
func (l *Linux) DelRules(rules []*conf.Rule) error {
	return l.items(len(rules), func(b []byte, i int, flags uint16, seq uint32) []byte {
		return appendRuleRequest(b, unix.RTM_DELRULE, flags, seq, rules[i])
	}, unix.ENOENT)
}

// appendRuleRequest appends one RTM_NEWRULE or RTM_DELRULE request (linux/fib_rules.h).
func appendRuleRequest(b []byte, typ, flags uint16, seq uint32, r *conf.Rule) []byte {
	start := len(b)
	b = append(b, make([]byte, unix.NLMSG_HDRLEN)...)
	to, from := byte(0), byte(0)
	if r.To.IsValid() {
		to = byte(r.To.Bits())
	}
	if r.From.IsValid() {
		from = byte(r.From.Bits())
	}
	table := byte(unix.RT_TABLE_UNSPEC)
	if r.Table < 256 {
		table = byte(r.Table)
	}
	ruleFlags := uint32(0)
	if r.Invert {
		ruleFlags = unix.FIB_RULE_INVERT
	}
	b = append(b, familyByte(r.Family), to, from, r.TOS, table, 0, 0, r.Action)
	b = binary.NativeEndian.AppendUint32(b, ruleFlags)
	if to > 0 {
		b = appendAttr(b, unix.FRA_DST, r.To.Addr().AsSlice())
	}
	if from > 0 {
		b = appendAttr(b, unix.FRA_SRC, r.From.Addr().AsSlice())
	}
	b = appendAttr32(b, unix.FRA_PRIORITY, r.Preference)
	b = appendAttr(b, unix.FRA_PROTOCOL, []byte{r.Protocol})
	if r.Table != 0 {
		b = appendAttr32(b, unix.FRA_TABLE, r.Table)
	}
	if r.Goto != 0 {
		b = appendAttr32(b, unix.FRA_GOTO, r.Goto)
	}
	b = appendName(b, unix.FRA_IIFNAME, r.IIF)
	b = appendName(b, unix.FRA_OIFNAME, r.OIF)
	return finishRequest(appendSelectors(b, r), start, typ, flags, seq)
}

// appendSelectors appends the less usual things that a rule looks at.
func appendSelectors(b []byte, r *conf.Rule) []byte {
	for _, o := range []struct {
		typ   uint16
		value *uint32
	}{{unix.FRA_FWMARK, r.Mark}, {unix.FRA_FWMASK, r.Mask}, {unix.FRA_SUPPRESS_PREFIXLEN, r.SuppressPrefix},
		{unix.FRA_SUPPRESS_IFGROUP, r.SuppressGroup}} {
		if o.value != nil {
			b = appendAttr32(b, o.typ, *o.value)
		}
	}
	if r.Realms != 0 {
		b = appendAttr32(b, unix.FRA_FLOW, r.Realms)
	}
	if r.TunnelID != nil {
		b = appendAttr(b, unix.FRA_TUN_ID, binary.BigEndian.AppendUint64(nil, *r.TunnelID))
	}
	if r.L3MDev {
		b = appendAttr(b, unix.FRA_L3MDEV, []byte{1})
	}
	if r.IPProto != nil {
		b = appendAttr(b, unix.FRA_IP_PROTO, []byte{*r.IPProto})
	}
	if s := r.UIDs; s != nil {
		b = appendAttr(b, unix.FRA_UID_RANGE, binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, s.First), s.Last))
	}
	b = appendPorts(b, unix.FRA_SPORT_RANGE, r.SPorts)
	return appendPorts(b, unix.FRA_DPORT_RANGE, r.DPorts)
}

func appendPorts(b []byte, typ uint16, s *conf.Span) []byte {
	if s == nil {
		return b
	}
	value := binary.NativeEndian.AppendUint16(nil, uint16(s.First))
	return appendAttr(b, typ, binary.NativeEndian.AppendUint16(value, uint16(s.Last)))
}

func appendName(b []byte, typ uint16, name string) []byte {
	if name == "" {
		return b
	}
	return appendAttr(b, typ, append([]byte(name), 0))
}
