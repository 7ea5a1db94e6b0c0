package conf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// ruleLine is one line of virtual_rules or static_rules while it is read.
type ruleLine struct {
	preferred  bool
	action     bool
	noTrack    bool
	preference uint64
	bad        bool
	family     int // 0 IPv4, 1 IPv6
}

type ruleOption = option[ruleLine]

func ruleOptions() []ruleOption {
	flag := func(name string, action bool) ruleOption {
		return ruleOption{name: name, flag: true, set: func(b *builder, t *ruleLine, w syntax.Word) {
			t.action = t.action || action
			t.noTrack = t.noTrack || name == "no_track"
			if name == "inet6" {
				t.family = 1
			}
		}}
	}
	prefix := func(name string) ruleOption {
		return ruleOption{name: name, args: "prefix or default/any/all", set: (*builder).readRulePrefix}
	}
	number := func(name string, most uint64) ruleOption {
		return ruleOption{name: name, args: fmt.Sprintf("0..%d", most), set: func(b *builder, t *ruleLine, w syntax.Word) {
			if n, err := strconv.ParseUint(w.Text, 0, 64); err != nil || n > most {
				b.badRule(t, w, name)
			}
		}}
	}
	named := func(name, file string, most uint64, action bool) ruleOption {
		return ruleOption{name: name, args: "name or number", set: func(b *builder, t *ruleLine, w syntax.Word) {
			t.action = t.action || action
			if _, ok := b.named(file, w.Text, most); !ok {
				b.badRule(t, w, name)
			}
		}}
	}
	order := func(name string) ruleOption {
		return ruleOption{name: name, args: "uint32", set: func(b *builder, t *ruleLine, w syntax.Word) {
			n, err := strconv.ParseUint(w.Text, 0, 32)
			if err != nil {
				b.badRule(t, w, name)
			}
			t.preferred, t.preference = true, n
		}}
	}
	device := func(name string) ruleOption {
		return ruleOption{name: name, args: "ifname", set: func(b *builder, t *ruleLine, w syntax.Word) { b.needLink(w, "rule") }}
	}
	span := func(name string) ruleOption {
		return ruleOption{name: name, args: "N-M", set: func(b *builder, t *ruleLine, w syntax.Word) {
			first, last, ok := strings.Cut(w.Text, "-")
			if !ok || !allDigits(first) || !allDigits(last) {
				b.badRule(t, w, name)
			}
		}}
	}
	return []ruleOption{
		flag("inet", false), flag("inet6", false), prefix("from"), prefix("to"),
		named("table", "rt_tables", maxUint, true), named("lookup", "rt_tables", maxUint, true), flag("not", false),
		order("preference"), order("order"), order("priority"),
		named("tos", "rt_dsfield", 255, false), named("dsfield", "rt_dsfield", 255, false),
		{name: "fwmark", args: "N[/mask]", set: func(b *builder, t *ruleLine, w syntax.Word) {
			mark, mask, _ := strings.Cut(w.Text, "/")
			_, err := strconv.ParseUint(mark, 0, 32)
			if mask != "" && err == nil {
				_, err = strconv.ParseUint(mask, 0, 32)
			}
			if err != nil {
				b.badRule(t, w, "fwmark")
			}
		}},
		{name: "realms", args: "[from/]to"},
		number("suppress_prefixlength", maxInt), number("sup_pl", maxInt),
		named("suppress_ifgroup", "group", maxUint, false), named("sup_group", "group", maxUint, false),
		device("dev"), device("iif"), device("oif"),
		number("tunnel-id", 1<<64-1), span("uidrange"), flag("l3mdev", true),
		number("protocol", 255), {name: "ipproto", args: "name or number 0-255"}, span("sport"), span("dport"),
		flag("no_track", false), {name: "type", args: "action name"},
		{name: "goto", args: "uint32", set: func(b *builder, t *ruleLine, w syntax.Word) {
			t.action = true
			if n, err := strconv.ParseUint(w.Text, 0, 32); err != nil || t.preferred && n <= t.preference {
				b.badRule(t, w, "goto")
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

func (b *builder) readRulePrefix(t *ruleLine, w syntax.Word) {
	switch w.Text {
	case "default", "any", "all":
		return
	}
	text, length, given := strings.Cut(w.Text, "/")
	if !strings.Contains(text, ":") && strings.Count(text, ".") < 3 {
		text += strings.Repeat(".0", 3-strings.Count(text, "."))
	}
	a, ok := parseAddr(text)
	if n, problem := parseUnsigned(length); given && (problem != "" || int(n) > a.BitLen()) {
		ok = false
	}
	if a.Is6() {
		t.family = 1
	}
	if !ok {
		b.badRule(t, w, "address")
	}
}

// firstPreference is what the first rule without preference gets; the next ones get less.
const firstPreference = 16384

// readRules reads a block of rules and returns how many are good.
func (b *builder) readRules(l entry, static bool) int {
	if b.vrrp.ruleOpts == nil {
		b.vrrp.ruleOpts = byName(ruleOptions())
		b.vrrp.nextRule = [2]int{firstPreference, firstPreference}
	}
	n := 0
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
			b.vrrp.nextRule[t.family]--
		}
		n++
	}
	return n
}

func (b *builder) readRule(t *ruleLine, d *syntax.Directive, static bool) {
	for i := 0; i < len(d.Words) && !t.bad; i++ {
		w := d.Words[i]
		o := b.vrrp.ruleOpts[w.Text]
		switch {
		case w.Text == "type":
		case static && w.Text == "track_group":
			i++
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
