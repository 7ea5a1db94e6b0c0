package syntax

import "strings"

// class is what a byte means to the scanner.
type class uint8

const (
	inWord class = iota
	blank
	quote
	comment
	brace
	escape
)

func classOf(c byte) class {
	switch c {
	case ' ', '\t', '\n', '\v', '\f', '\r':
		return blank
	case '"':
		return quote
	case '!', '#':
		return comment
	case '{', '}':
		return brace
	case '\\':
		return escape
	}
	return inWord
}

// scan splits one line into words and braces and hands them to the tree. With comments a comment ends the line; without,
// comments have been taken out before.
func (ld *loader) scan(l *line, comments bool) {
	s := l.text
	var few [16]Word
	words, start := few[:0], 0
	for i := 0; i < len(s); {
		switch classOf(s[i]) {
		case blank:
			i++
		case quote:
			end := strings.IndexByte(s[i+1:], '"')
			if end < 0 {
				ld.diag(l, i, UnmatchedQuote, "Unmatched quote: '"+s[i:]+"'")
				words = append(words, l.word(i+1, max(i+1, len(strings.TrimRight(s, " \t\n\v\f\r"))), i, true))
				i = len(s)
				break
			}
			words = append(words, l.word(i+1, i+1+end, i, true))
			i += end + 2
		case brace:
			ld.statement(l, words, start, i)
			ld.brace(l, i)
			i++
			words, start = few[:0], i
		case comment:
			if comments {
				ld.statement(l, words, start, i)
				return
			}
			fallthrough
		default:
			end := wordEnd(s, i, comments)
			words = append(words, l.word(i, end, i, false))
			i = end
		}
	}
	ld.statement(l, words, start, len(s))
}

// wordEnd returns the end of the word that begins at i. A backslash takes the meaning from the byte after it.
func wordEnd(s string, i int, comments bool) int {
	for i < len(s) {
		switch classOf(s[i]) {
		case inWord:
		case escape:
			if i+1 < len(s) && !isBlank(s[i+1]) {
				i++
			}
		case comment:
			if comments {
				return i
			}
		default:
			return i
		}
		i++
	}
	return i
}

// statement takes one logical line: words that stand between two offsets of l.
func (ld *loader) statement(l *line, words []Word, start, end int) {
	if len(words) == 0 {
		return
	}
	s := l.text
	for start < end && isBlank(s[start]) {
		start++
	}
	for end > start && isBlank(s[end-1]) {
		end--
	}
	raw := s[start:end]
	if c := words[0].Text; len(c) >= len("include") && (c[0] == 'i' || c[0] == 'r') && ld.own(l, words, raw) {
		return
	}
	ld.tree.add(words, raw)
}

// brace takes an opening or closing brace.
func (ld *loader) brace(l *line, i int) {
	w := l.word(i, i+1, i, false)
	if l.text[i] == '}' {
		if !ld.tree.close(w) {
			ld.diag(l, i, UnexpectedClose, "Extra '}' found")
			ld.left = append(ld.left, stray{len(ld.tree.pending), w})
		}
		return
	}
	if len(ld.tree.frames) >= maxDepth {
		ld.exhausted(l, "Blocks are nested too deeply")
		return
	}
	if !ld.tree.open(w) {
		ld.diag(l, i, UnexpectedOpen, "Unexpected '{' - ignoring")
	}
}
