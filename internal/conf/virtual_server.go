package conf

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Protocol is the transport protocol of a service.
type Protocol uint8

// The protocols by their number; NoProtocol for marks of the firewall.
const (
	NoProtocol Protocol = 0
	TCP        Protocol = 6
	UDP        Protocol = 17
	SCTP       Protocol = 132
)

// String returns the name as log lines have it.
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	case SCTP:
		return "sctp"
	}
	return "none"
}

// Forwarding is how packets reach a real server.
type Forwarding uint8

// The forwarding methods; NoForwarding is settled when the block ends.
const (
	NoForwarding Forwarding = iota
	NAT
	DR
	TUN
)

// VirtualServer is a virtual_server block.
type VirtualServer struct {
	Pos        syntax.Pos
	Addr       netip.Addr
	Port       uint16
	Mark       uint32 // of the firewall; 0 when there is an address or a group
	Group      string
	Protocol   Protocol
	Family     Family        // of the packets
	Members    []GroupMember // of the group
	Index      int           // of this virtual server among those of its group
	Scheduler  string
	SchedFlags SchedFlags
	Method     Forwarding
	Tunnel     Tunnel
	Timing     Timing

	Persistent time.Duration // 0: not persistent
	Engine     string        // persistence engine, at most 15 bytes; empty: none
	// Netmask is what persistence compares of a client: a mask for IPv4 (0xffffff00), a prefix length for IPv6; 0: all.
	Netmask      uint32
	OnePacket    bool
	Alpha        bool
	Omega        bool
	Inhibit      bool
	HASuspend    bool
	Quorum       uint32 // least weight of live servers, default 1
	Hysteresis   uint32
	Weight       int // default of the real servers
	QuorumUp     *Script
	QuorumDown   *Script
	Servers      []*RealServer
	Sorry        *RealServer
	SorryInhibit bool // the sorry server stays in the table with weight 0
	VirtualHost  string
	SNMPName     string
	SMTPAlert    bool
	smtpAlert    *bool
}

// SchedFlags are the flags of schedulers: IP_VS_SVC_F_SCHED1 to 3 of linux/ip_vs.h.
type SchedFlags uint32

// The flags, with the names that sh and mh give them.
const (
	SchedFlag1 SchedFlags = 0x08 // fallback
	SchedFlag2 SchedFlags = 0x10 // port
	SchedFlag3 SchedFlags = 0x20
)

// TunnelType is how TUN wraps packets, as in linux/ip_vs.h.
type TunnelType uint8

// The types of tunnels.
const (
	IPIP TunnelType = 0
	GUE  TunnelType = 1
	GRE  TunnelType = 2
)

// TunnelFlags are the checksum options of tunnels, as in linux/ip_vs.h.
type TunnelFlags uint16

// The options of tunnels; none is nocsum.
const (
	TunnelCsum    TunnelFlags = 1
	TunnelRemCsum TunnelFlags = 2
)

// Tunnel holds the options of the forwarding method TUN.
type Tunnel struct {
	Type  TunnelType
	Port  uint16 // of gue
	Flags TunnelFlags
}

// Timing is how checkers run. In that of a Check all is settled; in the blocks above what is negative was not given.
type Timing struct {
	Loop        time.Duration // between checks; default 60 s
	BeforeRetry time.Duration // before a failed check is repeated; default 1 s, 3 s of HTTP, Loop of DNS
	Warmup      time.Duration // most that the first check is put off, at random; default Loop
	Connect     time.Duration // timeout of a connection and its answers; default 5 s
	Retry       int           // how often a failed check is repeated; default 1, 0 of MISC, 3 of DNS
}

// notGiven is a Timing without anything given.
func notGiven() Timing { return Timing{-1, -1, -1, -1, -1} }

// Or returns the timing with what was not given taken from above.
func (t Timing) Or(above Timing) Timing {
	pick := func(at *time.Duration, from time.Duration) {
		if *at < 0 {
			*at = from
		}
	}
	pick(&t.Loop, above.Loop)
	pick(&t.BeforeRetry, above.BeforeRetry)
	pick(&t.Warmup, above.Warmup)
	pick(&t.Connect, above.Connect)
	if t.Retry < 0 {
		t.Retry = above.Retry
	}
	return t
}

// Title returns the service as log lines have it.
func (v *VirtualServer) Title() string { return v.name() }

func (v *VirtualServer) name() string {
	switch {
	case v.Group != "":
		return "[" + v.Group + "]:" + strconv.Itoa(v.Index)
	case v.Mark != 0 || !v.Addr.IsValid():
		return "FWM " + strconv.FormatUint(uint64(v.Mark), 10)
	}
	return endpoint(v.Addr, v.Protocol, v.Port)
}

