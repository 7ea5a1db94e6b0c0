package conf

import (
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

func newConfig() *Config {
	return &Config{Global: Global{
		ChildWaitTime: 5 * time.Second, Umask: 0o177, DefaultInterface: "eth0", MinAutoPriorityDelay: time.Second,
		StartupTimeout: 10 * time.Second, ShutdownTimeout: 10 * time.Second, Mail: Mail{Timeout: 30 * time.Second},
		LVS: LVS{Marks: MarkTable{Priority: -1, First: 1000}},
	}}
}

// topLevel is what stands outside every block while it is read.
type topLevel struct {
	*Global
	seen map[string]bool
}

// parentKeywords are the keywords outside every block that the parent reads first.
func parentKeywords() []keyword[topLevel] {
	type t = topLevel
	first := func(b *builder, g *t, l entry) bool {
		if g.seen[l.Name()] {
			b.report(l.Directive, syntax.GeneralError, "Duplicate "+l.Name()+" - ignoring "+l.word(1))
			return false
		}
		g.seen[l.Name()] = true
		return true
	}
	return []keyword[t]{
		{name: "linkbeat_use_polling", owner: Parent, effect: on, set: func(b *builder, g *t, l entry) { g.PollLinks = true }},
		{name: "net_namespace", kind: Value, arg: textArg(), owner: Parent, effect: on, set: func(b *builder, g *t, l entry) {
			if first(b, g, l) {
				g.NetNamespace = l.val.s
			}
		}},
		{name: "net_namespace_ipvs", kind: Value, arg: optional(textArg()), owner: Checker, effect: on, set: func(b *builder, g *t, l entry) {
			if first(b, g, l) {
				g.LVS.NetNamespace = l.val.s
			}
		}},
		// It allows ipsets in a namespace on kernels before 3.13, where they are not the namespace's own. No kernel that Go
		// runs on is that old, and no ipset is ever made: nftables has sets of its own.
		{name: "namespace_with_ipsets", owner: Parent, effect: on},
		{name: "use_pid_dir", owner: Parent, effect: on, set: func(b *builder, g *t, l entry) { g.UsePidDir = true }},
		{name: "instance", kind: Value, arg: soft(textArg()), owner: Parent, effect: on, set: func(b *builder, g *t, l entry) {
			if first(b, g, l) {
				g.InstanceName = l.val.s
			}
		}},
		{name: "child_wait_time", kind: Value, arg: seconds(0, maxUint), owner: Parent, effect: on,
			set: func(b *builder, g *t, l entry) { g.ChildWaitTime = l.val.d }},
		{name: "global_defs", kind: Block, effect: on, set: func(b *builder, g *t, l entry) { b.readGlobals(l.Directive) },
			rows: func() []Keyword { return list(globalKeywords()) }},
	}
}

// blockKeywords are the blocks that define something, in the order in which they stand.
func blockKeywords() []keyword[topLevel] {
	type t = topLevel
	block := func(name string, o Owner, effect bool, read func(b *builder, d *syntax.Directive), rows func() []Keyword) keyword[t] {
		return keyword[t]{name: name, kind: Block, owner: o, effect: effect, rows: rows,
			set: func(b *builder, _ *t, l entry) { read(b, l.Directive) }}
	}
	rows := []keyword[t]{
		block("vrrp_instance", VRRP, on, (*builder).readInstance, func() []Keyword { return list(instanceKeywords()) }),
		block("vrrp_sync_group", VRRP, on, (*builder).readSyncGroup, syncGroupRows),
		block("vrrp_script", VRRP, on, (*builder).readVRRPScript, func() []Keyword { return list(vrrpScriptKeywords()) }),
	}
	rows = append(rows, otherBlocks(blockRow(block))...)
	rows = append(rows, lvsBlocks(blockRow(block))...)
	for i := range rows {
		switch rows[i].name {
		case "vrrp_script", "track_file", "vrrp_track_file", "vrrp_track_process", "virtual_server", "virtual_server_group":
			rows[i].named = true
		}
	}
	return rows
}

func syncGroupRows() []Keyword { return list(syncGroupKeywords()) }

// includeKeywords are the lines that the reader of the files has taken.
func includeRows() []Keyword {
	var out []Keyword
	for _, n := range []string{"include", "includer", "includem", "includew", "includeb", "includea", "$NAME=", "@ID", "@^ID",
		"~SEQ", "~SEQx", "~LST", "${_PWD}", "${_INSTANCE}", "${_RANDOM}", "${_ENV}", "${_HASH}", "${_BANG}"} {
		out = append(out, Keyword{Path: n, Kind: Value, InEffect: true})
	}
	return out
}

// globals reads what belongs to the parent and to all processes, wherever it stands: the other blocks use it.
func (b *builder) globals(items []*syntax.Directive) {
	parent, blocks := newTable(parentKeywords()), newTable(blockKeywords())
	all := newTable(append(parentKeywords(), blockKeywords()...)) // for what was meant by an unknown word
	top := &topLevel{Global: &b.cfg.Global, seen: map[string]bool{}}
	one := make([]*syntax.Directive, 1)
	for _, d := range items {
		switch {
		case parent[d.Name()] != nil:
			one[0] = d
			apply(b, parent, one, top, "")
		case blocks[d.Name()] == nil:
			unknown(b, all, d)
		}
	}
}

// definitions reads the blocks.
func (b *builder) definitions(items []*syntax.Directive) {
	blocks := newTable(blockKeywords())
	known := make([]*syntax.Directive, 0, len(items))
	for _, d := range items {
		if blocks[d.Name()] != nil {
			known = append(known, d)
		}
	}
	top := &topLevel{Global: &b.cfg.Global}
	apply(b, blocks, known, top, "")
}

// IsBlock returns what tells whether the last of some keywords, outermost first, begins a block.
func IsBlock() func(path []string) bool {
	var blocks map[string]bool
	return func(path []string) bool {
		if blocks == nil {
			blocks = map[string]bool{}
			for _, k := range Keywords() {
				if k.Kind == Block {
					blocks[k.Path] = true
				}
			}
		}
		return blocks[strings.Join(path, "/")]
	}
}

// Keywords returns every keyword that is known, with paths as keywords.tsv writes them.
func Keywords() []Keyword {
	out := list(parentKeywords())
	out = append(out, list(blockKeywords())...)
	out = append(out, includeRows()...)
	out = append(out, optionRows(addressOptions(), VRRP, "virtual_ipaddress/<entry>/")...)
	out = append(out, Keyword{Path: "virtual_ipaddress/<entry>/ADDRESS", Kind: Value, Args: "IP[/prefix]", Owner: VRRP, InEffect: true})
	out = append(out, routeRows()...)
	out = append(out, ruleRows()...)
	for _, n := range []string{"static_ipaddress", "static_routes", "static_rules"} {
		out = append(out, Keyword{Path: n + "/<entry>/track_group", Kind: Value, Args: "track_group name", Owner: VRRP, InEffect: true})
	}
	return out
}
