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
	from, to   int
	name, args string
	def        *definition // nil for the built-in ones
}

func (r *reference) multi() bool { return r.def != nil && r.def.multi }

// value returns what the reference stands for. Each call draws a new random number.
func (ld *loader) value(l *line, r *reference) string {
	if r.def != nil {
		return r.def.text()
	}
	return ld.builtin(l, r)
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
		r := reference{from: i, to: to, name: name, args: args}
		if def, ok := ld.defs[name]; ok && args == "" {
			if def.multi && strings.TrimLeft(s[to:], " \t") != "" {
				continue
			}
			r.def = def
			return r, true
		}
		if isBuiltin(name, args) {
			return r, true
		}
	}
	return reference{}, false
}

// isBuiltin tells whether a name needs no definition. Only two take arguments.
func isBuiltin(name, args string) bool {
	switch name {
	case "_RANDOM", "_ENV":
		return true
	case "_PWD", "_INSTANCE", "_HASH", "_BANG":
		return args == ""
	}
	return false
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

// builtin returns the value of a reference that needs no definition.
func (ld *loader) builtin(l *line, r *reference) string {
	switch r.name {
	case "_PWD":
		return path.Dir(ld.src.Abs(*l.file))
	case "_INSTANCE":
		return ld.opt.ConfigID
	case "_HASH":
		return "#"
	case "_BANG":
		return "!"
	case "_RANDOM":
		return ld.random(l, r.from, strings.Fields(r.args))
	}
	f := strings.Fields(r.args)
	if len(f) != 1 {
		ld.badCount(l, r.from, r.name, 1, 1, len(f))
		return ""
	}
	if ld.opt.Env == nil {
		return ""
	}
	return ld.safe(l, ld.opt.Env(f[0]))
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
