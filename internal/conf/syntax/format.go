package syntax

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Format writes the tree in canonical form: one directive per line, a tab per level, braces at the end of the line.
// Reading it again gives the same tree.
func Format(w io.Writer, f *File) error {
	if _, err := w.Write(f.Format()); err != nil {
		return fmt.Errorf("cannot write configuration: %w", err)
	}
	return nil
}

// Format returns the tree as text; see the function Format.
func (f *File) Format() []byte {
	var b bytes.Buffer
	formatItems(&b, f.Directives, 0)
	return b.Bytes()
}

func formatItems(b *bytes.Buffer, items []*Directive, level int) {
	for i, d := range items {
		if i > 0 && level == 0 && d.Block != nil {
			b.WriteByte('\n')
		}
		indent(b, level)
		formatLine(b, d)
		if d.Block != nil {
			if len(d.Words) > 0 {
				b.WriteByte(' ')
			}
			b.WriteString("{\n")
			formatItems(b, d.Block.Items, level+1)
			indent(b, level)
			b.WriteByte('}')
		}
		b.WriteByte('\n')
	}
}

func indent(b *bytes.Buffer, level int) {
	for range level {
		b.WriteByte('\t')
	}
}

// formatLine writes the words of a directive. A line with ' or \ may hold a command, which is split in another way:
// its text is kept.
func formatLine(b *bytes.Buffer, d *Directive) {
	if len(d.Words) > 0 && strings.ContainsAny(d.Raw, `'\`) && !special(d.Words[0].Text) && !strings.Contains(d.Raw, "$_") {
		formatRaw(b, d.Raw)
		return
	}
	for i, w := range d.Words {
		if i > 0 {
			b.WriteByte(' ')
		}
		formatWord(b, w, i == 0)
	}
}

// special tells whether a line that begins with the text would be something other than words.
func special(text string) bool {
	_, _, definition := parseDefinition(text)
	return definition || text != "" && (text[0] == '@' || text[0] == '~')
}

func formatWord(b *bytes.Buffer, w Word, first bool) {
	switch {
	case w.Quoted() || w.Text == "" || first && special(w.Text) || strings.Contains(w.Text, "$_"):
		// "$_" may begin a built-in reference that was none only because of what followed it.
		b.WriteString(`"` + w.Text + `"`)
	case strings.ContainsAny(w.Text, "!#\\"):
		formatRaw(b, w.Text)
	default:
		b.WriteString(w.Text)
	}
}

// formatRaw writes text so that no # or ! outside quotes is taken for a comment.
func formatRaw(b *bytes.Buffer, raw string) {
	quoted := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' && i+1 < len(raw) && raw[i+1] != '#' && raw[i+1] != '!':
			b.WriteByte(c)
			i++
			c = raw[i]
		case c == '!' || c == '#':
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	if quoted {
		b.WriteByte('"') // it was missing
	}
}
