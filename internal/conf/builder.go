package conf

import (
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Build gives the tree its meaning. The configuration is never nil: what is wrong is left out or has its default,
// as in the running daemon. Whether a child must refuse it is told by Diagnostics.Fatal.
func Build(f *syntax.File, host Host) (*Config, syntax.Diagnostics) {
	b := &builder{host: host, cfg: newConfig(), warned: map[string]bool{}, links: map[string]linkAnswer{}, defaults: newDefaults()}
	b.unclosed = unclosed(f.Directives)
	b.globals(f.Directives)
	b.namespace()
	b.definitions(f.Directives)
	for len(b.swallowed) > 0 {
		items := b.swallowed
		b.swallowed = nil
		b.globals(items)
		b.definitions(items)
	}
	b.finish()
	for i := range b.diags {
		if d := &b.diags[i]; d.Pos.Line > 0 && d.Severity >= syntax.FileMissing {
			d.Source = f.Line(d.Pos)
		}
	}
	return b.cfg, b.diags
}

// builder is one run of Build.
type builder struct {
	host   Host
	cfg    *Config
	diags  syntax.Diagnostics
	warned map[string]bool // keywords whose missing effect has been reported
	links  map[string]linkAnswer
	// unclosed tells that a block never ends: it has swallowed the blocks after it, which are read nevertheless.
	unclosed  bool
	swallowed []*syntax.Directive
	quiet     int // inside a block that has no effect: its keywords need no warning of their own

	iproute  iprouteDirs
	vrrp     vrrpState
	lvs      lvsState
	defaults instanceDefaults
	script   scriptState
}

// namespace looks for the network namespace: without it the interfaces cannot be looked at, and keepalived's test ends with
// exit code 0.
func (b *builder) namespace() {
	if n := b.cfg.Global.NetNamespace; n != "" && !b.host.Exists("/run/netns/"+n) {
		b.add(syntax.Diagnostic{Severity: syntax.EndsTest, Text: "Network namespace " + n + " does not exist - nothing else can be tested"})
	}
}

type linkAnswer struct {
	Link
	ok bool
}

// link asks the host for an interface once.
func (b *builder) link(name string) (Link, bool) {
	a, known := b.links[name]
	if !known {
		a.Link, a.ok = b.host.Link(name)
		b.links[name] = a
	}
	return a.Link, a.ok
}

const maxDiagnostics = 5000

func (b *builder) add(d syntax.Diagnostic) {
	switch {
	case len(b.diags) < maxDiagnostics || d.Severity >= syntax.SecurityError || d.Severity == syntax.MissingParameter:
		b.diags = append(b.diags, d)
	case len(b.diags) == maxDiagnostics:
		b.diags = append(b.diags, syntax.Diagnostic{Severity: syntax.GeneralError, Text: "Too many errors - not showing more"})
	}
}

// err reports something about a word.
func (b *builder) err(w syntax.Word, sev syntax.Severity, text string) {
	b.add(syntax.Diagnostic{Pos: w.Pos(), Severity: sev, Text: text})
}

// report reports something about a line.
func (b *builder) report(d *syntax.Directive, sev syntax.Severity, text string) {
	b.add(syntax.Diagnostic{Pos: d.Pos(), Severity: sev, Text: text})
}

// fatal reports what keeps the VRRP child from running.
func (b *builder) fatal(pos syntax.Pos, text string) {
	b.add(syntax.Diagnostic{Pos: pos, Severity: syntax.GeneralError, Text: text, Ends: syntax.VRRPChild})
}

// missing reports that the argument at a position is not there. The keyword alone stops keepalived.
func (b *builder) missing(d *syntax.Directive, at int) {
	last := d.Name()
	if at-1 < len(d.Words) {
		last = d.Words[at-1].Text
	}
	b.report(d, syntax.MissingParameter, "*** Configuration line starting `"+d.Name()+"` is missing a parameter after keyword `"+
		last+"` at word position "+strconv.Itoa(at+1))
}

// unknown reports a keyword that the block does not have. Its block, if any, is skipped.
func unknown[T any](b *builder, t table[T], d *syntax.Directive) {
	if len(d.Words) == 0 {
		return // reported when it was read
	}
	hint := ""
	if len(b.diags) >= maxDiagnostics {
		b.add(syntax.Diagnostic{Pos: d.Pos(), Severity: syntax.UnknownKeyword}) // counted, not shown
		return
	}
	if near := nearest(t, d.Name()); near != "" {
		hint = "did you mean " + near + "?"
	} else if d.Block != nil && isBlock(d.Name()) {
		hint = "is a '}' missing before it?"
		if b.unclosed {
			b.swallowed = append(b.swallowed, d)
		}
	}
	b.add(syntax.Diagnostic{Pos: d.Pos(), Severity: syntax.UnknownKeyword, Text: "Unknown keyword '" + d.Name() + "'", Hint: hint})
}

// unclosed tells whether the last block never ends.
func unclosed(items []*syntax.Directive) bool {
	if len(items) == 0 {
		return false
	}
	last := items[len(items)-1]
	return last.Block != nil && last.Block.Close().Line == 0
}

// isBlock tells whether a word begins a block that stands for itself: inside another one a brace is missing.
func isBlock(name string) bool {
	switch name {
	case "global_defs", "vrrp_instance", "vrrp_sync_group", "vrrp_script", "virtual_server", "virtual_server_group":
		return true
	}
	return false
}

// apply carries out the lines of a block with a table of keywords. The path names the block.
func apply[T any](b *builder, t table[T], items []*syntax.Directive, into *T, path string) {
	for _, d := range items {
		k := t[d.Name()]
		if k == nil {
			unknown(b, t, d)
			continue
		}
		if k.named && len(d.Words) < 2 {
			b.missing(d, 1)
			continue
		}
		if k.kind == Block && (d.Block == nil || d.Block.Open().Line == 0) {
			b.report(d, syntax.MissingOpen, "Missing '{' at beginning of configuration block "+k.name)
			if d.Block == nil {
				continue
			}
		}
		if k.kind != Block && d.Block != nil {
			b.add(syntax.Diagnostic{Pos: d.Block.Open(), Severity: syntax.UnexpectedOpen, Text: "Unexpected '{' - ignoring"})
		}
		b.effect(k.effect, d, path, k.name)
		v, ok := b.parse(&k.arg, d)
		if !ok && k.bad != nil {
			k.bad(b, into, entry{d, v})
		}
		if !ok || k.set == nil {
			continue
		}
		if k.kind == Block && !k.effect {
			b.quiet++
			k.set(b, into, entry{d, v})
			b.quiet--
			continue
		}
		k.set(b, into, entry{d, v})
	}
}

// effect warns once of a keyword that does nothing yet.
func (b *builder) effect(has bool, d *syntax.Directive, path, name string) {
	if has || b.quiet > 0 {
		return
	}
	if path != "" {
		name = path + "/" + name
	}
	b.noEffect(d, name)
}

func (b *builder) noEffect(d *syntax.Directive, name string) {
	if b.quiet > 0 || b.warned[name] {
		return
	}
	b.warned[name] = true
	b.report(d, syntax.NoEffect, name+" has no effect yet")
}

// nearest returns the keyword that was probably meant: at most two letters, or a third of the word, away.
func nearest[T any](t table[T], word string) string {
	best, least := "", min(2, len(word)/3)+1
	for name := range t {
		if n := distance(strings.ToLower(word), strings.ToLower(name), least+1); n < least || n == least && best != "" && name < best {
			best, least = name, n
		}
	}
	return best
}

// distance returns how many letters must be put in, left out, changed or swapped to make b of a; at least limit when it
// reaches that.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	if len(a) > 64 || len(b) > 64 {
		return limit
	}
	var rows [3][66]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for k := range len(b) + 1 {
		last[k] = k
	}
	for i := range len(a) {
		row[0] = i + 1
		for k := range len(b) {
			cost := 1
			if a[i] == b[k] {
				cost = 0
			}
			n := min(last[k]+cost, last[k+1]+1, row[k]+1)
			if i > 0 && k > 0 && a[i] == b[k-1] && a[i-1] == b[k] {
				n = min(n, before[k-1]+1)
			}
			row[k+1] = n
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
