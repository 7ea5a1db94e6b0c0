package syntax

import "strconv"

// line is a piece of text and where its bytes stand.
type line struct {
	text string
	file *string
	num  int32
	col  int32   // column of the first byte, when cols is nil
	cols []int32 // column of each byte and of the end: after something was taken out or put in
}

func (l *line) column(i int) int32 {
	if l.cols == nil {
		return l.col + int32(i)
	}
	return l.cols[min(i, len(l.cols)-1)]
}

func (l *line) pos(i int) Pos {
	return Pos{File: *l.file, Line: int(l.num), Col: int(l.column(i))}
}

// from returns the line without its first i bytes.
func (l *line) from(i int) line {
	out := *l
	out.text = l.text[i:]
	if l.cols == nil {
		out.col += int32(i)
	} else {
		out.cols = l.cols[i:]
	}
	return out
}

// trimLeft returns the line without leading blanks.
func (l *line) trimLeft() line {
	i := 0
	for i < len(l.text) && (l.text[i] == ' ' || l.text[i] == '\t') {
		i++
	}
	return l.from(i)
}

// word makes a word of the text between two offsets.
func (l *line) word(from, to int, at int, quoted bool) Word {
	w := Word{Text: l.text[from:to], file: l.file, line: l.num, mark: uint32(l.column(at)) << 1}
	if quoted {
		w.mark |= 1
	}
	return w
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isNameStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isName(c byte) bool { return isNameStart(c) || c >= '0' && c <= '9' }

// nameEnd returns the end of the name that begins at i; i itself when there is none.
func nameEnd(s string, i int) int {
	if i >= len(s) || !isNameStart(s[i]) {
		return i
	}
	for i < len(s) && isName(s[i]) {
		i++
	}
	return i
}

func itoa(n int) string { return strconv.Itoa(n) }
