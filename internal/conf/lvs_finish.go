package conf

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

func familyOf(v6 bool) Family {
	if v6 {
		return IPv6
	}
	return IPv4
}

// finishFamily settles what packets a virtual server is for: those of its address, else of what it says, else of its
// servers.
func (b *builder) finishFamily(v *VirtualServer) {
	switch {
	case v.Addr.IsValid():
		v.Family = familyOf(v.Addr.Is6())
	case v.Family != 0:
	case v.Method == TUN:
		v.Family = IPv4
	default:
		v.Family = familyOf(v.Servers[0].Addr.Is6())
	}
}

// groupOf finds the group of a virtual server. It tells whether the virtual server can be used.
func (b *builder) groupOf(v *VirtualServer) bool {
	if v.Group == "" {
		return true
	}
	g := b.lvs.groups[v.Group]
	if g == nil {
		b.tellService(v, "Virtual server group "+v.Group+" specified but not configured - ignoring virtual server "+v.name())
		return false
	}
	v.Members = g.Members
	if b.lvs.indexes == nil {
		b.lvs.indexes = map[string]int{}
	}
	v.Index = b.lvs.indexes[v.Group]
	b.lvs.indexes[v.Group]++
	return true
}

// finishSuspend drops ha_suspend where there is no address whose presence could be told.
func (b *builder) finishSuspend(v *VirtualServer) {
	mark := func(m GroupMember) bool { return !m.Addr.IsValid() }
	if v.HASuspend && (v.Group == "" && !v.Addr.IsValid() || slices.ContainsFunc(v.Members, mark)) {
		b.tellService(v, "Virtual server "+v.name()+": cannot use ha_suspend with fwmarks - clearing ha_suspend")
		v.HASuspend = false
	}
}

// addresses returns the address, or the first and the last one of a range.
func (m GroupMember) addresses() string {
	if all := m.Addrs(); len(all) > 1 {
		return m.Addr.String() + "-" + all[len(all)-1].Addr.String()
	}
	return m.Addr.String()
}

// Addrs returns the addresses that a line of a group stands for, none for a mark.
func (m GroupMember) Addrs() []GroupMember {
	if !m.Addr.IsValid() {
		return []GroupMember{m}
	}
	out := make([]GroupMember, 0, m.Range+1)
	for a, i := m.Addr, 0; i <= m.Range; a, i = a.Next(), i+1 {
		out = append(out, GroupMember{Addr: a, Port: m.Port})
	}
	return out
}

// timingOf returns what a kind of checker does by default.
func timingOf(kind string) Timing {
	t := Timing{Loop: 60 * time.Second, BeforeRetry: time.Second, Warmup: -1, Connect: 5 * time.Second, Retry: 1}
	switch kind {
	case "HTTP_GET", "SSL_GET":
		t.BeforeRetry = 3 * time.Second
	case "DNS_CHECK":
		t.BeforeRetry, t.Retry = -1, 3
	case "MISC_CHECK":
		t.Retry = 0
	}
	return t
}

// finishCheckers hands down what the blocks above say: checker, real server, virtual server, global_defs.
func (b *builder) finishCheckers(v *VirtualServer) {
	alerts := b.defaults.alertCheckers(b.cfg.Global.Mail.Alerts.Checker)
	v.SMTPAlert = *cmp.Or(v.smtpAlert, alerts, new(bool))
	yes := true
	for _, s := range v.Servers {
		s.Alpha = *cmp.Or(s.alpha, &v.Alpha)
		s.Inhibit = *cmp.Or(s.inhibit, &v.Inhibit)
		s.SMTPAlert = *cmp.Or(s.smtpAlert, alerts, &yes)
		s.Timing = share(&b.lvs.serverTiming, s.timing.Or(v.Timing))
		for _, c := range s.Checks {
			b.finishCheck(c, s, v)
		}
		s.serverBlock = nil
	}
	if v.Sorry != nil {
		v.Sorry.serverBlock = nil
	}
}

// share returns t, in the memory of the last one when that is equal: most servers are asked as often as the one before them.
func share(last **Timing, t Timing) *Timing {
	if *last == nil || **last != t {
		fresh := t // another variable, as all that &t stands for would be allocated in every call
		*last = &fresh
	}
	return *last
}

