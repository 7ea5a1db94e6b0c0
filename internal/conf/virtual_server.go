package conf

import (
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
	Pos       syntax.Pos
	Addr      netip.Addr
	Port      uint16
	Mark      uint32 // of the firewall; 0 when there is an address or a group
	Group     string
	Protocol  Protocol
	Scheduler string
	Method    Forwarding
	Timing    Timing

	Persistent  time.Duration // 0: not persistent
	OnePacket   bool
	Alpha       bool
	Omega       bool
	Inhibit     bool
	HASuspend   bool
	Quorum      uint32 // least weight of live servers, default 1
	Hysteresis  uint32
	Weight      int // default of the real servers
	QuorumUp    *Script
	QuorumDown  *Script
	Servers     []*RealServer
	Sorry       *RealServer
	VirtualHost string
}

// Timing is how checkers run; what is zero comes from the block above.
type Timing struct {
	Loop, BeforeRetry, Warmup, Connect time.Duration
	Retry                              int
}

// name returns the service as log lines have it.
func (v *VirtualServer) name() string {
	switch {
	case v.Group != "":
		return "[" + v.Group + "]:0"
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
		return serviceKeyword{name: name, kind: kind, arg: a, owner: Checker, set: set}
	}
	method := func(name string) serviceKeyword {
		return row(name, List, textArg(), func(b *builder, t *s, l entry) { b.readMethod(&t.Method, l, "virtual") })
	}
	rows := []serviceKeyword{
		row("ip_family", Value, textArg(), func(b *builder, t *s, l entry) {
			if l.val.s != "inet" && l.val.s != "inet6" {
				b.err(l.Words[1], syntax.GeneralError, "unknown address family "+l.val.s)
			}
		}),
		row("inhibit_on_failure", Flag, arg{}, func(b *builder, t *s, l entry) { t.Inhibit = true }),
		row("lb_algo", Value, textArg(), (*builder).readScheduler),
		row("lvs_sched", Value, textArg(), (*builder).readScheduler),
		row("hashed", Flag, arg{}, func(b *builder, t *s, l entry) { b.onlyScheduler(t, l, "sh", "mh") }),
		row("ops", Flag, arg{}, func(b *builder, t *s, l entry) { t.OnePacket = true }),
		row("flag-1", Flag, arg{}, nil),
		row("flag-2", Flag, arg{}, nil),
		row("flag-3", Flag, arg{}, nil),
		row("sh-port", Flag, arg{}, func(b *builder, t *s, l entry) { b.onlyScheduler(t, l, "sh") }),
		row("sh-fallback", Flag, arg{}, func(b *builder, t *s, l entry) { b.onlyScheduler(t, l, "sh") }),
		row("mh-port", Flag, arg{}, func(b *builder, t *s, l entry) { b.onlyScheduler(t, l, "mh") }),
		row("mh-fallback", Flag, arg{}, func(b *builder, t *s, l entry) { b.onlyScheduler(t, l, "mh") }),
		method("lb_kind"),
		method("lvs_method"),
		row("persistence_engine", Value, textArg(), nil),
		row("persistence_timeout", Value, optional(seconds(1, 2678400)), (*builder).readPersistence),
		row("persistence_granularity", Value, textArg(), (*builder).readGranularity),
		row("protocol", Value, textArg(), (*builder).readProtocol),
		row("ha_suspend", Flag, arg{}, func(b *builder, t *s, l entry) { t.HASuspend = true }),
		row("smtp_alert", Value, boolArg(), nil),
		row("virtualhost", Value, soft(textArg()), func(b *builder, t *s, l entry) { t.VirtualHost = l.val.s }),
		row("snmp_name", Value, soft(textArg()), nil),
		row("alpha", Flag, arg{}, func(b *builder, t *s, l entry) { t.Alpha = true }),
		row("omega", Flag, arg{}, func(b *builder, t *s, l entry) { t.Omega = true }),
		row("quorum_up", Value, commandArg(), func(b *builder, t *s, l entry) { b.readNotify(t.name()+")", l, &t.QuorumUp) }),
		row("quorum_down", Value, commandArg(), func(b *builder, t *s, l entry) { b.readNotify(t.name()+")", l, &t.QuorumDown) }),
		row("quorum", Value, number(1, maxUint), func(b *builder, t *s, l entry) { t.Quorum = uint32(l.val.n) }),
		row("hysteresis", Value, number(0, maxUint), func(b *builder, t *s, l entry) { t.Hysteresis = uint32(l.val.n) }),
		row("weight", Value, number(1, maxInt), func(b *builder, t *s, l entry) { t.Weight = int(l.val.n) }),
		row("sorry_server", Value, about(textArg(), "IP [port]"), (*builder).readSorry),
		row("sorry_server_inhibit", Flag, arg{}, func(b *builder, t *s, l entry) { b.needsSorry(t, l, "inhibit") }),
		row("sorry_server_lvs_method", List, soft(textArg()), func(b *builder, t *s, l entry) {
			if b.needsSorry(t, l, "lvs_method") {
				b.readMethod(&t.Sorry.Method, l, "sorry")
			}
		}),
	}
	for i := range rows {
		if rows[i].name == "lb_kind" {
			rows[i].rows = methodWords
		}
	}
	rows = append(rows, timingKeywords(func(t *s) *Timing { return &t.Timing }, 1)...)
	return append(rows, serviceKeyword{name: "real_server", kind: Block, named: true, arg: textArg(), owner: Checker, set: (*builder).readRealServer,
		rows: func() []Keyword { return list(realServerKeywords()) }})
}

