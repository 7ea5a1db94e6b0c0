package pcre

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Sets of characters, as they stand in a class. Without ucp only those of ASCII count.
const (
	setDigit = `0-9`
	setWord  = `0-9A-Za-z_`
	setSpace = `\u0009-\u000d\u0020`
	setHorz  = `\u0009\u0020\u00a0`
	setVert  = `\u000a-\u000d\u0085`
	// What is not in them.
	notDigit = `\u0000-\u002f\u003a-\uffff`
	notWord  = "\\u0000-\\u002f\\u003a-\\u0040\\u005b-\\u005e\\u0060\\u007b-\\uffff"
	notSpace = `\u0000-\u0008\u000e-\u001f\u0021-\uffff`
	notHorz  = `\u0000-\u0008\u000a-\u001f\u0021-\u009f\u00a1-\uffff`
	notVert  = `\u0000-\u0009\u000e-\u0084\u0086-\uffff`
	// Where a word begins or ends.
	wordEdge = `(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))`
	noEdge   = `(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))`
)

// setOf returns the set that a letter after a backslash stands for; false when it stands for none.
func (t *translator) setOf(c rune) (string, bool) {
	if t.ucp && strings.ContainsRune("dDwWsS", c) {
		return `\` + string(c), true
	}
	set, ok := map[rune]string{'d': setDigit, 'D': notDigit, 'w': setWord, 'W': notWord, 's': setSpace, 'S': notSpace,
		'h': setHorz, 'H': notHorz, 'v': setVert, 'V': notVert}[c]
	return set, ok
}

// escape reads what follows a backslash outside of a class.
func (t *translator) escape() error {
	if t.pos >= len(t.in) {
		return errors.New(`\ at end of pattern`)
	}
	c := t.in[t.pos]
	if set, ok := t.setOf(c); ok {
		t.pos++
		t.put("[" + set + "]")
		return nil
	}
	if c >= '1' && c <= '9' {
		if done, err := t.numbered(); done {
			return err
		}
	}
	if simple, ok := t.simple(c); ok {
		t.pos++
		if simple != "" {
			t.put(simple)
		}
		return nil
	}
	switch c {
	case 'Q':
		return t.quoted(func(r rune) { t.put(literal(r)) })
	case 'C':
		t.pos++
		if t.neverC {
			return errors.New(`using \C is disabled by the application`)
		}
		if t.utf {
			return unsupported(`\C with utf`)
		}
		t.put(`[\u0000-\uffff]`)
		return nil
	case 'g', 'k':
		return t.named2()
	case 'p', 'P':
		set, err := t.property()
		if err == nil {
			t.put(set)
		}
		return err
	case 'X':
		return unsupported(`\X`)
	}
	r, err := t.character()
	if err == nil {
		t.put(literal(r))
	}
	return err
}

// simple returns the translation of a letter that is all there is of its escape.
func (t *translator) simple(c rune) (string, bool) {
	if t.ucp && (c == 'b' || c == 'B') {
		return `\` + string(c), true
	}
	text, ok := map[rune]string{
		'A': `\A`, 'z': `\z`, 'Z': `\Z`, 'G': `\G`, 'b': wordEdge, 'B': noEdge, 'R': `(?>\r\n|[` + setVert + `])`, 'N': `[^\n]`,
		'K': "", 'E': "", // where a match is said to begin does not matter
	}[c]
	if c == 'N' && t.pos+1 < len(t.in) && t.in[t.pos+1] == '{' {
		return "", false
	}
	return text, ok
}

// quoted hands the runes up to \E to each.
func (t *translator) quoted(each func(r rune)) error {
	t.pos++
	for t.pos < len(t.in) && !t.has(`\E`) {
		each(t.in[t.pos])
		t.pos++
	}
	return nil
}

// numbered reads a number that refers to a capture; done is false when it is that of a character.
func (t *translator) numbered() (done bool, err error) {
	end := t.pos
	for end < len(t.in) && t.in[end] >= '0' && t.in[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(t.in[t.pos:end]))
	if err != nil || n > 9 && n > t.total {
		return false, nil
	}
	t.pos = end
	return true, t.reference(strconv.Itoa(n))
}

// named2 reads \g and \k with a number or a name.
func (t *translator) named2() error {
	kind := t.in[t.pos]
	t.pos++
	for opening, closing := range map[string]string{"{": "}", "<": ">", "'": "'"} {
		if !t.has(opening) {
			continue
		}
		name, err := t.until(closing)
		if err != nil {
			return err
		}
		if kind == 'g' && opening != "{" {
			return unsupported(`\g` + opening + name + closing)
		}
		return t.reference(name)
	}
	first := t.pos
	for t.pos < len(t.in) && (t.in[t.pos] >= '0' && t.in[t.pos] <= '9' || t.pos == first && t.in[t.pos] == '-') {
		t.pos++
	}
	return t.reference(string(t.in[first:t.pos]))
}

// reference refers to a capture by its number, from the last one back with a minus sign, or by its name.
func (t *translator) reference(name string) error {
	numbers := t.names[name]
	if n, err := strconv.Atoi(name); err == nil {
		if n < 0 {
			n += t.count + 1
		}
		numbers = []int{n}
	}
	if len(numbers) == 0 || numbers[0] < 1 || numbers[0] > t.total {
		return errors.New("reference to non-existent subpattern " + name)
	}
	var each []string
	for _, n := range numbers {
		if t.matchUnset {
			each = append(each, fmt.Sprintf(`(?(%d)\k<%d>)`, n, n))
		} else {
			each = append(each, fmt.Sprintf(`\k<%d>`, n))
		}
	}
	t.put("(?:" + strings.Join(each, "|") + ")")
	return nil
}

// property reads \p and \P with a letter or a name in braces.
func (t *translator) property() (string, error) {
	kind := t.in[t.pos]
	t.pos++
	if t.pos >= len(t.in) {
		return "", errors.New(`malformed \P or \p sequence`)
	}
	name := string(t.in[t.pos])
	t.pos++
	if name == "{" {
		var err error
		if name, err = t.until("}"); err != nil {
			return "", err
		}
	}
	if rest, negated := strings.CutPrefix(name, "^"); negated {
		name, kind = rest, kind^('p'^'P')
	}
	return `\` + string(kind) + "{" + name + "}", nil
}

// character reads an escape that stands for one character.
func (t *translator) character() (rune, error) {
	c := t.in[t.pos]
	t.pos++
	switch c {
	case 'a':
		return '\a', nil
	case 'e':
		return 0x1b, nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'c':
		return t.control()
	case 'o':
		if !t.has("{") {
			return 0, errors.New(`missing opening brace after \o`)
		}
		return t.braced(8)
	case 'x':
		if t.altBSUX {
			return t.exactly(2, 'x'), nil
		}
		if t.has("{") {
			return t.braced(16)
		}
		return t.number(16, 2), nil
	case 'u', 'U':
		if t.altBSUX && c == 'u' {
			return t.exactly(4, 'u'), nil
		}
		if t.altBSUX {
			return 'U', nil
		}
		return 0, errors.New(`PCRE2 does not support \F, \L, \l, \N{name}, \U, or \u`)
	}
	switch {
	case c >= '0' && c <= '7':
		t.pos--
		return t.number(8, 3), nil
	case c < 0x80 && isAlnum(c):
		return 0, errBackslash
	}
	return c, nil
}

func isAlnum(c rune) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (t *translator) control() (rune, error) {
	if t.pos >= len(t.in) || t.in[t.pos] < ' ' || t.in[t.pos] > '~' {
		return 0, errors.New(`\c must be followed by a printable ASCII character`)
	}
	c := t.in[t.pos]
	t.pos++
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c ^ 0x40, nil
}

// number reads up to most digits; none are 0.
func (t *translator) number(base, most int) rune {
	end := t.pos
	for end < len(t.in) && end < t.pos+most {
		if _, err := strconv.ParseUint(string(t.in[end]), base, 32); err != nil {
			break
		}
		end++
	}
	n, _ := strconv.ParseUint(string(t.in[t.pos:end]), base, 32)
	t.pos = end
	return rune(n)
}

// exactly reads so many hexadecimal digits; with fewer the letter stands for itself.
func (t *translator) exactly(digits int, letter rune) rune {
	first := t.pos
	if n := t.number(16, digits); t.pos == first+digits {
		return n
	}
	t.pos = first
	return letter
}

func (t *translator) braced(base int) (rune, error) {
	text, err := t.until("}")
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(text, base, 32)
	if err != nil || !t.utf && n > 0xff || n > 0x10ffff {
		return 0, errors.New("character code point value in \\x{} or \\o{} is too large")
	}
	return rune(n), nil
}
