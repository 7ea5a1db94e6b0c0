package conf

import (
	"path"
	"strconv"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// otherBlocks are the blocks of the VRRP and BFD children apart from instances, groups and scripts.
func otherBlocks(block blockRow) []keyword[topLevel] {
	none := func() []Keyword { return nil }
	return []keyword[topLevel]{
		block("track_group", VRRP, false, (*builder).readTrackGroup, func() []Keyword {
			return []Keyword{{Path: "group", Kind: Block, Args: "instance names", Owner: VRRP}}
		}),
		block("static_ipaddress", VRRP, false, (*builder).readStaticAddrs, none),
		block("static_routes", VRRP, false, func(b *builder, d *syntax.Directive) {
			b.vrrp.statics += b.readRoutes(entry{d, value{}}, true)
		}, none),
		block("static_rules", VRRP, false, func(b *builder, d *syntax.Directive) {
			b.vrrp.statics += b.readRules(entry{d, value{}}, true)
		}, none),
		block("garp_group", VRRP, false, (*builder).readGARPGroup, func() []Keyword { return list(garpGroupKeywords()) }),
		block("linkbeat_interfaces", VRRP, false, (*builder).readLinkbeat, linkbeatWords),
		block("interface_up_down_delays", VRRP, false, (*builder).readDelays, func() []Keyword {
			return []Keyword{{Path: "<entry>/IFNAME", Kind: Value, Args: "down_delay [up_delay] 0-255 s", Owner: VRRP}}
		}),
		block("vrrp_track_process", VRRP, false, (*builder).readTrackProcess, func() []Keyword { return list(trackProcessKeywords()) }),
		block("bfd_instance", BFD, false, (*builder).readBFD, func() []Keyword { return list(bfdKeywords()) }),
		block("track_file", AllProcesses, false, (*builder).readTrackFile, func() []Keyword { return list(trackFileKeywords(false)) }),
		old(block("vrrp_track_file", AllProcesses, false, (*builder).readTrackFile, func() []Keyword { return list(trackFileKeywords(true)) })),
	}
}

func old(k keyword[topLevel]) keyword[topLevel] {
	k.old = true
	return k
}

func (b *builder) readTrackGroup(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.report(d, syntax.GeneralError, "track_group must have a name - skipping")
		return
	}
	name := d.Words[1].Text
	if b.vrrp.trackGroups[name] {
		b.report(d, syntax.GeneralError, "track_group "+name+" already defined")
		return
	}
	define(&b.vrrp.trackGroups, name)
	rows := []keyword[topLevel]{{name: "group", kind: Block, owner: VRRP}}
	apply(b, newTable(rows), d.Items(), &topLevel{}, "track_group")
}

func (b *builder) readStaticAddrs(d *syntax.Directive) {
	for _, l := range b.entries(entry{d, value{}}) {
		a, ok := b.readAddress(l, true)
		if !ok {
			continue
		}
		if a.trackGroup != "" && !b.vrrp.trackGroups[a.trackGroup] {
			b.report(l, syntax.GeneralError, "track_group "+a.trackGroup+" not found for static address "+l.Name())
		}
		b.vrrp.statics++
	}
}

// garpGroup is a garp_group block.
type garpGroup struct {
	interval, gna bool
	links         []string
}

func garpGroupKeywords() []keyword[garpGroup] {
	type g = garpGroup
	link := func(b *builder, t *g, d *syntax.Directive, name string) {
		if b.vrrp.garpLinks[name] {
			b.report(d, syntax.GeneralError, "garp_group already specified for "+name+" - ignoring")
			return
		}
		define(&b.vrrp.garpLinks, name)
		if _, ok := b.link(name); !ok && !b.cfg.Global.DynamicIfaces {
			b.report(d, syntax.GeneralError, "WARNING - interface "+name+" specified for garp_group doesn't exist")
			b.vrrp.missingLink = true
		}
		t.links = append(t.links, name)
	}
	return []keyword[g]{
		{name: "garp_interval", kind: Value, arg: timer(0, maxTimer), owner: VRRP, set: func(b *builder, t *g, l entry) { t.interval = true }},
		{name: "gna_interval", kind: Value, arg: timer(0, maxTimer), owner: VRRP, set: func(b *builder, t *g, l entry) { t.gna = true }},
		{name: "interface", kind: Value, arg: deviceArg(), owner: VRRP, set: func(b *builder, t *g, l entry) { link(b, t, l.Directive, l.val.s) }},
		{name: "interfaces", kind: Block, owner: VRRP, set: func(b *builder, t *g, l entry) {
			for _, n := range names(l) {
				link(b, t, l.Directive, n)
			}
		}},
	}
}

func (b *builder) readGARPGroup(d *syntax.Directive) {
	g := &garpGroup{}
	apply(b, newTable(garpGroupKeywords()), d.Items(), g, "garp_group")
	if !g.interval && !g.gna {
		b.report(d, syntax.GeneralError, "garp group does not have any delay set - removing")
		return
	}
	if len(g.links) == 0 {
		b.report(d, syntax.Note, "garp group does not have any interfaces set - removing")
	}
}

func linkbeatWords() []Keyword {
	var out []Keyword
	for _, n := range []string{"MII", "ETHTOOL", "IOCTL"} {
		out = append(out, Keyword{Path: "<entry>/" + n, Kind: Flag, Owner: VRRP})
	}
	return out
}

