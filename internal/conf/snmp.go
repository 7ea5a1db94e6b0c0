package conf

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// SNMP holds what global_defs says of the SNMP subagent.
type SNMP struct {
	Socket  string // of the master agent, as agentXSocket of snmpd.conf(5); empty: the usual ones
	Traps   bool
	Checker bool // the checker child answers for its part of the MIB
	// How old the counters of virtual and of real servers may be; 1 ms to 30 s, default 5 s, and that of virtual servers.
	ServiceStats, ServerStats time.Duration
}

// defaultStats is how old counters may be when nothing is said of it.
const defaultStats = 5 * time.Second

func globalSNMPKeywords() []globalKeyword {
	stats := func(name string, at func(g *globalBlock) *time.Duration) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: arg{form: decimal, min: 1000, max: 30_000_000, unit: 1e9, places: 6}, owner: Checker,
			effect: on, set: func(b *builder, t *globalBlock, l entry) { *at(t) = l.val.d }}
	}
	// keepalived is built without the two MIBs of the RFCs unless asked for: there these keywords are unknown.
	return []globalKeyword{
		{name: "snmp_socket", kind: Value, arg: soft(textArg()), effect: on, set: func(b *builder, t *globalBlock, l entry) {
			if t.SNMP.Socket != "" {
				b.report(l.Directive, syntax.GeneralError, "SNMP socket already set to "+t.SNMP.Socket+" - ignoring")
				return
			}
			t.SNMP.Socket = l.val.s
		}},
		flagOf("enable_traps", AllProcesses, on, func(g *globalBlock) *bool { return &g.SNMP.Traps }),
		checked("enable_snmp_vrrp", Flag, arg{}, VRRP),
		{name: "enable_snmp_keepalived", owner: VRRP, old: true, set: func(b *builder, t *globalBlock, l entry) { b.renamed(l, "enable_snmp_vrrp") }},
		checked("enable_snmp_rfc", Flag, arg{}, VRRP),
		checked("enable_snmp_rfcv2", Flag, arg{}, VRRP),
		checked("enable_snmp_rfcv3", Flag, arg{}, VRRP),
		flagOf("enable_snmp_checker", Checker, on, func(g *globalBlock) *bool { return &g.SNMP.Checker }),
		stats("snmp_vs_stats_update_interval", func(g *globalBlock) *time.Duration { return &g.SNMP.ServiceStats }),
		stats("snmp_rs_stats_update_interval", func(g *globalBlock) *time.Duration { return &g.SNMP.ServerStats }),
		checked("enable_dbus", Flag, arg{}, VRRP),
		checked("dbus_service_name", Value, soft(textArg()), VRRP),
		checked("dbus_no_interface_name", Value, soft(textArg()), VRRP),
	}
}

// finishSNMP fills in what was not said.
func (b *builder) finishSNMP() {
	s := &b.cfg.Global.SNMP
	if s.ServiceStats == 0 {
		s.ServiceStats = defaultStats
	}
	if s.ServerStats == 0 {
		s.ServerStats = s.ServiceStats
	}
}

// snmpName returns the row of the name that a server has in the MIB: one word.
func snmpName[T any](at func(t *T) *string) keyword[T] {
	return keyword[T]{name: "snmp_name", kind: Value, arg: soft(textArg()), owner: Checker, effect: on, set: func(b *builder, t *T, l entry) {
		if len(l.Words) > 2 {
			b.report(l.Directive, syntax.GeneralError, "snmp_name missing or extra parameters")
			return
		}
		*at(t) = l.val.s
	}}
}
