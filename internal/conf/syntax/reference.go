package syntax

import (
	"fmt"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
)

// reference is a $NAME or ${NAME} that can be resolved.
type reference struct {
	from, to int
	text     string // what it stands for
	def      *definition
}

// none stands for the built-in references.
func builtin(from, to int, text string) reference {
	return reference{from, to, text, &definition{}}
}

// nextReference finds the first reference at or after offset at that can be resolved. Unknown names are left as they
// stand, and so are definitions of several lines that are not the last thing in the line.
func (ld *loader) nextReference(l *line, at int) (reference, bool) {
	s := l.text
	for at < len(s) {
		i := strings.IndexByte(s[at:], '$')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		name, args, to := parseReference(s, i)
		if to == 0 {
			continue
		}
		if def, ok := ld.defs[name]; ok && args == "" {
			if def.multi && strings.TrimLeft(s[to:], " \t") != "" {
				continue
			}
			return reference{i, to, def.text(), def}, true
		}
		if text, ok := ld.builtin(l, i, name, args); ok {
			return builtin(i, to, text), true
		}
	}
	return reference{}, false
}

// parseReference reads the reference at offset i. The end is 0 when it is none: $NAME must be followed by a blank, a
// comma, a closing parenthesis or the end; ${NAME} and ${NAME ARGS} may stand anywhere.
func parseReference(s string, i int) (name, args string, end int) {
	if i+1 >= len(s) {
		return "", "", 0
	}
	if s[i+1] != '{' {
		to := nameEnd(s, i+1)
		if to == i+1 || to < len(s) && !strings.ContainsRune(" \t,)", rune(s[to])) {
			return "", "", 0
		}
		return s[i+1 : to], "", to
	}
	to := nameEnd(s, i+2)
	if to == i+2 || to >= len(s) {
		return "", "", 0
	}
	name = s[i+2 : to]
	if s[to] == '}' {
		return name, "", to + 1
	}
	closing := strings.IndexByte(s[to:], '}')
	if closing < 0 || s[to] != ' ' && s[to] != '\t' {
		return "", "", 0
	}
	return name, strings.Trim(s[to:to+closing], " \t"), to + closing + 1
}

// builtin resolves the references that need no definition.
func (ld *loader) builtin(l *line, i int, name, args string) (string, bool) {
	if name[0] != '_' {
		return "", false
	}
	switch name {
	case "_RANDOM":
		return ld.random(l, i, strings.Fields(args)), true
	case "_ENV":
		f := strings.Fields(args)
		if len(f) != 1 {
			ld.badCount(l, i, name, 1, 1, len(f))
			return "", true
		}
		if ld.opt.Env == nil {
			return "", true
		}
		return ld.safe(l, ld.opt.Env(f[0])), true
	}
	if args != "" {
		return "", false
	}
	switch name {
	case "_PWD":
		return path.Dir(ld.src.Abs(*l.file)), true
	case "_INSTANCE":
		return ld.opt.ConfigID, true
	case "_HASH":
		return "#", true
	case "_BANG":
		return "!", true
	}
	return "", false
}

// safe refuses what would break the line.
func (ld *loader) safe(l *line, value string) string {
	if strings.ContainsAny(value, "\n\r\x00") {
		ld.diag(l, 0, GeneralError, "The value of the environment variable has several lines - ignoring")
		return ""
	}
	return value
}

func (ld *loader) badCount(l *line, i int, name string, least, most, n int) {
	ld.diag(l, i, GeneralError, fmt.Sprintf("Definition %s requires between %d and %d parameters, %d specified.", name, least, most, n))
}

// random returns a number between the bounds, both included, by default 0 and 32767.
func (ld *loader) random(l *line, i int, args []string) string {
	bounds := [2]uint64{0, 32767}
	if len(args) > 2 {
		ld.badCount(l, i, "_RANDOM", 0, 2, len(args))
		return ""
	}
	for k, a := range args {
		n, err := strconv.ParseUint(a, 10, 31)
		if err != nil {
			ld.diag(l, i, GeneralError, "Definition _RANDOM requires numeric parameters only.")
			return ""
		}
		bounds[k] = n
	}
	if bounds[1] < bounds[0] {
		bounds[0], bounds[1] = bounds[1], bounds[0]
	}
	return strconv.FormatUint(bounds[0]+ld.rand.Uint64N(bounds[1]-bounds[0]+1), 10)
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }
