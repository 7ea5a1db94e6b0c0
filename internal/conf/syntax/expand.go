package syntax

import "strings"

// logical takes a line that may hold a definition, references and repetitions.
func (ld *loader) logical(l line) {
	if ld.stopped || l.text == "" {
		return
	}
	if ld.depth >= maxNesting {
		ld.exhausted(&l, "Definitions are nested too deeply, does one refer to itself?")
		return
	}
	ld.depth++
	defer func() { ld.depth-- }()

	switch l.text[0] {
	case '$':
		if name, value, ok := parseDefinition(l.text); ok {
			ld.define(l, name, value)
			return
		}
	case '~':
		if ld.repeat(l) {
			return
		}
	}
	if strings.IndexByte(l.text, '$') < 0 && strings.IndexByte(l.text, '\\') < 0 {
		ld.scan(&l, true)
		return
	}
	l = ld.stripComment(l)
	if l.text != "" {
		ld.expandLine(l)
	}
}

// expandLine resolves the references of a line without comment and scans what comes out.
func (ld *loader) expandLine(l line) {
	changed := false
	for round := 0; ; round++ {
		r, ok := ld.nextReference(&l, 0)
		if !ok {
			break
		}
		if r.from == 0 && r.def != nil && !r.multi() && strings.HasPrefix(r.def.text(), "~") {
			ld.logical(ld.substitute(&l, r, r.def.text())) // the references of its body belong to the repetition
			return
		}
		if r.multi() {
			ld.expandLines(&l, r)
			return
		}
		if round >= maxRounds {
			ld.diag(&l, 0, GeneralError, "Definitions are nested too deeply, does one refer to itself? - ignoring line")
			return
		}
		next, ok := ld.substituteAll(l)
		if !ok {
			ld.diag(&l, 0, GeneralError, "Parameter substitution on line '"+shorten(l.text)+"' would exceed maximum line length")
			return
		}
		l, changed = next, true
	}
	if changed {
		l = ld.stripComment(l)
	}
	ld.scan(&l, false)
}

// shorten keeps a text that goes into a message readable.
func shorten(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

// spend takes one expanded line of n bytes from the budgets, and tells whether they suffice.
func (ld *loader) spend(l *line, n int) bool {
	ld.expanded += n
	if ld.expanded > maxExpanded {
		ld.exhausted(l, "Definitions expand to too much text")
		return false
	}
	return true
}

// substitute replaces one reference.
func (ld *loader) substitute(l *line, r reference, value string) line {
	s := l.text
	text := s[:r.from] + value + s[r.to:]
	cols := make([]int32, 0, len(text)+1)
	for i := range r.from {
		cols = append(cols, l.column(i))
	}
	at := l.column(r.from)
	for range len(value) {
		cols = append(cols, at)
	}
	for i := r.to; i <= len(s); i++ {
		cols = append(cols, l.column(i))
	}
	return line{text: text, file: l.file, num: l.num, cols: cols}
}

// substituteAll replaces every reference of a line once; those to definitions of several lines stay unless they come
// last. It fails when the line becomes too long.
func (ld *loader) substituteAll(l line) (line, bool) {
	s := l.text
	var out []byte
	var cols []int32
	at := 0
	keep := func(to int) {
		for ; at < to; at++ {
			out = append(out, s[at])
			cols = append(cols, l.column(at))
		}
	}
	for {
		r, ok := ld.nextReference(&l, at)
		if !ok || r.multi() {
			break
		}
		keep(r.from)
		value := ld.value(&l, &r)
		out = append(out, value...)
		col := l.column(r.from)
		for range len(value) {
			cols = append(cols, col)
		}
		at = r.to
		if len(out) > maxLine {
			return l, false
		}
	}
	keep(len(s))
	cols = append(cols, l.column(len(s)))
	if !ld.spend(&l, len(out)) {
		return l, false
	}
	return line{text: string(out), file: l.file, num: l.num, cols: cols}, true
}

// expandLines takes a line that ends in a reference to a definition of several lines. Text before the reference is put
// before the first; the others stand where they were defined.
func (ld *loader) expandLines(l *line, r reference) {
	for i, v := range r.def.lines {
		ld.repeats++
		if ld.repeats > maxRepeats || !ld.spend(l, len(v.text)) {
			ld.exhausted(l, "Definitions expand to too many lines")
			return
		}
		if i == 0 && r.from > 0 {
			v = ld.substitute(l, r, v.text)
		}
		ld.logical(v)
	}
}
