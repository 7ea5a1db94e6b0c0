package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

// trackProcess is a vrrp_track_process block.
type trackProcess struct{ process bool }

func trackProcessKeywords() []keyword[trackProcess] {
	type t = trackProcess
	delay := func(name string) keyword[t] {
		return keyword[t]{name: name, kind: Value, arg: timer(1, 3600_000_000), owner: VRRP}
	}
	return []keyword[t]{
		{name: "process", kind: List, arg: about(textArg(), "[params...]"), owner: VRRP, set: func(b *builder, p *t, l entry) {
			if p.process {
				b.report(l.Directive, syntax.GeneralError, "Process already set - ignoring "+l.val.s)
			}
			p.process = true
		}},
		{name: "param_match", kind: Value, arg: wordsArg("[initial or partial]"), owner: VRRP, set: func(b *builder, p *t, l entry) {
			if s := l.word(1); s != "" && s != "initial" && s != "partial" && s != "exact" {
				b.err(l.Words[1], syntax.GeneralError, "Unknown param_match type '"+s+"' - ignoring")
			}
		}},
		{name: "weight", kind: Value, arg: soft(weightArg(254)), owner: VRRP},
		{name: "quorum", kind: Value, arg: number(1, 65535), owner: VRRP},
		{name: "quorum_max", kind: Value, arg: number(0, 65535), owner: VRRP},
		delay("delay"), delay("terminate_delay"), delay("fork_delay"),
		{name: "full_command", owner: VRRP},
	}
}

func (b *builder) readTrackProcess(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	p := &trackProcess{}
	apply(b, newTable(trackProcessKeywords()), d.Items(), p, "vrrp_track_process")
	if !p.process {
		b.report(d, syntax.GeneralError, "No process set for vrrp_track_process "+d.Words[1].Text+" - removing")
		return
	}
	define(&b.vrrp.trackProcesses, d.Words[1].Text)
}