func endpoint(a netip.Addr, p Protocol, port uint16) string {
	return fmt.Sprintf("[%s]:%s:%d", a, p, port)
}

type serviceKeyword = keyword[VirtualServer]

func virtualServerKeywords() []serviceKeyword {
	type s = VirtualServer
	row := func(name string, kind Kind, a arg, set func(b *builder, t *s, l entry)) serviceKeyword {
		return serviceKeyword{name: name, kind: kind, arg: a, owner: Checker, effect: on, set: set}
	}
	flag := func(name string, f SchedFlags, of ...string) serviceKeyword {
		return row(name, Flag, arg{}, func(b *builder, t *s, l entry) {
			if len(of) == 0 || b.onlyScheduler(t, l, of...) {
				t.SchedFlags |= f
			}
		})
	}
	method := func(name string) serviceKeyword {
		return row(name, List, textArg(), func(b *builder, t *s, l entry) { b.readMethod(&t.Method, &t.Tunnel, l, "virtual") })
	}
	rows := []serviceKeyword{
		row("ip_family", Value, textArg(), func(b *builder, t *s, l entry) {
			if l.val.s != "inet" && l.val.s != "inet6" {
				b.err(l.Words[1], syntax.GeneralError, "unknown address family "+l.val.s)
				return
			}
			t.Family = familyOf(l.val.s == "inet6")
		}),
		row("inhibit_on_failure", Flag, arg{}, func(b *builder, t *s, l entry) { t.Inhibit = true }),
		row("lb_algo", Value, textArg(), (*builder).readScheduler),
		row("lvs_sched", Value, textArg(), (*builder).readScheduler),
		row("hashed", Flag, arg{}, func(b *builder, t *s, l entry) { b.onlyScheduler(t, l, "sh", "mh") }),
		row("ops", Flag, arg{}, func(b *builder, t *s, l entry) { t.OnePacket = true }),
		flag("flag-1", SchedFlag1),
		flag("flag-2", SchedFlag2),
		flag("flag-3", SchedFlag3),
		flag("sh-port", SchedFlag2, "sh"),
		flag("sh-fallback", SchedFlag1, "sh"),
		flag("mh-port", SchedFlag2, "mh"),
		flag("mh-fallback", SchedFlag1, "mh"),
		method("lb_kind"),
		method("lvs_method"),
		row("persistence_engine", Value, textArg(), func(b *builder, t *s, l entry) { t.Engine = l.val.s[:min(15, len(l.val.s))] }),
		row("persistence_timeout", Value, optional(seconds(1, 2678400)), (*builder).readPersistence),
		row("persistence_granularity", Value, textArg(), (*builder).readGranularity),
		row("protocol", Value, textArg(), (*builder).readProtocol),
		row("ha_suspend", Flag, arg{}, func(b *builder, t *s, l entry) { t.HASuspend = true }),
		row("smtp_alert", Value, boolArg(), func(b *builder, t *s, l entry) { t.smtpAlert = &l.val.on }),
		row("virtualhost", Value, soft(textArg()), func(b *builder, t *s, l entry) { t.VirtualHost = l.val.s }),
		snmpName(func(t *s) *string { return &t.SNMPName }),
		row("alpha", Flag, arg{}, func(b *builder, t *s, l entry) { t.Alpha = true }),
		row("omega", Flag, arg{}, func(b *builder, t *s, l entry) { t.Omega = true }),
		row("quorum_up", Value, commandArg(), func(b *builder, t *s, l entry) { b.readNotify(t.name()+")", l, &t.QuorumUp) }),
		row("quorum_down", Value, commandArg(), func(b *builder, t *s, l entry) { b.readNotify(t.name()+")", l, &t.QuorumDown) }),
		row("quorum", Value, number(1, maxUint), func(b *builder, t *s, l entry) { t.Quorum = uint32(l.val.n) }),
		row("hysteresis", Value, number(0, maxUint), func(b *builder, t *s, l entry) { t.Hysteresis = uint32(l.val.n) }),
		row("weight", Value, number(1, maxInt), func(b *builder, t *s, l entry) { t.Weight = int(l.val.n) }),
		row("sorry_server", Value, about(textArg(), "IP [port]"), (*builder).readSorry),
		row("sorry_server_inhibit", Flag, arg{}, func(b *builder, t *s, l entry) { t.SorryInhibit = b.needsSorry(t, l, "inhibit") }),
		row("sorry_server_lvs_method", List, soft(textArg()), func(b *builder, t *s, l entry) {
			if b.needsSorry(t, l, "lvs_method") {
				b.readMethod(&t.Sorry.Method, &t.Sorry.Tunnel, l, "sorry")
			}
		}),
	}
	for i := range rows {
		if rows[i].name == "lb_kind" {
			rows[i].rows = methodWords
		}
	}
	rows = append(rows, timingKeywords(func(t *s) *Timing { return &t.Timing }, 1)...)
	return append(rows, serviceKeyword{name: "real_server", kind: Block, named: true, arg: textArg(), owner: Checker, effect: on, set: (*builder).readRealServer,
		rows: func() []Keyword { return list(realServerKeywords()) }})
}

