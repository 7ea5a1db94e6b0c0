package syntax

import "strings"

// definition is the value of a $NAME: one text, or several lines.
type definition struct {
	name  string
	lines []line
	multi bool
}

// parseDefinition returns the name and where the value begins when s is a definition.
func parseDefinition(s string) (name string, value int, ok bool) {
	if s == "" || s[0] != '$' {
		return "", 0, false
	}
	end := nameEnd(s, 1)
	if end == 1 || end >= len(s) || s[end] != '=' {
		return "", 0, false
	}
	return s[1:end], end + 1, true
}

// define takes a line that parseDefinition has recognised. The value is kept as it stands: references in it are
// resolved when it is used.
func (ld *loader) define(l line, name string, value int) {
	l = ld.stripComment(l)
	v := l.from(min(value, len(l.text)))
	v = v.trimLeft()
	def := &definition{name: name}
	if strings.HasSuffix(v.text, `\`) {
		def.multi = true
		ld.cont = def
		v = v.upTo(len(v.text) - 1)
		if v.text == "" {
			return
		}
	}
	def.lines = []line{v}
	if !def.multi {
		ld.defs[name] = def
	}
}

// continueDefinition takes a further line of a multi-line definition. A line without a backslash at its end, or a
// blank one, is the last.
func (ld *loader) continueDefinition(l *line) {
	def := ld.cont
	v := ld.stripComment(*l)
	more := strings.HasSuffix(v.text, `\`)
	if more {
		v = v.upTo(len(v.text) - 1)
	}
	if v.text != "" && v.text[0] == '@' {
		v = ld.kept(v)
	}
	if v.text != "" {
		def.lines = append(def.lines, v)
	}
	if !more {
		ld.defs[def.name] = def
		ld.cont = nil
	}
}

// setValue defines name as value, as a repetition does.
func (ld *loader) setValue(l *line, name, value string) {
	v := line{text: value, file: l.file, num: l.num, col: l.column(0)}
	ld.defs[name] = &definition{name: name, lines: []line{v}}
}

// text returns the value of a definition of one line.
func (d *definition) text() string {
	if len(d.lines) == 0 {
		return ""
	}
	return d.lines[0].text
}
