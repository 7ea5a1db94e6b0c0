package pcre

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// translator turns a pattern of PCRE2 into one of the engine. Captures are numbered in the order of PCRE2, named ones too.
type translator struct {
	options
	in     []rune
	pos    int
	out    []byte
	atom   int   // where in out begins what a quantifier would repeat
	open   []int // where in out the groups begin that are not closed
	count  int   // captures so far
	total  int   // captures of the whole pattern, about
	names  map[string][]int
	inline bool // the pattern itself may switch extended on
}

var errBackslash = errors.New(`unrecognized character follows \`)

func translate(pattern string, o options) (string, error) {
	t := &translator{options: o, names: map[string][]int{}, total: strings.Count(pattern, "("), inline: strings.Contains(pattern, "(?")}
	if o.utf {
		t.in = []rune(pattern)
	} else {
		t.in = latin([]byte(pattern))
	}
	for t.pos < len(t.in) {
		if err := t.next(); err != nil {
			return "", fmt.Errorf("at offset %d: %w", min(t.pos, len(t.in)), err)
		}
	}
	if len(t.open) > 0 {
		return "", fmt.Errorf("at offset %d: missing closing parenthesis", len(t.in))
	}
	return string(t.out), nil
}

// unsupported returns the error for what the engine cannot do.
func unsupported(what string) error { return fmt.Errorf("%s is %w", what, ErrUnsupported) }

// has tells whether the rest of the pattern begins with text, and goes past it.
func (t *translator) has(text string) bool {
	if t.pos+len(text) > len(t.in) || string(t.in[t.pos:t.pos+len(text)]) != text {
		return false
	}
	t.pos += len(text)
	return true
}

// until returns the text up to end, and goes past that.
func (t *translator) until(end string) (string, error) {
	rest := string(t.in[t.pos:])
	text, _, ok := strings.Cut(rest, end)
	if !ok {
		return "", errors.New("missing " + end)
	}
	t.pos += len([]rune(text)) + len(end)
	return text, nil
}

func (t *translator) emit(text string) { t.out = append(t.out, text...) }

// put emits something that a quantifier may follow.
func (t *translator) put(text string) {
	t.atom = len(t.out)
	t.emit(text)
}

// literal returns what stands for a rune itself.
func literal(r rune) string {
	if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r > 0xffff {
		return string(r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

func (t *translator) next() error {
	c := t.in[t.pos]
	t.pos++
	switch {
	case c == '\\':
		return t.escape()
	case c == '[':
		return t.class()
	case c == '(':
		return t.group()
	case c == ')':
		return t.close()
	case c == '|':
		t.emit("|")
	case c == '.':
		t.put(".")
	case c == '^':
		t.circumflex()
	case c == '$' && t.dollarEndOnly && !t.multiline:
		t.put(`\z`)
	case c == '$':
		t.put("$")
	case c == '*' || c == '+' || c == '?':
		t.quantifier(string(c))
	case c == '{' && t.braces():
	case t.extended && c == '#':
		for t.pos < len(t.in) && t.in[t.pos] != '\n' {
			t.pos++
		}
	case t.extended && unicode.IsSpace(c):
	case t.inline && (c == '#' || unicode.IsSpace(c)): // (?x) may give it another meaning
		t.put(string(c))
	default:
		t.put(literal(c))
	}
	return nil
}

// circumflex: in several lines it does not match after a newline that ends the text, unless alt_circumflex says so.
func (t *translator) circumflex() {
	if t.multiline && !t.altCircumflex {
		t.put(`(?:\A|^(?!\z))`)
		return
	}
	t.put("^")
}

// braces reads {n}, {n,} and {n,m}; anything else in braces stands for itself.
func (t *translator) braces() bool {
	text, _, ok := strings.Cut(string(t.in[t.pos:]), "}")
	least, most, _ := strings.Cut(text, ",")
	if !ok || least == "" || strings.Trim(least, "0123456789") != "" || strings.Trim(most, "0123456789") != "" {
		return false
	}
	t.pos += len(text) + 1
	t.quantifier("{" + text + "}")
	return true
}

// quantifier repeats the last atom; a + after it gives nothing back.
func (t *translator) quantifier(q string) {
	switch {
	case t.has("+"):
		t.out = slices.Insert(t.out, t.atom, []byte("(?>")...)
		t.emit(q + ")")
	case t.has("?"):
		t.emit(q + "?")
	default:
		t.emit(q)
	}
}

func (t *translator) close() error {
	if len(t.open) == 0 {
		return errors.New("unmatched closing parenthesis")
	}
	t.emit(")")
	t.atom = t.open[len(t.open)-1]
	t.open = t.open[:len(t.open)-1]
	return nil
}

func (t *translator) begin(text string) {
	t.open = append(t.open, len(t.out))
	t.emit(text)
}

func (t *translator) capture(name string) error {
	t.count++
	if name != "" {
		if len(t.names[name]) > 0 && !t.dupNames {
			return errors.New("two named subpatterns have the same name (PCRE2_DUPNAMES not set)")
		}
		t.names[name] = append(t.names[name], t.count)
	}
	t.begin(fmt.Sprintf("(?<%d>", t.count))
	return nil
}

// group reads what follows an opening parenthesis.
func (t *translator) group() error {
	switch {
	case t.has("*"):
		return t.verb()
	case !t.has("?"):
		if t.noAutoCapture {
			t.begin("(?:")
			return nil
		}
		return t.capture("")
	case t.has("#"), t.has("C"):
		_, err := t.until(")")
		return err
	case t.has("<="), t.has("<!"):
		t.begin("(?<" + string(t.in[t.pos-1]))
		return nil
	case t.has("P="):
		name, err := t.until(")")
		if err != nil {
			return err
		}
		return t.reference(name)
	case t.has("P<"), t.has("<"):
		return t.named(">")
	case t.has("'"):
		return t.named("'")
	case t.has("("):
		return t.condition()
	}
	for _, kind := range []string{":", "=", "!", ">"} {
		if t.has(kind) {
			t.begin("(?" + kind)
			return nil
		}
	}
	return t.flags()
}

func (t *translator) named(end string) error {
	name, err := t.until(end)
	if err != nil {
		return err
	}
	return t.capture(name)
}

func (t *translator) verb() error {
	verb, err := t.until(")")
	if err != nil {
		return err
	}
	switch name, _, _ := strings.Cut(verb, ":"); name {
	case "F", "FAIL":
		t.put("(?!)")
	case "MARK", "":
	default:
		return unsupported("(*" + verb + ")")
	}
	return nil
}

// condition reads (?(1) (?(<name>) (?('name') and assertions.
func (t *translator) condition() error {
	if t.pos < len(t.in) && t.in[t.pos] == '?' {
		t.pos-- // the assertion is a group in a group
		t.begin("(?")
		return nil
	}
	text, err := t.until(")")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(text)
	if name := strings.Trim(text, "<>'"); err != nil && len(t.names[name]) == 1 {
		n, err = t.names[name][0], nil
	}
	if err != nil {
		return unsupported("the condition (" + text + ")")
	}
	t.begin(fmt.Sprintf("(?(%d)", n))
	return nil
}

// flags reads options of the rest of a group, or of a group of their own.
func (t *translator) flags() error {
	first := t.pos
	for t.pos < len(t.in) && strings.ContainsRune("imsxnJU-", t.in[t.pos]) {
		t.pos++
	}
	text := strings.NewReplacer("J", "", "U", "", "xx", "x").Replace(string(t.in[first:t.pos]))
	text = strings.TrimSuffix(text, "-")
	switch {
	case t.has(")"):
		if text != "" {
			t.emit("(?" + text + ")")
		}
		return nil
	case t.has(":"):
		t.begin("(?" + text + ":")
		return nil
	case t.pos < len(t.in):
		return unsupported("(?" + string(t.in[first:t.pos+1]))
	}
	return errors.New("missing closing parenthesis")
}
