package conf

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// ruleLine is one line of virtual_rules or static_rules while it is read.
type ruleLine struct {
	Rule
	preferred bool
	action    bool
	protocol  uint8
	bad       bool
	family    int // 0 IPv4, 1 IPv6
}

type ruleOption = option[ruleLine]

func ruleOptions() []ruleOption {
	flag := func(name string, action bool) ruleOption {
		return ruleOption{name: name, flag: true, effect: on, set: func(b *builder, t *ruleLine, w syntax.Word) {
			t.action = t.action || action
			t.flag(name)
		}}
	}
	prefix := func(name string) ruleOption {
		return ruleOption{name: name, args: "prefix or default/any/all", effect: on,
			set: func(b *builder, t *ruleLine, w syntax.Word) { b.readRulePrefix(t, w, name == "to") }}
	}
	number := func(name string, most uint64) ruleOption {
		return ruleOption{name: name, args: fmt.Sprintf("0..%d", most), effect: on, set: func(b *builder, t *ruleLine, w syntax.Word) {
			if n, err := strconv.ParseUint(w.Text, 0, 64); err != nil || n > most {
				b.badRule(t, w, name)
			} else {
				t.number(name, n)
			}
		}}
	}
	named := func(name, file string, most uint64, action bool) ruleOption {
		return ruleOption{name: name, args: "name or number", effect: on, set: func(b *builder, t *ruleLine, w syntax.Word) {
			t.action = t.action || action
			n, ok := b.named(file, w.Text, most)
			if !ok {
				b.badRule(t, w, name)
			}
			t.number(name, uint64(n))
		}}
	}
	order := func(name string) ruleOption {
		return ruleOption{name: name, args: "uint32", effect: on, set: func(b *builder, t *ruleLine, w syntax.Word) {
			n, err := strconv.ParseUint(w.Text, 0, 32)
			if err != nil {
				b.badRule(t, w, name)
			}
			t.number(name, n)
		}}
	}
	device := func(name string) ruleOption {
		return ruleOption{name: name, args: "ifname", effect: on, set: func(b *builder, t *ruleLine, w syntax.Word) {
			b.needLink(w, "rule")
			if name == "oif" {
				t.OIF = w.Text
			} else {
				t.IIF = w.Text
			}
		}}
	}
	span := func(name string) ruleOption {
		return ruleOption{name: name, args: "N-M", effect: on, set: func(b *builder, t *ruleLine, w syntax.Word) {
			first, last, ok := strings.Cut(w.Text, "-")
			if !ok || !allDigits(first) || !allDigits(last) {
				b.badRule(t, w, name)
			}
			t.span(name, first, last)
		}}
	}
	return []ruleOption{
		flag("inet", false), flag("inet6", false), prefix("from"), prefix("to"),
		named("table", "rt_tables", maxUint, true), named("lookup", "rt_tables", maxUint, true), flag("not", false),
		order("preference"), order("order"), order("priority"),
		named("tos", "rt_dsfield", 255, false), named("dsfield", "rt_dsfield", 255, false),
		{name: "fwmark", args: "N[/mask]", effect: on, set: (*builder).readMark},
		{name: "realms", args: "[from/]to", effect: on, set: func(b *builder, t *ruleLine, w syntax.Word) {
			var ok bool
			if t.Realms, ok = b.readRealms(w.Text); !ok {
				b.badRule(t, w, "realms")
			}
		}},
		number("suppress_prefixlength", maxInt), number("sup_pl", maxInt),
		named("suppress_ifgroup", "group", maxUint, false), named("sup_group", "group", maxUint, false),
		device("dev"), device("iif"), device("oif"),
		number("tunnel-id", 1<<64-1), span("uidrange"), flag("l3mdev", true),
		number("protocol", 255), {name: "ipproto", args: "name or number 0-255", effect: on, set: (*builder).readIPProto}, span("sport"), span("dport"),
		flag("no_track", false), {name: "type", args: "action name", effect: on},
		{name: "goto", args: "uint32", effect: on, set: func(b *builder, t *ruleLine, w syntax.Word) {
			t.action = true
			if n, err := strconv.ParseUint(w.Text, 0, 32); err != nil || t.preferred && n <= uint64(t.Preference) {
				b.badRule(t, w, "goto")
			} else {
				t.number("goto", n)
			}
		}},
		flag("nop", true), flag("blackhole", true), flag("unreachable", true), flag("prohibit", true),
	}
}

func ruleRows() []Keyword { return optionRows(ruleOptions(), VRRP, "virtual_rules/<entry>/") }

func (b *builder) badRule(t *ruleLine, w syntax.Word, option string) {
	b.err(w, syntax.GeneralError, "Invalid rule "+option+" '"+w.Text+"' - skipping rule")
	t.bad = true
}

func (b *builder) readRulePrefix(t *ruleLine, w syntax.Word, to bool) {
	switch w.Text {
	case "default", "any", "all":
		return
	}
	text, length, given := strings.Cut(w.Text, "/")
	if !strings.Contains(text, ":") && strings.Count(text, ".") < 3 {
		text += strings.Repeat(".0", 3-strings.Count(text, "."))
	}
	a, ok := parseAddr(text)
	n, problem := parseUnsigned(length)
	if given && (problem != "" || int(n) > a.BitLen()) {
		ok = false
	}
	if !given {
		n = int64(a.BitLen())
	}
	if a.Is6() {
		t.family = 1
	}
	if !ok {
		b.badRule(t, w, "address")
		return
	}
	if p := netip.PrefixFrom(a, int(n)).Masked(); to {
		t.To = p
	} else {
		t.From = p
	}
}

// firstPreference is what the first rule without preference gets; the next ones get less.
const firstPreference = 16384

// readRules reads a block of rules and returns those that are good.
func (b *builder) readRules(l entry, static bool) []*Rule {
	if b.vrrp.ruleOpts == nil {
		b.vrrp.ruleOpts = byName(ruleOptions())
		b.vrrp.nextRule = [2]int{firstPreference, firstPreference}
	}
	var out []*Rule
	for _, d := range b.entries(l) {
		t := &ruleLine{}
		b.readRule(t, d, static)
		if t.bad {
			continue
		}
		if !t.action {
			b.report(d, syntax.GeneralError, "No table or action specified for rule - skipping")
			continue
		}
		if !t.preferred {
			b.report(d, syntax.Warning, "Rule has no preference specified - setting to "+strconv.Itoa(b.vrrp.nextRule[t.family])+". This is probably not what you want.")
			t.Preference = uint32(b.vrrp.nextRule[t.family])
			b.vrrp.nextRule[t.family]--
		}
		out = append(out, t.finish(d))
	}
	return out
}

func (b *builder) readRule(t *ruleLine, d *syntax.Directive, static bool) {
	for i := 0; i < len(d.Words) && !t.bad; i++ {
		w := d.Words[i]
		o := b.vrrp.ruleOpts[w.Text]
		switch {
		case w.Text == "type":
		case static && w.Text == "track_group":
			if i++; i < len(d.Words) {
				t.TrackGroup = d.Words[i].Text
			}
		case o == nil:
			b.err(w, syntax.GeneralError, "Unknown rule option "+w.Text)
			t.bad = true
		case o.flag:
			o.set(b, t, w)
		case i+1 >= len(d.Words):
			b.err(w, syntax.GeneralError, "No value specified for rule option "+w.Text)
			t.bad = true
		default:
			i++
			if o.set != nil {
				o.set(b, t, d.Words[i])
			}
		}
	}
}
