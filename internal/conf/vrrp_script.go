package conf

import (
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// scriptTimer allows seconds with three places; 0 means the shortest that is sensible.
func scriptTimer() arg {
	return arg{form: decimal, max: 4294_000, unit: time.Second, places: 3}
}

// weightArg is a weight with an optional "reverse" after it.
func weightArg(most int64) arg { return about(integer(-most, most), "[reverse]") }

func vrrpScriptKeywords() []keyword[trackScript] {
	type block = trackScript
	return []keyword[block]{
		{name: "script", kind: Value, arg: soft(commandArg()), owner: VRRP, set: func(b *builder, t *block, l entry) {
			if s, ok := b.readCommand(l); ok {
				s.User = User{} // the keyword user says that
				t.script = s
			}
		}},
		{name: "interval", kind: Value, arg: scriptTimer(), owner: VRRP, set: func(b *builder, t *block, l entry) { b.notZero(l) }},
		{name: "timeout", kind: Value, arg: scriptTimer(), owner: VRRP, set: func(b *builder, t *block, l entry) { b.notZero(l) }},
		{name: "weight", kind: Value, arg: weightArg(253), owner: VRRP, set: func(b *builder, t *block, l entry) { t.weight = int(l.val.n) }},
		{name: "rise", kind: Value, arg: number(1, maxInt), owner: VRRP},
		{name: "fall", kind: Value, arg: number(1, maxInt), owner: VRRP},
		{name: "user", kind: Value, arg: accountArg(), owner: VRRP, set: func(b *builder, t *block, l entry) { t.user, t.group = l.Words[1], l.word(2) }},
		{name: "init_fail", owner: VRRP},
	}
}

// readVRRPScript reads one vrrp_script. Of several with one name the first is what references find.
func (b *builder) readVRRPScript(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	s := &trackScript{pos: d.Pos(), name: d.Words[1].Text}
	apply(b, newTable(vrrpScriptKeywords()), d.Items(), s, "vrrp_script")
	if s.script == nil {
		b.report(d, syntax.GeneralError, "No script set for vrrp_script "+s.name+" - removing")
		return
	}
	if !b.scriptUser(s, d) {
		return
	}
	if b.vrrp.scripts == nil {
		b.vrrp.scripts = map[string]*trackScript{}
	}
	if b.vrrp.scripts[s.name] == nil {
		b.vrrp.scripts[s.name] = s
		b.vrrp.scriptOrder = append(b.vrrp.scriptOrder, s)
	}
}

// scriptUser tells whether the script can run as the user that its block names, or as the default one.
func (b *builder) scriptUser(s *trackScript, d *syntax.Directive) bool {
	if s.user.Text != "" {
		s.script.User = User{s.user.Text, s.group}
		if !b.ids(s.script.User).ok {
			b.err(s.user, syntax.GeneralError, "Unable to set uid/gid for script '"+strings.Join(s.script.Argv, "' '")+"'")
			return false
		}
		return true
	}
	if _, ok := b.defaultUser(d); !ok {
		b.report(d, syntax.GeneralError, "Unable to set default user for vrrp script "+s.name+" - removing")
		return false
	}
	return true
}
