package conf

import (
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// trackScript is a vrrp_script block while it is read.
type trackScript struct {
	*VRRPScript
	tracker
	user  syntax.Word
	group string
}

// scriptTimer allows seconds with three places; 0 means the shortest that is sensible.
func scriptTimer() arg {
	return arg{form: decimal, max: 4294_000, unit: time.Second, places: 3}
}

// weightArg is a weight with an optional "reverse" after it.
func weightArg(most int64) arg { return about(integer(-most, most), "[reverse]") }

// readWeight stores a weight and "reverse".
func (t *tracker) readWeight(l entry) { t.weight, t.reverse = int(l.val.n), l.word(2) == "reverse" }

func vrrpScriptKeywords() []keyword[trackScript] {
	type block = trackScript
	type kw = keyword[block]
	timer := func(name string, at func(t *block) *time.Duration) kw {
		return kw{name: name, kind: Value, arg: scriptTimer(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) {
			b.notZero(l)
			if *at(t) = l.val.d; l.val.d == 0 {
				*at(t) = time.Second
			}
		}}
	}
	count := func(name string, at func(t *block) *int) kw {
		return kw{name: name, kind: Value, arg: number(1, maxInt), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { *at(t) = int(l.val.n) }}
	}
	return []kw{
		{name: "script", kind: Value, arg: soft(commandArg()), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) {
			if s, ok := b.readCommand(l); ok {
				s.User = User{} // the keyword user says that
				t.Script = s
			}
		}},
		timer("interval", func(t *block) *time.Duration { return &t.Interval }),
		timer("timeout", func(t *block) *time.Duration { return &t.Timeout }),
		{name: "weight", kind: Value, arg: weightArg(253), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.readWeight(l) }},
		count("rise", func(t *block) *int { return &t.Rise }),
		count("fall", func(t *block) *int { return &t.Fall }),
		{name: "user", kind: Value, arg: accountArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.user, t.group = l.Words[1], l.word(2) }},
		{name: "init_fail", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.InitFail = true }},
	}
}

// readVRRPScript reads one vrrp_script. Of several with one name the first is what references find.
func (b *builder) readVRRPScript(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	s := &trackScript{VRRPScript: &VRRPScript{Pos: d.Pos(), Name: d.Words[1].Text, Interval: time.Second, Rise: 1, Fall: 1}}
	apply(b, newTable(vrrpScriptKeywords()), d.Items(), s, "vrrp_script")
	if s.Timeout == 0 {
		s.Timeout = s.Interval
	}
	if s.Script == nil {
		b.report(d, syntax.GeneralError, "No script set for vrrp_script "+s.Name+" - removing")
		return
	}
	if b.scriptUser(s, d) && b.defineTracker(TrackScript, s.Name, &s.tracker) {
		b.vrrp.scriptOrder = append(b.vrrp.scriptOrder, s)
	}
}

// scriptUser tells whether the script can run as the user that its block names, or as the default one.
func (b *builder) scriptUser(s *trackScript, d *syntax.Directive) bool {
	if s.user.Text != "" {
		s.Script.User = User{s.user.Text, s.group}
		if !b.ids(s.Script.User).ok {
			b.err(s.user, syntax.GeneralError, "Unable to set uid/gid for script '"+strings.Join(s.Script.Argv, "' '")+"'")
			return false
		}
		return true
	}
	if _, ok := b.defaultUser(d); !ok {
		b.report(d, syntax.GeneralError, "Unable to set default user for vrrp script "+s.Name+" - removing")
		return false
	}
	return true
}
