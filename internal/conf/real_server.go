package conf

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// RealServer is a real_server block, or a sorry server.
type RealServer struct {
	Pos          syntax.Pos
	Addr         netip.Addr
	Port         uint16 // 0: that of the virtual server
	Method       Forwarding
	Tunnel       Tunnel
	Inhibit      bool
	Alpha        bool
	SMTPAlert    bool
	Weight       int     // unsetWeight: the default of the virtual server
	Timing       *Timing // its own and its virtual server's; shared, and not to be written to; nil for a sorry server
	NotifyUp     *Script
	NotifyDown   *Script
	Checks       []*Check
	VirtualHost  string
	SNMPName     string
	Upper, Lower uint32 // thresholds of connections
	*serverBlock        // nil once all is settled
}

// serverBlock is what a server is given as long as its block is read. It holds on to the tree.
type serverBlock struct {
	timing                    Timing
	port                      uint16 // as it is configured; 0: not
	inhibit, alpha, smtpAlert *bool
}

// name returns the server as log lines have it before the port is settled.
func (s *RealServer) name() string { return fmt.Sprintf("([%s]:%d)", s.Addr, s.Port) }

// unsetWeight stands for a weight that was not given.
const unsetWeight = -1

func realServerKeywords() []keyword[RealServer] {
	type s = RealServer
	row := func(name string, kind Kind, a arg, set func(b *builder, t *s, l entry)) keyword[s] {
		return keyword[s]{name: name, kind: kind, arg: a, owner: Checker, effect: on, set: set}
	}
	rows := []keyword[s]{
		row("weight", Value, number(0, maxInt), func(b *builder, t *s, l entry) { t.Weight = int(l.val.n) }),
		row("lvs_method", List, textArg(), func(b *builder, t *s, l entry) { b.readMethod(&t.Method, &t.Tunnel, l, "real") }),
		row("uthreshold", Value, number(0, maxUint), func(b *builder, t *s, l entry) { t.Upper = uint32(l.val.n) }),
		row("lthreshold", Value, number(0, maxUint), func(b *builder, t *s, l entry) { t.Lower = uint32(l.val.n) }),
		row("inhibit_on_failure", Value, boolArg(), func(b *builder, t *s, l entry) { t.inhibit = &l.val.on }),
		row("notify_up", Value, commandArg(), func(b *builder, t *s, l entry) { b.readNotify("", l, &t.NotifyUp) }),
		row("notify_down", Value, commandArg(), func(b *builder, t *s, l entry) { b.readNotify("", l, &t.NotifyDown) }),
		row("alpha", Value, boolArg(), func(b *builder, t *s, l entry) { t.alpha = &l.val.on }),
		row("smtp_alert", Value, boolArg(), func(b *builder, t *s, l entry) { t.smtpAlert = &l.val.on }),
		row("virtualhost", Value, soft(textArg()), func(b *builder, t *s, l entry) { t.VirtualHost = l.val.s }),
		snmpName(func(t *s) *string { return &t.SNMPName }),
	}
	rows = append(rows, timingKeywords(func(t *s) *Timing { return &t.timing }, 1)...)
	for _, kind := range checkKinds() {
		rows = append(rows, keyword[s]{name: kind, kind: Block, owner: Checker, effect: kind != "BFD_CHECK",
			set:  func(b *builder, t *s, l entry) { b.readCheck(t, l, kind) },
			rows: func() []Keyword { return list(checkKeywords(kind)) }})
	}
	return rows
}

func (b *builder) readRealServer(v *VirtualServer, l entry) {
	s, ok := b.readEndpoint(l, "real")
	if !ok {
		return
	}
	if b.lvs.server == nil {
		b.lvs.server = newTable(realServerKeywords())
	}
	apply(b, b.lvs.server, l.Items(), s, "real_server")
	if !v.reaches(s) {
		b.report(l.Directive, syntax.GeneralError, "Address family of virtual server and real server "+l.word(1)+" don't match - skipping real server.")
		return
	}
	v.Servers = append(v.Servers, s)
}

// reaches tells whether a server's address is of the family of the packets: without a tunnel it has to be. That of a service without
// address is the family of its first server, unless it says one.
func (v *VirtualServer) reaches(s *RealServer) bool {
	tunnel := func(s *RealServer) bool { return cmp.Or(s.Method, v.Method) == TUN }
	if tunnel(s) {
		return true
	}
	if v.Addr.IsValid() {
		return v.Addr.Is6() == s.Addr.Is6()
	}
	if v.Family != 0 {
		return v.Family == familyOf(s.Addr.Is6())
	}
	i := slices.IndexFunc(v.Servers, func(s *RealServer) bool { return !tunnel(s) })
	return i < 0 || v.Servers[i].Addr.Is6() == s.Addr.Is6()
}
