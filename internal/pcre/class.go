package pcre

import (
	"errors"
	"strings"
)

// posix are the named classes, for ASCII.
func posix() map[string]string {
	return map[string]string{
		"alnum": `0-9A-Za-z`, "alpha": `A-Za-z`, "ascii": `\u0000-\u007f`, "blank": `\u0009\u0020`, "cntrl": `\u0000-\u001f\u007f`,
		"digit": setDigit, "graph": `\u0021-\u007e`, "lower": `a-z`, "print": `\u0020-\u007e`,
		"punct": `\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e`, "space": setSpace, "upper": `A-Z`, "word": setWord,
		"xdigit": `0-9A-Fa-f`,
	}
}

// class reads a class after its opening bracket.
func (t *translator) class() error {
	negated := t.has("^")
	if t.allowEmptyClass && t.has("]") {
		if negated {
			t.put(`[\u0000-\uffff]`)
		} else {
			t.put("(?!)")
		}
		return nil
	}
	text := "["
	if negated {
		text += "^"
	}
	for first := true; ; first = false {
		if t.pos >= len(t.in) {
			return errors.New("missing terminating ] for character class")
		}
		if !first && t.has("]") {
			break
		}
		item, err := t.item()
		if err != nil {
			return err
		}
		text += item
	}
	t.put(text + "]")
	return nil
}

// item reads a character, a range or a set.
func (t *translator) item() (string, error) {
	set, low, err := t.member()
	if err != nil || set != "" || low < 0 || t.pos+1 >= len(t.in) || t.in[t.pos] != '-' || t.in[t.pos+1] == ']' {
		return set + single(low), err
	}
	t.pos++
	set, high, err := t.member()
	switch {
	case err != nil:
		return "", err
	case set != "" || high < 0: // the hyphen stands for itself
		return single(low) + `\u002d` + set, nil
	case high < low:
		return "", errors.New("range out of order in character class")
	}
	return literal(low) + "-" + literal(high), nil
}

// nobody is the character of a member that is a set, or nothing.
const nobody = rune(-1)

func single(r rune) string {
	if r == nobody {
		return ""
	}
	return literal(r)
}

// member reads a set, or a character.
func (t *translator) member() (set string, r rune, err error) {
	if t.has("[:") {
		if set, ok := t.posixSet(); ok {
			return set, nobody, nil
		}
		t.pos -= 2
	}
	c := t.in[t.pos]
	t.pos++
	if c != '\\' {
		return "", c, nil
	}
	if t.pos >= len(t.in) {
		return "", nobody, errors.New(`\ at end of pattern`)
	}
	c = t.in[t.pos]
	if set, ok := t.setOf(c); ok {
		t.pos++
		return set, nobody, nil
	}
	switch c {
	case 'b':
		t.pos++
		return "", '\b', nil
	case 'E':
		t.pos++
		return "", nobody, nil
	case 'Q':
		err := t.quoted(func(r rune) { set += literal(r) })
		return set, nobody, err
	case 'p', 'P':
		set, err := t.property()
		return set, nobody, err
	case 'N', 'R', 'X', 'B':
		return "", nobody, errors.New(`escape sequence is invalid in character class`)
	case '8', '9':
		return "", nobody, errBackslash
	case '1', '2', '3', '4', '5', '6', '7':
		return "", t.number(8, 3), nil
	}
	r, err = t.character()
	return "", r, err
}

// posixSet reads [:name:] and [:^name:] after the colon.
func (t *translator) posixSet() (string, bool) {
	name, _, ok := strings.Cut(string(t.in[t.pos:]), ":]")
	if !ok {
		return "", false
	}
	plain, negated := strings.CutPrefix(name, "^")
	set := posix()[plain]
	if set == "" {
		return "", false
	}
	if negated {
		set = map[string]string{"digit": notDigit, "space": notSpace, "word": notWord}[plain]
	}
	if set == "" {
		return "", false
	}
	t.pos += len(name) + 2
	return set, true
}