// timingKeywords are the rows of a block that says how checkers run. The least number of retries differs.
func timingKeywords[T any](at func(t *T) *Timing, leastRetry int64) []keyword[T] {
	anyTimer := timer(0, 1<<53)
	row := func(name string, a arg, set func(m *Timing, v value)) keyword[T] {
		return keyword[T]{name: name, kind: Value, arg: a, owner: Checker, effect: on, set: func(b *builder, t *T, l entry) { set(at(t), l.val) }}
	}
	return []keyword[T]{
		row("retry", number(leastRetry, maxUint), func(m *Timing, v value) { m.Retry = int(v.n) }),
		row("delay_before_retry", anyTimer, func(m *Timing, v value) { m.BeforeRetry = v.d }),
		row("warmup", anyTimer, func(m *Timing, v value) { m.Warmup = v.d }),
		row("connect_timeout", timer(1, maxTimer), func(m *Timing, v value) { m.Connect = v.d }),
		row("delay_loop", timer(1, 1<<53), func(m *Timing, v value) { m.Loop = v.d }),
	}
}

func methodWords() []Keyword {
	out := []Keyword{
		{Path: "<word>/type", Kind: Value, Args: "ipip or gue or gre", Owner: Checker, InEffect: true},
		{Path: "<word>/port", Kind: Value, Args: "1..65535", Owner: Checker, InEffect: true},
	}
	for _, n := range []string{"nocsum", "csum", "remcsum"} {
		out = append(out, Keyword{Path: "<word>/" + n, Kind: Flag, Owner: Checker, InEffect: true})
	}
	return out
}

// readMethod reads a forwarding method and the options of tunnels.
func (b *builder) readMethod(at *Forwarding, tunnel *Tunnel, l entry, of string) {
	switch strings.ToUpper(l.val.s) {
	case "NAT":
		*at = NAT
	case "DR":
		*at = DR
	case "TUN":
		*at = TUN
	default:
		b.err(l.Words[1], syntax.GeneralError, "PARSER : unknown ["+l.val.s+"] routing method for "+of+" server.")
		return
	}
	*tunnel = Tunnel{} // without options, also when they cannot be
	t, ok := b.readTunnel(l, of)
	if !ok {
		return
	}
	if problem := t.problem(); problem != "" {
		b.err(l.Words[1], syntax.GeneralError, problem)
		return
	}
	*tunnel = t
}

// readTunnel reads the options of a tunnel, which may stand after every method.
func (b *builder) readTunnel(l entry, of string) (t Tunnel, ok bool) {
	for i := 2; i < len(l.Words); i++ {
		w := l.Words[i]
		switch w.Text {
		case "nocsum":
			t.Flags = 0
		case "csum":
			t.Flags = TunnelCsum
		case "remcsum":
			t.Flags = TunnelRemCsum
		case "type", "port":
			i++
			if i == len(l.Words) {
				b.missing(l.Directive, i)
				return t, false
			}
			v := l.Words[i]
			if w.Text == "port" {
				n, ok := b.unsigned(v, 1, 65535)
				if !ok {
					return t, false
				}
				t.Port = uint16(n)
				continue
			}
			switch v.Text {
			case "ipip":
				t.Type = IPIP
			case "gue":
				t.Type = GUE
			case "gre":
				t.Type = GRE
			default:
				b.err(v, syntax.GeneralError, "Unknown tunnel type "+v.Text+" for "+of+" server.")
				return t, false
			}
		default:
			b.err(w, syntax.GeneralError, "Invalid tunnel option "+w.Text+" for "+of+" server.")
			return t, false
		}
	}
	return t, true
}

// problem returns what the kernel would not take; nothing when all is well.
func (t Tunnel) problem() string {
	switch {
	case (t.Type == GUE) != (t.Port != 0):
		return "gue tunnels require port, otherwise cannot have port."
	case t.Type == IPIP && t.Flags != 0:
		return "ipip tunnels do not support checksum option."
	case t.Type == GRE && t.Flags == TunnelRemCsum:
		return "gre tunnels do not support remote checksum option."
	}
	return ""
}

const schedulers = " rr wrr lc wlc lblc lblcr sh mh dh fo ovf sed nq twos "