func (b *builder) readLinkbeat(d *syntax.Directive) {
	for _, l := range b.entries(entry{d, value{}}) {
		if _, ok := b.link(l.Name()); !ok && !b.cfg.Global.DynamicIfaces {
			b.report(l, syntax.BadInterface, "linkbeat interface "+l.Name()+" doesn't exist")
		}
		for _, w := range l.Words[1:] {
			if w.Text != "MII" && w.Text != "ETHTOOL" && w.Text != "IOCTL" {
				b.err(w, syntax.GeneralError, "unknown linkbeat type '"+w.Text+"' for interface "+l.Name())
			}
		}
	}
}

// readDelays reads IF DOWN [UP] lines.
func (b *builder) readDelays(d *syntax.Directive) {
	limit := timer(0, 255_000_000)
	for _, l := range b.entries(entry{d, value{}}) {
		if _, ok := b.link(l.Name()); !ok {
			b.report(l, syntax.BadInterface, "unknown interface "+l.Name()+" specified for up/down delay")
			continue
		}
		if len(l.Words) < 2 {
			b.report(l, syntax.GeneralError, "no delay specified for interface "+l.Name())
		}
		for _, w := range l.Words[1:min(3, len(l.Words))] {
			b.decimal(w, &limit)
		}
	}
}

// trackProcess is a vrrp_track_process block.
type trackProcess struct{ process, weight bool }

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

// trackFile is a track_file block.
type trackFile struct {
	file   string
	line   *syntax.Directive
	weight bool
	create bool
}

func trackFileKeywords(old bool) []keyword[trackFile] {
	type t = trackFile
	return []keyword[t]{
		{name: "file", kind: Value, arg: soft(about(textArg(), "path")), old: old, set: func(b *builder, f *t, l entry) {
			if f.file != "" {
				b.report(l.Directive, syntax.GeneralError, "File already set for track file - ignoring "+l.val.s)
				return
			}
			f.file, f.line = l.val.s, l.Directive
		}},
		{name: "weight", kind: Value, arg: soft(weightArg(254)), old: old, set: func(b *builder, f *t, l entry) {
			if f.weight {
				b.report(l.Directive, syntax.GeneralError, "Weight already set for track file - ignoring "+l.val.s)
			}
			f.weight = true
		}},
		{name: "init_file", kind: List, arg: wordsArg("[value -254..254] [overwrite]"), old: old, set: func(b *builder, f *t, l entry) {
			f.create = true
			for _, w := range l.Words[1:] {
				if w.Text != "overwrite" {
					b.signed(w, -254, 254)
				}
			}
		}},
	}
}

func (b *builder) readTrackFile(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	name := d.Words[1].Text
	f := &trackFile{}
	apply(b, newTable(trackFileKeywords(false)), d.Items(), f, d.Name())
	if f.file == "" {
		b.report(d, syntax.GeneralError, "No file set for track_file "+name+" - ignoring")
		return
	}
	if dir := path.Dir(f.file); !f.create && !b.host.Exists(dir) {
		b.report(f.line, syntax.GeneralError, "realpath() error 2 (No such file or directory) for "+name+": "+dir+" does not exist")
		return
	}
	define(&b.vrrp.trackFiles, name)
}

// bfdBlock is a bfd_instance block.
type bfdBlock struct{ neighbor string }

func bfdKeywords() []keyword[bfdBlock] {
	type t = bfdBlock
	millis := func(name string, least int64) keyword[t] {
		return keyword[t]{name: name, kind: Value, arg: arg{form: decimal, min: least * 1000, max: 4294967_000, unit: 1e6, places: 3}, owner: BFD}
	}
	neighbor := func(name string) keyword[t] {
		return keyword[t]{name: name, kind: Value, arg: addressArg(), owner: BFD, set: func(b *builder, f *t, l entry) { f.neighbor = l.val.s }}
	}
	ttl := func(name string) keyword[t] {
		return keyword[t]{name: name, kind: Value, arg: number(1, 255), owner: BFD}
	}
	return []keyword[t]{
		{name: "source_ip", kind: Value, arg: addressArg(), owner: BFD},
		neighbor("neighbor_ip"), neighbor("neighbour_ip"),
		millis("min_rx", 1), millis("min_tx", 1), millis("idle_tx", 1000),
		{name: "multiplier", kind: Value, arg: number(1, 255), owner: BFD},
		{name: "passive", owner: BFD},
		ttl("ttl"), ttl("hoplimit"),
		{name: "max_hops", kind: Value, arg: integer(-1, 255), owner: BFD},
		{name: "multihop", kind: Value, arg: boolArg(), owner: BFD},
		{name: "weight", kind: Value, arg: weightArg(253), owner: VRRP},
		{name: "vrrp"}, {name: "checker"},
	}
}

func (b *builder) readBFD(d *syntax.Directive) {
	const longest = 31
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	name := d.Words[1].Text
	switch {
	case len(name) > longest:
		b.report(d, syntax.GeneralError, "Configuration error: BFD instance name "+name+" too long (maximum length is "+strconv.Itoa(longest)+" characters) - ignoring")
		return
	case b.vrrp.bfd[name]:
		b.report(d, syntax.GeneralError, "Configuration error: BFD instance "+name+" already configured, ignoring")
		return
	}
	define(&b.vrrp.bfd, name)
	f := &bfdBlock{}
	apply(b, newTable(bfdKeywords()), d.Items(), f, "bfd_instance")
	if f.neighbor == "" {
		b.report(d, syntax.GeneralError, "Configuration error: BFD instance "+name+" has no neighbor address set, disabling instance")
		return
	}
	b.cfg.HasBFD = true
}