// timingKeywords are the rows of a block that says how checkers run. The least number of retries differs.
func timingKeywords[T any](at func(t *T) *Timing, leastRetry int64) []keyword[T] {
	anyTimer := timer(0, 1<<53)
	row := func(name string, a arg, set func(m *Timing, v value)) keyword[T] {
		return keyword[T]{name: name, kind: Value, arg: a, owner: Checker, set: func(b *builder, t *T, l entry) { set(at(t), l.val) }}
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
		{Path: "<word>/type", Kind: Value, Args: "ipip or gue or gre", Owner: Checker},
		{Path: "<word>/port", Kind: Value, Args: "1..65535", Owner: Checker},
	}
	for _, n := range []string{"nocsum", "csum", "remcsum"} {
		out = append(out, Keyword{Path: "<word>/" + n, Kind: Flag, Owner: Checker})
	}
	return out
}

// readMethod reads a forwarding method and the options of tunnels.
func (b *builder) readMethod(at *Forwarding, l entry, of string) {
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
	for i := 2; i < len(l.Words); i++ {
		w := l.Words[i]
		switch w.Text {
		case "nocsum", "csum", "remcsum":
		case "type", "port":
			if i+1 >= len(l.Words) {
				b.missing(l.Directive, i+1)
				return
			}
			i++
			v := l.Words[i]
			if w.Text == "port" {
				b.unsigned(v, 1, 65535)
			} else if v.Text != "ipip" && v.Text != "gue" && v.Text != "gre" {
				b.err(v, syntax.GeneralError, "Unknown tunnel type "+v.Text+" for "+of+" server.")
			}
		default:
			b.err(w, syntax.GeneralError, "Unknown "+of+" server tunnel option "+w.Text)
		}
	}
}

const schedulers = " rr wrr lc wlc lblc lblcr sh mh dh fo ovf sed nq twos "

func (b *builder) readScheduler(t *VirtualServer, l entry) {
	if !strings.Contains(schedulers, " "+l.val.s+" ") {
		b.err(l.Words[1], syntax.GeneralError, "Invalid lvs_scheduler '"+l.val.s+"' - ignoring")
		return
	}
	t.Scheduler = l.val.s
}

func (b *builder) onlyScheduler(t *VirtualServer, l entry, ok ...string) {
	for _, s := range ok {
		if t.Scheduler == s {
			return
		}
	}
	b.report(l.Directive, syntax.GeneralError, l.Name()+" only applies to "+ok[0]+" scheduler - ignoring")
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
	if t.Addr.Is6() {
		b.unsigned(l.Words[1], 1, 128)
		return
	}
	if a, ok := parseAddr(l.val.s); !ok || !a.Is4() {
		b.err(l.Words[1], syntax.GeneralError, "Invalid IPv4 persistence_granularity specified - "+l.val.s)
	}
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
	if t.Addr.IsValid() && t.Addr.Is6() != s.Addr.Is6() {
		b.report(l.Directive, syntax.GeneralError, "Address family of virtual server and sorry server "+l.word(1)+" don't match - skipping sorry server.")
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
	s := &RealServer{Pos: l.Pos(), Weight: unsetWeight}
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
	v := &VirtualServer{Pos: d.Pos(), Quorum: 1, Weight: 1}
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