func (b *builder) readScheduler(t *VirtualServer, l entry) {
	if !strings.Contains(schedulers, " "+l.val.s+" ") {
		b.err(l.Words[1], syntax.GeneralError, "Invalid lvs_scheduler '"+l.val.s+"' - ignoring")
		return
	}
	t.Scheduler = l.val.s
}

func (b *builder) onlyScheduler(t *VirtualServer, l entry, ok ...string) bool {
	for _, s := range ok {
		if t.Scheduler == s {
			return true
		}
	}
	b.report(l.Directive, syntax.GeneralError, l.Name()+" only applies to "+ok[0]+" scheduler - ignoring")
	return false
}

func (b *builder) readPersistence(t *VirtualServer, l entry) {
	t.Persistent = 360 * time.Second
	if l.val.set {
		t.Persistent = l.val.d
	}
}

// readGranularity reads a netmask for IPv4 or a prefix length for IPv6.
func (b *builder) readGranularity(t *VirtualServer, l entry) {
	if t.Persistent == 0 {
		t.Persistent = 360 * time.Second
	}
	if t.Addr.Is6() || !t.Addr.IsValid() && allDigits(l.val.s) { // of marks and groups the family is not known yet
		if n, ok := b.unsigned(l.Words[1], 1, 128); ok {
			t.Netmask = uint32(n)
		}
		return
	}
	a, ok := parseAddr(l.val.s)
	if !ok || !a.Is4() {
		b.err(l.Words[1], syntax.GeneralError, "Invalid IPv4 persistence_granularity specified - "+l.val.s)
		return
	}
	mask := a.As4()
	t.Netmask = binary.BigEndian.Uint32(mask[:])
}

func (b *builder) readProtocol(t *VirtualServer, l entry) {
	switch strings.ToUpper(l.val.s) {
	case "TCP":
		t.Protocol = TCP
	case "UDP":
		t.Protocol = UDP
	case "SCTP":
		t.Protocol = SCTP
	default:
		b.err(l.Words[1], syntax.GeneralError, "Unknown protocol "+l.val.s+" - ignoring")
	}
}

func (b *builder) readSorry(t *VirtualServer, l entry) {
	s, ok := b.readEndpoint(l, "sorry")
	if !ok {
		return
	}
	t.Sorry = s
}

func (b *builder) needsSorry(t *VirtualServer, l entry, what string) bool {
	if t.Sorry == nil {
		b.report(l.Directive, syntax.GeneralError, "Ignoring sorry_server "+what+" used before or without sorry_server")
	}
	return t.Sorry != nil
}

// readEndpoint reads the address and port of a real or sorry server.
func (b *builder) readEndpoint(l entry, what string) (*RealServer, bool) {
	s := &RealServer{Pos: l.Pos(), Weight: unsetWeight, serverBlock: &serverBlock{timing: notGiven()}}
	a, ok := hostAddr(l.word(1))
	port := "(null)"
	if len(l.Words) > 2 {
		port = l.word(2)
		n, fine := b.unsigned(l.Words[2], 0, 65535)
		ok = ok && fine
		s.Port = uint16(n)
	}
	if !ok {
		b.report(l.Directive, syntax.GeneralError, "Invalid "+what+" server ip address/port "+l.word(1)+"/"+port+" - skipping")
		return nil, false
	}
	s.Addr = a
	return s, true
}

func (b *builder) readVirtualServer(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	v := &VirtualServer{Pos: d.Pos(), Quorum: 1, Weight: 1, Timing: notGiven()}
	if !b.serviceName(v, d) {
		return
	}
	if b.lvs.service == nil {
		b.lvs.service = newTable(virtualServerKeywords())
	}
	apply(b, b.lvs.service, d.Items(), v, "virtual_server")
	b.lvs.services = append(b.lvs.services, v)
}

// serviceName reads IP [port], fwmark N or group NAME.
func (b *builder) serviceName(v *VirtualServer, d *syntax.Directive) bool {
	first := d.Words[1].Text
	if first == "fwmark" || first == "group" {
		if len(d.Words) < 3 {
			b.missing(d, 2)
			return false
		}
		if first == "group" {
			v.Group = d.Words[2].Text
			return true
		}
		n, ok := b.unsigned(d.Words[2], 0, maxUint)
		v.Mark = uint32(n)
		return ok
	}
	a, ok := hostAddr(first)
	port := "(null)"
	if len(d.Words) > 2 {
		port = d.Words[2].Text
		n, fine := b.unsigned(d.Words[2], 1, 65535)
		ok = ok && fine
		v.Port = uint16(n)
	}
	if !ok {
		b.report(d, syntax.GeneralError, "Invalid virtual server IP address/port "+first+"/"+port+" - skipping")
		return false
	}
	v.Addr = a
	return true
}
