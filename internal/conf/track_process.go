package conf

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// trackProcess is a vrrp_track_process block while it is read.
type trackProcess struct {
	*WatchedProcess
	tracker
	matchSet bool
}

func trackProcessKeywords() []keyword[trackProcess] {
	type t = trackProcess
	delay := func(name string, set func(p *t, d time.Duration)) keyword[t] {
		return keyword[t]{name: name, kind: Value, arg: timer(1, 3600_000_000), owner: VRRP, effect: on,
			set: func(b *builder, p *t, l entry) { set(p, l.val.d) }}
	}
	return []keyword[t]{
		{name: "process", kind: List, arg: about(textArg(), "[params...]"), owner: VRRP, effect: on, set: func(b *builder, p *t, l entry) {
			if p.Path != "" {
				b.report(l.Directive, syntax.GeneralError, "Process already set - ignoring "+l.val.s)
				return
			}
			p.Path, p.Params = l.val.s, wordsOf(l.Directive)[2:]
		}},
		{name: "param_match", kind: Value, arg: wordsArg("[initial or partial]"), owner: VRRP, effect: on, set: func(b *builder, p *t, l entry) {
			p.matchSet = true
			switch s := l.word(1); s {
			case "", "exact":
				p.Match = MatchExact
			case "initial":
				p.Match = MatchInitial
			case "partial":
				p.Match = MatchPartial
			default:
				b.err(l.Words[1], syntax.GeneralError, "Unknown param_match type '"+s+"' - ignoring")
				p.matchSet = false
			}
		}},
		{name: "weight", kind: Value, arg: soft(weightArg(254)), owner: VRRP, effect: on, set: func(b *builder, p *t, l entry) { p.readWeight(l) }},
		{name: "quorum", kind: Value, arg: number(1, 65535), owner: VRRP, effect: on, set: func(b *builder, p *t, l entry) { p.Quorum = int(l.val.n) }},
		{name: "quorum_max", kind: Value, arg: number(0, 65535), owner: VRRP, effect: on, set: func(b *builder, p *t, l entry) { p.QuorumMax = int(l.val.n) }},
		delay("delay", func(p *t, d time.Duration) { p.ForkDelay, p.TerminateDelay = d, d }),
		delay("terminate_delay", func(p *t, d time.Duration) { p.TerminateDelay = d }),
		delay("fork_delay", func(p *t, d time.Duration) { p.ForkDelay = d }),
		{name: "full_command", owner: VRRP, effect: on, set: func(b *builder, p *t, l entry) { p.FullCommand = true }},
	}
}

func (b *builder) readTrackProcess(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	p := &trackProcess{WatchedProcess: &WatchedProcess{Pos: d.Pos(), Name: d.Words[1].Text, Quorum: 1, QuorumMax: MaxProcesses}}
	apply(b, newTable(trackProcessKeywords()), d.Items(), p, "vrrp_track_process")
	if p.Path == "" {
		b.report(d, syntax.GeneralError, "No process set for vrrp_track_process "+p.Name+" - removing")
		return
	}
	if !p.matchSet && len(p.Params) > 0 {
		p.Match = MatchExact
	}
	p.Weight = p.weight
	if p.QuorumMax == 0 {
		p.Quorum = 0 // none may run
	}
	if b.defineTracker(TrackProcess, p.Name, &p.tracker) {
		b.vrrp.processes = append(b.vrrp.processes, p)
	}
}
