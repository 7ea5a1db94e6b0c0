package conf

import (
	"strconv"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// groupBlock is a vrrp_sync_group while it is read.
type groupBlock struct {
	*SyncGroup
	tracks []trackEntry
}

func syncGroupKeywords() []keyword[groupBlock] {
	type block = groupBlock
	type kw = keyword[block]
	notify := func(name string, at func(n *Notify) **Script) kw {
		return kw{name: name, kind: Value, arg: commandArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { b.readNotify(t.Name, l, at(&t.Notify)) }}
	}
	track := func(name string, kind TrackKind, effect bool) kw {
		return kw{name: name, kind: Block, owner: VRRP, effect: effect,
			set: func(b *builder, t *block, l entry) { t.tracks = append(t.tracks, b.trackEntries(t.Name, l, kind)...) }}
	}
	return []kw{
		{name: "group", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) {
			if len(t.Members) > 0 {
				b.report(l.Directive, syntax.GeneralError, "Group list already specified for sync group "+t.Name)
				return
			}
			t.Members = names(l)
		}},
		track("track_interface", TrackInterface, on),
		track("track_script", TrackScript, on),
		track("track_file", TrackFile, on),
		track("track_process", TrackProcess, on),
		track("track_bfd", TrackBFD, false),
		notify("notify_backup", func(n *Notify) **Script { return &n.Backup }),
		notify("notify_master", func(n *Notify) **Script { return &n.Master }),
		notify("notify_fault", func(n *Notify) **Script { return &n.Fault }),
		notify("notify_stop", func(n *Notify) **Script { return &n.Stop }),
		notify("notify", func(n *Notify) **Script { return &n.Any }),
		{name: "smtp_alert", kind: Value, arg: boolArg(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.SMTPAlert = l.val.on }},
		{name: "global_tracking", owner: VRRP, effect: on, old: true, set: func(b *builder, t *block, l entry) {
			b.deprecated(l, "sync_group_tracking_weight")
			t.TrackingWeight = true
		}},
		{name: "sync_group_tracking_weight", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.TrackingWeight = true }},
		{name: "notify_priority_changes", kind: Value, arg: boolArg(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.NotifyPriorityMoves = l.val.on }},
	}
}

// names returns all words of a list block whose entries may share a line.
func names(l entry) []string {
	var out []string
	for _, d := range l.Items() {
		for _, w := range d.Words {
			out = append(out, w.Text)
		}
	}
	return out
}

func (b *builder) readSyncGroup(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.report(d, syntax.GeneralError, "vrrp_sync_group must have a name - skipping")
		return
	}
	name := d.Words[1].Text
	if b.vrrp.groupNames[name] {
		b.report(d, syntax.GeneralError, "vrrp sync group "+name+" already defined")
		return
	}
	b.surplus(d, 2)
	define(&b.vrrp.groupNames, name)
	g := &groupBlock{SyncGroup: &SyncGroup{Pos: d.Pos(), Name: name, SMTPAlert: b.defaults.smtpAlert, NotifyPriorityMoves: b.defaults.notifyPriorityMoves}}
	apply(b, newTable(syncGroupKeywords()), d.Items(), g, "vrrp_sync_group")
	if len(g.Members) == 0 {
		b.report(d, syntax.GeneralError, "Sync group "+name+" has no members - removing")
		return
	}
	b.vrrp.groups = append(b.vrrp.groups, g)
}

// groupMembers resolves the members of the sync groups, which may be defined after them, and leaves out groups without.
func (b *builder) groupMembers() {
	in := map[string]string{}
	var kept []*groupBlock
	for _, g := range b.vrrp.groups {
		var members []string
		for _, m := range g.Members {
			switch t := b.vrrp.instance(m); {
			case t == nil:
				b.add(syntax.Diagnostic{Pos: g.Pos, Severity: syntax.GeneralError,
					Text: "Virtual router " + m + " specified in sync group " + g.Name + " doesn't exist - ignoring"})
			case in[m] != "":
				b.add(syntax.Diagnostic{Pos: g.Pos, Severity: syntax.GeneralError,
					Text: "Virtual router " + m + " cannot exist in more than one sync group; ignoring " + g.Name})
			default:
				in[m] = g.Name
				members = append(members, m)
				b.groupTracks(g, t)
			}
		}
		g.Members = members
		if len(members) > 0 {
			kept = append(kept, g)
			continue
		}
		b.add(syntax.Diagnostic{Pos: g.Pos, Severity: syntax.GeneralError,
			Text: "Sync group " + g.Name + ", no matching virtual router found in group declaration - removing"})
	}
	b.vrrp.groups = kept
}

// groupTracks reports what both a member and its group track.
func (b *builder) groupTracks(g *groupBlock, t *instanceBlock) {
	for _, e := range g.tracks {
		for _, own := range t.tracks {
			if own.Kind == TrackInterface && own.Target == e.Target && own.Name != t.Interface {
				b.add(syntax.Diagnostic{Pos: own.pos, Severity: syntax.GeneralError, Text: "(" + t.Name + ") track_interface " + e.Name +
					" is configured on VRRP instance and sync group. Remove vrrp instance or sync group config"})
			}
		}
	}
}

func (b *builder) finishGroup(g *groupBlock) {
	if len(g.Members) == 1 {
		b.add(syntax.Diagnostic{Pos: g.Pos, Severity: syntax.GeneralError,
			Text: "Sync group " + g.Name + " has only " + strconv.Itoa(len(g.Members)) + " virtual router(s) - this probably isn't what you want"})
	}
	owners := 0
	for _, m := range g.Members {
		if b.vrrp.instance(m).Priority == 255 {
			owners++
		}
	}
	if owners > 0 && owners < len(g.Members) {
		b.add(syntax.Diagnostic{Pos: g.Pos, Severity: syntax.GeneralError,
			Text: "Sync group " + g.Name + " has some member(s) as address owner and some not as address owner. This won't work."})
	}
	b.cfg.SyncGroups = append(b.cfg.SyncGroups, g.SyncGroup)
}
