package syntax

import (
	"math/rand/v2"
	"path"
	"strings"
)

// Limits that keep every input, however broken, from using up time or memory. They are far above what is of use.
const (
	maxDepth       = 128      // nested blocks
	maxNesting     = 64       // nested expansions of one line, nested includes
	maxRounds      = 64       // substitutions of one line one after the other
	maxLine        = 1 << 20  // bytes of an expanded line
	maxExpanded    = 64 << 20 // bytes of all expanded lines
	maxRepeats     = 1 << 20  // lines that repetitions and definitions give
	maxText        = 256 << 20
	maxIncludes    = 10000
	maxDiagnostics = 5000
)

// Options are what the reader needs to know apart from the text.
type Options struct {
	ConfigID  string                   // of @ID lines and ${_INSTANCE}
	Env       func(name string) string // of ${_ENV NAME}; nil: all empty
	AllStrict bool                     // every missing file is an error, as with -e
	Seed      uint64                   // of ${_RANDOM} until random_seed
	// Block tells whether the last of the keywords, outermost first, begins a block: then its opening brace may be missing.
	// Nil: no keyword does.
	Block func(path []string) bool
}

// Load reads the files that match pattern, with everything that they include, and expands them. The tree is never
// nil; what could be read is in it, however many errors there are.
func Load(src Source, pattern string, opt Options) (*File, Diagnostics) {
	ld := &loader{
		src:  src,
		opt:  opt,
		file: &File{sources: map[string]string{}},
		defs: map[string]*definition{},
		rand: newRand(opt.Seed),
	}
	if opt.AllStrict {
		ld.check = checkAll
	}
	ld.top(pattern)
	ld.finish()
	for i := range ld.diags {
		if d := &ld.diags[i]; d.Pos.Line > 0 {
			d.Source = ld.file.Line(d.Pos)
		}
	}
	return ld.file, ld.diags
}

// loader is one run of Load.
type loader struct {
	src   Source
	opt   Options
	file  *File
	diags Diagnostics
	rand  *rand.Rand

	tree treeBuilder
	left []stray // closing braces that nothing has opened
	defs map[string]*definition
	cont *definition // a multi-line definition that is being read

	check    strictness // of later includes
	dir      string     // directory of the current file, as text is resolved from it
	stack    []string   // files being read, outermost first
	includes int
	plain    bool // the current file has neither $ nor \

	depth    int // nested expansions
	expanded int // bytes of expanded lines so far
	repeats  int // lines that came from repetitions and definitions so far
	read     int // bytes of files so far
	stopped  bool
}

// diag notes a diagnostic at the column of l that belongs to offset i.
func (ld *loader) diag(l *line, i int, sev Severity, text string) {
	ld.diagAt(l.pos(i), sev, text)
}

func (ld *loader) diagAt(pos Pos, sev Severity, text string) {
	switch {
	case len(ld.diags) < maxDiagnostics:
		ld.diags = append(ld.diags, Diagnostic{Pos: pos, Severity: sev, Text: text})
	case len(ld.diags) == maxDiagnostics:
		ld.diags = append(ld.diags, Diagnostic{Pos: pos, Severity: GeneralError, Text: "Too many errors - not showing more"})
	}
}

// exhausted tells that a budget is used up and says so once.
func (ld *loader) exhausted(l *line, what string) {
	if !ld.stopped {
		ld.diag(l, 0, GeneralError, what+" - ignoring the rest")
	}
	ld.stopped = true
}

// readFile parses one file.
func (ld *loader) readFile(name string, data []byte) {
	text := string(data)
	own := name
	if _, seen := ld.file.sources[name]; !seen {
		ld.file.Names = append(ld.file.Names, name)
	}
	ld.file.sources[name] = text

	dir, check, plain, cont := ld.dir, ld.check, ld.plain, ld.cont
	ld.dir, ld.cont = path.Dir(name), nil
	ld.plain = strings.IndexByte(text, '$') < 0 && strings.IndexByte(text, '\\') < 0
	ld.stack = append(ld.stack, name)
	ld.lines(&own, text)
	ld.stack = ld.stack[:len(ld.stack)-1]
	ld.dir, ld.check, ld.plain, ld.cont = dir, check, plain, cont
}

func (ld *loader) lines(name *string, text string) {
	nul := strings.IndexByte(text, 0) >= 0
	plain := ld.plain
	l := line{file: name}
	for len(text) > 0 && !ld.stopped {
		var s string
		s, text = cutLine(text)
		l.num++
		if nul && strings.IndexByte(s, 0) >= 0 {
			l.text, l.col, l.cols = s, 1, nil
			ld.diag(&l, 0, GeneralError, "configuration appears to have embedded NULs - ignoring line")
			continue
		}
		i := 0
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		l.text, l.col, l.cols = s[i:], int32(i)+1, nil
		if ld.cont != nil {
			ld.continueDefinition(&l)
			continue
		}
		if i == len(s) {
			continue
		}
		switch c := s[i]; {
		case c == '@':
			ld.conditional(l)
		case plain && c != '~':
			ld.scan(&l, true)
		default:
			ld.logical(l)
		}
	}
}

// cutLine returns the first line of text without its end, and the rest.
func cutLine(text string) (first, rest string) {
	end := strings.IndexByte(text, '\n')
	if end < 0 {
		first = text
	} else {
		first, rest = text[:end], text[end+1:]
	}
	for len(first) > 0 && first[len(first)-1] == '\r' {
		first = first[:len(first)-1]
	}
	return first, rest
}

// finish closes the tree.
func (ld *loader) finish() {
	items, open := ld.tree.finish()
	if len(open) == 0 {
		items = reopen(items, ld.left, ld.opt.Block)
	}
	ld.file.Directives = items
	if len(open) > 0 {
		text := "There are " + itoa(len(open)) + " missing '}'s or extra '{'s"
		ld.diagAt(open[0].Pos(), MissingClose, text)
	}
}