func (b *builder) finishCheck(c *Check, s *RealServer, v *VirtualServer) {
	t := c.timing.Or(*s.Timing).Or(timingOf(c.Kind))
	t = t.Or(Timing{BeforeRetry: t.Loop, Warmup: t.Loop})
	c.Timing = share(&b.lvs.timing, t)
	c.Alpha = *cmp.Or(c.alpha, &s.Alpha)
	c.LogAll = *cmp.Or(c.logAll, &b.cfg.Global.LVS.LogAllFailures)
	if !c.Target.IsValid() {
		c.Target = s.Addr
	}
	c.Port = cmp.Or(c.Port, s.port, s.Port, v.Port)
	switch c.Kind {
	case "MISC_CHECK":
		if c.ScriptTimeout < 0 {
			c.ScriptTimeout = t.Loop
		}
	case "HTTP_GET", "SSL_GET":
		c.HTTPVersion = cmp.Or(c.HTTPVersion, "1.0")
		host := cmp.Or(c.VirtualHost, s.VirtualHost, v.VirtualHost)
		for _, u := range c.URLs {
			u.VirtualHost = cmp.Or(u.VirtualHost, host)
			u.TLSCompliant = u.TLSCompliant || c.TLSCompliant
		}
		c.VirtualHost = host
	case "FILE_CHECK":
		i := slices.IndexFunc(b.vrrp.files, func(f *trackFile) bool { return f.Name == c.Name })
		if i >= 0 && !c.weightSet {
			c.Weight, c.Reverse = b.vrrp.files[i].weight, b.vrrp.files[i].reverse
		}
	case "SMTP_CHECK":
		c.HELO = cmp.Or(c.HELO, "smtpchecker.keepalived.org")
	case "DNS_CHECK":
		c.DNSType, c.Name = cmp.Or(c.DNSType, dnsType("SOA")), cmp.Or(c.Name, ".")
	}
	c.checkBlock = nil
	if last := b.lvs.specifics; last != nil && last.same(c.Specifics) {
		c.Specifics = last // most servers are asked what the one before them is asked
	}
	b.lvs.specifics = c.Specifics
}

// alertCheckers returns whether virtual and real servers send mail that say nothing of it; nil when nothing does.
func (g *instanceDefaults) alertCheckers(checker *bool) *bool {
	if checker == nil && g.smtpAlertAllSet {
		return &g.smtpAlertAll
	}
	return checker
}

// groupFamilies reports a group whose members do not go together. It tells whether the group can be used.
func (b *builder) groupFamilies(g *VirtualServerGroup, d *syntax.Directive) bool {
	has := func(what func(m GroupMember) bool) bool { return slices.ContainsFunc(g.Members, what) }
	v4 := has(func(m GroupMember) bool { return m.Addr.Is4() })
	v6 := has(func(m GroupMember) bool { return m.Addr.Is6() })
	if v4 && v6 && has(func(m GroupMember) bool { return !m.Addr.IsValid() && m.Family == 0 }) {
		b.report(d, syntax.GeneralError, fmt.Sprintf("virtual server group %s cannot have IPv4, IPv6 and fwmark without family - removing", g.Name))
		return false
	}
	return true
}

// Same tells whether two checkers do the same in the same way, wherever they stand in the configuration.
func (c *Check) Same(o *Check) bool {
	return c.common() == o.common() && *c.Timing == *o.Timing && c.Specifics.same(o.Specifics)
}

// SameProbe tells whether two checkers look at the same thing in the same way, if not as often.
func (c *Check) SameProbe(o *Check) bool {
	a, b := c.common(), o.common()
	own, others := *c.Specifics, *o.Specifics
	a.Alpha, a.LogAll, own.ScriptTimeout = b.Alpha, b.LogAll, others.ScriptTimeout
	return a == b && own.same(&others)
}

// common returns what all kinds of checkers have, without position and timing.
func (c *Check) common() Check {
	p := *c
	p.Pos, p.Timing, p.Specifics, p.checkBlock = syntax.Pos{}, nil, nil, nil
	return p
}

// same tells whether two checkers can share their specifics. Positions do not count; they are for what is wrong, which has been
// said. Thousands are compared: reflection would take too long.
func (s *Specifics) same(o *Specifics) bool {
	return s == o || s.Script.same(o.Script) && slices.EqualFunc(s.URLs, o.URLs, (*URL).same) &&
		s.DNSType == o.DNSType && s.Dynamic == o.Dynamic && s.SNI == o.SNI && s.FastRecovery == o.FastRecovery && s.TLSCompliant == o.TLSCompliant &&
		s.NeedReply == o.NeedReply && s.Reverse == o.Reverse && s.Name == o.Name && s.ScriptTimeout == o.ScriptTimeout &&
		s.VirtualHost == o.VirtualHost && s.HTTPVersion == o.HTTPVersion && s.SNIName == o.SNIName && s.HELO == o.HELO &&
		s.MinReply == o.MinReply && s.MaxReply == o.MaxReply && s.Weight == o.Weight &&
		bytes.Equal(s.Payload, o.Payload) && bytes.Equal(s.Reply, o.Reply) && bytes.Equal(s.ReplyMask, o.ReplyMask)
}

func (u *URL) same(o *URL) bool {
	return u.Path == o.Path && u.Digest == o.Digest && u.VirtualHost == o.VirtualHost && u.Regex == o.Regex && u.RegexNoMatch == o.RegexNoMatch &&
		u.MinOffset == o.MinOffset && u.MaxOffset == o.MaxOffset && u.TLSCompliant == o.TLSCompliant &&
		slices.Equal(u.RegexOptions, o.RegexOptions) && slices.Equal(u.Codes, o.Codes)
}

func (s *Script) same(o *Script) bool {
	if s == nil || o == nil {
		return s == o
	}
	return s.Line == o.Line && slices.Equal(s.Argv, o.Argv) && s.User == o.User && s.Secure == o.Secure && s.KeepLinks == o.KeepLinks &&
		s.Groups == o.Groups
}
