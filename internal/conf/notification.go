package conf

import (
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// FIFO is a named pipe that tells of changes of state, and the program that reads it.
type FIFO struct {
	Path   string // empty: none
	User   User   // who owns it; default the script user
	Script *Script
}

// Mail is how alerts are mailed.
type Mail struct {
	Server   string // address or name; default 127.0.0.1
	Port     uint16 // default 25
	Helo     string // default: the host name
	From     string // default: root at the host name
	To       []string
	Timeout  time.Duration // for the connection and each answer; default 30 s
	NoFaults bool          // no_email_faults
	Given    bool          // smtp_server was given
	Alerts   Alerts
}

// Alerts say what sends mail that has no smtp_alert of its own; nil: it was not said.
type Alerts struct{ All, VRRP, Checker *bool }

func fifoKeywords() []globalKeyword {
	type g = globalBlock
	fifo := func(name string, o Owner, effect bool, at func(g *g) *FIFO) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: soft(about(textArg(), "[user [group]]")), owner: o, effect: effect,
			set: func(b *builder, t *g, l entry) {
				if b.firstOnly(t, l) {
					at(t).Path, at(t).User = l.val.s, User{l.word(2), l.word(3)}
				}
			}}
	}
	fifoScript := func(name string, o Owner, effect bool, at func(g *g) **Script) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: soft(commandArg()), owner: o, effect: effect,
			set: func(b *builder, t *g, l entry) { b.readNotify("", l, at(t)) }}
	}
	return []globalKeyword{
		fifo("notify_fifo", AllProcesses, on, func(t *g) *FIFO { return &t.NotifyFIFO }),
		fifoScript("notify_fifo_script", AllProcesses, on, func(t *g) **Script { return &t.NotifyFIFO.Script }),
		fifo("vrrp_notify_fifo", VRRP, on, func(t *g) *FIFO { return &t.VRRPFIFO }),
		fifoScript("vrrp_notify_fifo_script", VRRP, on, func(t *g) **Script { return &t.VRRPFIFO.Script }),
		fifo("lvs_notify_fifo", Checker, on, func(t *g) *FIFO { return &t.LVSFIFO }),
		fifoScript("lvs_notify_fifo_script", Checker, on, func(t *g) **Script { return &t.LVSFIFO.Script }),
	}
}

// finishFIFOs leaves out a pipe that is given twice.
func (b *builder) finishFIFOs() {
	g := &b.cfg.Global
	if g.NotifyFIFO.Path == "" {
		return
	}
	for _, f := range []struct {
		what string
		fifo *FIFO
	}{{"vrrp", &g.VRRPFIFO}, {"lvs", &g.LVSFIFO}} {
		if f.fifo.Path == g.NotifyFIFO.Path {
			b.add(syntax.Diagnostic{Severity: syntax.GeneralError, Text: "notify FIFO " + f.fifo.Path +
				" has been specified for global and " + f.what + " FIFO - ignoring " + f.what + " FIFO"})
			*f.fifo = FIFO{}
		}
	}
}

func globalMailKeywords() []globalKeyword {
	type g = globalBlock
	return []globalKeyword{
		{name: "notification_email_from", kind: Value, arg: soft(textArg()), effect: on, set: func(b *builder, t *g, l entry) { t.Mail.From = l.val.s }},
		{name: "smtp_server", kind: Value, arg: about(textArg(), "[port]"), effect: on, set: func(b *builder, t *g, l entry) { b.readMailServer(&t.Mail, l) }},
		{name: "smtp_helo_name", kind: Value, arg: optional(textArg()), effect: on, set: func(b *builder, t *g, l entry) { t.Mail.Helo = l.val.s }},
		{name: "smtp_connect_timeout", kind: Value, arg: seconds(0, 4294), effect: on, set: func(b *builder, t *g, l entry) {
			b.notZero(l)
			t.Mail.Timeout = max(l.val.d, time.Second)
		}},
		{name: "notification_email", kind: Block, effect: on, set: func(b *builder, t *g, l entry) {
			t.Mail.To = append(t.Mail.To, names(l)...)
			if len(names(l)) == 0 {
				b.report(l.Directive, syntax.GeneralError, "Warning - empty notification_email block")
			}
		}},
		{name: "smtp_alert", kind: Value, arg: boolArg(), effect: on, set: func(b *builder, t *g, l entry) {
			t.smtpAlertAll, t.smtpAlertAllSet, t.Mail.Alerts.All = l.val.on, true, new(l.val.on)
			if !t.smtpAlertSet {
				t.smtpAlert = l.val.on
			}
		}},
		{name: "smtp_alert_vrrp", kind: Value, arg: boolArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) {
				t.smtpAlert, t.smtpAlertSet, t.Mail.Alerts.VRRP = l.val.on, true, new(l.val.on)
			}},
		{name: "smtp_alert_checker", kind: Value, arg: boolArg(), owner: Checker, effect: on, set: func(b *builder, t *g, l entry) { t.Mail.Alerts.Checker = new(l.val.on) }},
		flagOf("no_email_faults", VRRP, on, func(t *g) *bool { return &t.Mail.NoFaults }),
	}
}

// readMailServer reads an address or name, and a port.
func (b *builder) readMailServer(m *Mail, l entry) {
	port := int64(25)
	if len(l.Words) > 2 {
		n, ok := b.unsigned(l.Words[2], 1, 65535)
		if !ok {
			return
		}
		port = n
	}
	if _, ok := parseAddr(l.val.s); !ok && !b.host.Resolves(l.val.s) {
		word := "25"
		if len(l.Words) > 2 {
			word = l.word(2)
		}
		b.err(l.Words[1], syntax.GeneralError, "Invalid smtp server "+l.val.s+" "+word)
	}
	m.Server, m.Port = l.val.s, uint16(port)
}

// finishMail fills in what the machine knows.
func (b *builder) finishMail() {
	m := &b.cfg.Global.Mail
	m.Given = m.Server != ""
	if m.Server == "" {
		m.Server, m.Port = netip.AddrFrom4([4]byte{127, 0, 0, 1}).String(), 25
	}
	name := b.host.Hostname()
	if m.Helo == "" {
		m.Helo = name
	}
	if m.From == "" {
		m.From = "root@" + name
	}
	if b.cfg.Global.RouterID == "" {
		b.cfg.Global.RouterID = name
	}
}
