package syntax

import "errors"

// SplitQuoted splits the line of a keyword that takes a command: both ' and " quote, backslashes are kept, and pieces
// that touch each other are one word. It fails on a missing quote at the end.
func SplitQuoted(raw string) ([]string, error) { return splitWords(raw, false) }

// SplitCommand splits a command into its arguments: ' and " quote, and the escapes \a \b \E \f \n \r \t \v, \xHH, \ooo
// and \cX stand for one byte each; a backslash before any other byte is dropped.
func SplitCommand(command string) ([]string, error) { return splitWords(command, true) }

var errEscape = errors.New("missing escape char at end")

func splitWords(s string, escapes bool) ([]string, error) {
	var words []string
	var word []byte
	inside, quote := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && escapes:
			b, n := unescape(s[i+1:])
			if n == 0 {
				return words, errEscape
			}
			word, inside = append(word, b), true
			i += n
		case c == '\\' && i+1 < len(s):
			word, inside = append(word, c, s[i+1]), true
			i++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word = append(word, c)
		case c == '"' || c == '\'':
			quote, inside = c, true
		case isBlank(c):
			if inside {
				words = append(words, string(word))
				word, inside = word[:0], false
			}
		default:
			word, inside = append(word, c), true
		}
	}
	if inside {
		words = append(words, string(word))
	}
	if quote != 0 {
		return words, errors.New("missing terminating " + string(quote))
	}
	return words, nil
}

// unescape returns the byte that the text after a backslash stands for, and how much of the text that is; 0 when there is
// none.
func unescape(s string) (byte, int) {
	if s == "" {
		return 0, 0
	}
	switch c := s[0]; c {
	case 'a':
		return '\a', 1
	case 'b':
		return '\b', 1
	case 'E':
		return 0x1b, 1
	case 'f':
		return '\f', 1
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'v':
		return '\v', 1
	case 'c':
		if len(s) > 1 {
			return s[1] & 0x1f, 2
		}
	case 'x':
		if v, n := digits(s[1:], 16, 2); n > 0 {
			return v, n + 1
		}
	default:
		if v, n := digits(s, 8, 3); n > 0 {
			return v, n
		}
	}
	return s[0], 1
}

// digits reads up to most digits and returns their value and number.
func digits(s string, base, most int) (byte, int) {
	v, n := 0, 0
	for n < most && n < len(s) {
		d := 99
		switch c := s[n]; {
		case c >= '0' && c <= '9':
			d = int(c - '0')
		case c >= 'a' && c <= 'f':
			d = int(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = int(c-'A') + 10
		}
		if d >= base {
			break
		}
		v, n = v*base+d, n+1
	}
	return byte(v), n
}
