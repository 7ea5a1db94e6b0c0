package syntax

import (
	"strconv"
	"strings"
)

// repeat takes a line that begins with ~SEQ, ~SEQx or ~LST. It tells whether the line is one.
func (ld *loader) repeat(l line) bool {
	s := l.text
	var kind string
	for _, k := range []string{"~SEQx", "~SEQ", "~LST"} {
		if strings.HasPrefix(s, k) {
			kind = k
			break
		}
	}
	if kind == "" {
		return false
	}
	if len(s) == len(kind) || s[len(kind)] != '(' {
		ld.diag(&l, 0, GeneralError, "Invalid ~SEQ/~LST specification '"+shorten(s)+"'")
		return true
	}
	end := strings.IndexByte(s, ')')
	if end < 0 {
		ld.diag(&l, 0, GeneralError, "~SEQ missing terminating ')' '"+shorten(s)+"'")
		return true
	}
	body := l.from(end + 1)
	body = body.trimLeft()
	args := l.upTo(end)
	args = args.from(len(kind) + 1)
	args, ok := ld.resolve(args)
	if !ok {
		return true
	}
	if kind == "~LST" {
		ld.list(args, body)
	} else {
		ld.sequence(args, body, kind == "~SEQx")
	}
	return true
}

// resolve replaces the references of l until none is left.
func (ld *loader) resolve(l line) (line, bool) {
	for range maxRounds {
		r, found := ld.nextReference(&l, 0)
		if !found || r.multi() {
			return l, true
		}
		next, ok := ld.substituteAll(l)
		if !ok {
			break
		}
		l = next
	}
	ld.diag(&l, 0, GeneralError, "Definitions are nested too deeply, does one refer to itself? - ignoring line")
	return l, false
}

// sequence repeats body for (var, [start, [step,]] end).
func (ld *loader) sequence(args, body line, hex bool) {
	f := splitTrim(args.text, ',')
	name := f[0]
	if len(f) < 2 || len(f) > 4 || nameEnd(name, 0) != len(name) || name == "" {
		ld.diag(&args, 0, GeneralError, "Invalid ~SEQ definition '"+shorten(args.text)+"'")
		return
	}
	first, step, last, ok := bounds(f[1:])
	if !ok || hex && (first < 0 || last < 0) {
		ld.diag(&args, 0, GeneralError, "Invalid ~SEQ values '"+shorten(args.text)+"'")
		return
	}
	if n := (last - first) / step; n >= maxRepeats {
		ld.diag(&args, 0, GeneralError, "~SEQ of more than "+itoa(maxRepeats)+" values - ignoring")
		return
	}
	for v := first; step > 0 && v <= last || step < 0 && v >= last; v += step {
		value := strconv.FormatInt(v, 10)
		if hex {
			value = strconv.FormatInt(v, 16)
		}
		ld.setValue(&args, name, value)
		if !ld.again(body) {
			return
		}
	}
}

// bounds reads end, or start and end, or start, step and end. A missing step leads from start to end.
func bounds(f []string) (first, step, last int64, ok bool) {
	var n [3]int64
	for i, s := range f {
		v, err := strconv.ParseInt(s, 0, 32)
		if err != nil {
			return 0, 0, 0, false
		}
		n[i] = v
	}
	switch len(f) {
	case 1:
		first, last = 1, n[0]
	case 2:
		first, last = n[0], n[1]
	case 3:
		first, last = n[0], n[2]
		return first, n[1], last, n[1] != 0 && (last-first)*n[1] >= 0
	}
	step = 1
	if last < first {
		step = -1
	}
	return first, step, last, true
}

// list repeats body for (var, v1, v2 ...) or ({a,b}, {a1,b1}, ...).
func (ld *loader) list(args, body line) {
	groups, ok := splitGroups(args.text)
	if !ok || len(groups) == 0 {
		ld.diag(&args, 0, GeneralError, "Invalid ~SEQ/~LST specification '"+shorten(args.text)+"'")
		return
	}
	names := groups[0]
	for _, n := range names {
		if n == "" || nameEnd(n, 0) != len(n) {
			ld.diag(&args, 0, GeneralError, "Invalid ~SEQ/~LST specification '"+shorten(args.text)+"'")
			return
		}
	}
	for _, g := range groups[1:] {
		if len(g) > len(names) {
			ld.diag(&args, 0, GeneralError, "~LST specification has too many values '"+shorten(args.text)+"'")
			return
		}
		for i, n := range names {
			v := ""
			if i < len(g) {
				v = g[i]
			}
			ld.setValue(&args, n, v)
		}
		if !ld.again(body) {
			return
		}
	}
}

// again emits the body of a repetition once more, and tells whether to go on.
func (ld *loader) again(body line) bool {
	ld.repeats++
	if ld.repeats > maxRepeats {
		ld.exhausted(&body, "Repetitions give too many lines")
		return false
	}
	if !ld.spend(&body, len(body.text)) {
		return false
	}
	ld.logical(body)
	return !ld.stopped
}

func splitTrim(s string, sep byte) []string {
	f := strings.Split(s, string(sep))
	for i := range f {
		f[i] = strings.Trim(f[i], " \t")
	}
	return f
}

// splitGroups splits at commas; what stands in braces is one group.
func splitGroups(s string) ([][]string, bool) {
	var groups [][]string
	for {
		s = strings.TrimLeft(s, " \t")
		if strings.HasPrefix(s, "{") {
			end := strings.IndexByte(s, '}')
			if end < 0 {
				return nil, false
			}
			groups = append(groups, splitTrim(s[1:end], ','))
			s = strings.TrimLeft(s[end+1:], " \t")
			if s == "" {
				return groups, true
			}
			if s[0] != ',' {
				return nil, false
			}
			s = s[1:]
			continue
		}
		v, rest, more := strings.Cut(s, ",")
		groups = append(groups, []string{strings.Trim(v, " \t")})
		if !more {
			return groups, true
		}
		s = rest
	}
}
