package syntax

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
)

// strictness says which missing files are errors.
type strictness uint8

const (
	checkRead     strictness = 1 << iota // a matched file cannot be read or is not regular
	checkMatch                           // a name without wildcard does not exist
	checkWildcard                        // a wildcard matches nothing
	checkBrace                           // an alternative in braces matches nothing
	checkAll      = checkRead | checkMatch | checkWildcard | checkBrace
)

// includeStrictness returns what the keyword of the include family asks for.
func includeStrictness(keyword string) (strictness, bool) {
	switch keyword {
	case "include":
		return 0, true
	case "includer":
		return checkRead, true
	case "includem":
		return checkRead | checkMatch, true
	case "includew":
		return checkRead | checkMatch | checkWildcard, true
	case "includeb":
		return checkRead | checkBrace, true
	case "includea":
		return checkAll, true
	}
	return 0, false
}

// own takes the lines that belong to the language itself, and tells whether the line goes no further.
func (ld *loader) own(l *line, words []Word, raw string) bool {
	keyword := words[0].Text
	if keyword == "random_seed" || keyword == "include_check" {
		ld.setting(words)
		return false
	}
	strict, ok := includeStrictness(keyword)
	if !ok {
		return false
	}
	if len(words) < 2 {
		ld.diagAt(words[0].Pos(), MissingParameter, missingParameter(raw, keyword))
		return true
	}
	ld.include(l, words[1], strict|ld.check)
	return true
}

// missingParameter is keepalived's text for a keyword that lacks its argument.
func missingParameter(raw, keyword string) string {
	return "*** Configuration line starting `" + raw + "` is missing a parameter after keyword `" + keyword + "` at word position 2"
}

// setting takes random_seed and include_check, which act on the lines after them.
func (ld *loader) setting(words []Word) {
	if words[0].Text == "random_seed" {
		if len(words) > 1 {
			if n, err := strconv.ParseUint(words[1].Text, 10, 32); err == nil {
				ld.rand = newRand(n)
			}
		}
		return
	}
	if len(words) == 1 {
		ld.check = checkAll
		return
	}
	names := map[string]strictness{"read": checkRead, "match": checkMatch, "wildcard_match": checkWildcard, "brace_match": checkBrace}
	set := strictness(0)
	if c := words[1].Text[:min(1, len(words[1].Text))]; c == "+" || c == "-" {
		set = ld.check
	}
	for _, w := range words[1:] {
		name := strings.TrimLeft(w.Text, "+-")
		if strings.HasPrefix(w.Text, "-") {
			set &^= names[name]
		} else {
			set |= names[name]
		}
	}
	ld.check = set
}

// include reads the files that match the pattern of an include line, in place of the line.
func (ld *loader) include(l *line, w Word, strict strictness) {
	alternatives, ok := expandBraces(w.Text)
	if !ok {
		ld.diagAt(w.Pos(), GeneralError, "Too many alternatives in '"+shorten(w.Text)+"' - ignoring")
		return
	}
	var names []string
	for _, alt := range alternatives {
		found := ld.match(alt, w.Pos(), strict)
		if len(found) == 0 && len(alternatives) > 1 && strict&checkBrace != 0 {
			ld.diagAt(w.Pos(), StrictInclude, "Some config files missing: \""+w.Text+"\".")
			return
		}
		names = append(names, found...)
	}
	for _, name := range names {
		ld.includes++
		if ld.includes > maxIncludes {
			ld.exhausted(l, "Too many files are included")
			return
		}
		if slices.Contains(ld.stack, name) || len(ld.stack) >= maxNesting {
			ld.diagAt(w.Pos(), GeneralError, "Configuration file '"+name+"' includes itself - skipping")
			continue
		}
		ld.read1(name, w.Pos(), strict)
		if ld.stopped {
			return
		}
	}
}

// match returns the files that match one alternative of a pattern.
func (ld *loader) match(pattern string, pos Pos, strict strictness) []string {
	full := pattern
	if !path.IsAbs(pattern) && ld.dir != "" {
		full = path.Join(ld.dir, pattern)
	}
	names, err := ld.src.Glob(full)
	if err != nil {
		ld.diagAt(pos, missing(strict&checkRead), "Error reading config file(s): "+err.Error()+", skipping.")
		return nil
	}
	if len(names) > 0 {
		return names
	}
	kind := checkMatch
	if strings.ContainsAny(pattern, "*?[") {
		kind = checkWildcard
	}
	ld.diagAt(pos, missing(strict&kind), "Config files missing '"+pattern+"'.")
	return nil
}

// missing returns the severity of a file that is not there.
func missing(strict strictness) Severity {
	if strict != 0 {
		return StrictInclude
	}
	return FileMissing
}

// read1 reads one matched file.
func (ld *loader) read1(name string, pos Pos, strict strictness) {
	data, err := ld.src.ReadFile(name)
	if err == nil {
		ld.read += len(data)
		if ld.read <= maxText {
			ld.readFile(name, data)
			return
		}
		ld.stopped = true
		ld.diagAt(pos, GeneralError, "The configuration is too large - ignoring the rest")
		return
	}
	text := "Unable to find/read configuration file " + name
	switch {
	case errors.Is(err, ErrDirectory):
		text = "Configuration file '" + name + "' is a directory - skipping"
	case errors.Is(err, ErrNotRegular):
		text = "Configuration file '" + name + "' is not a regular non-executable file - skipping"
	}
	ld.diagAt(pos, missing(strict&checkRead), text)
}

// top reads the files that the user named.
func (ld *loader) top(pattern string) {
	alternatives, ok := expandBraces(pattern)
	if !ok {
		alternatives = []string{pattern}
	}
	at := len(ld.diags)
	var names []string
	for _, alt := range alternatives {
		names = append(names, ld.match(alt, Pos{}, ld.check)...)
	}
	if len(names) > 1 {
		ld.diagAt(Pos{}, MultipleFiles, "WARNING, multiple configuration file matches of "+pattern+", starting with "+names[0])
	}
	for _, name := range names {
		ld.read1(name, Pos{}, ld.check)
	}
	for i := at; i < len(ld.diags); i++ { // that only the file itself is missing is less than a failed include
		if d := &ld.diags[i]; d.Severity == StrictInclude && d.Pos.Line == 0 {
			d.Severity = FileNotFound
		}
	}
}

// expandBraces returns the alternatives of {a,b} in a pattern, nested ones too. It fails past a thousand.
func expandBraces(pattern string) ([]string, bool) {
	const most = 1000
	todo, out := []string{pattern}, []string(nil)
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		parts := splitBraces(p)
		if parts == nil {
			out = append(out, p)
		} else {
			todo = append(parts, todo...)
		}
		if len(todo)+len(out) > most {
			return nil, false
		}
	}
	return out, true
}

// splitBraces resolves the first pair of braces of a pattern; nil when there is none.
func splitBraces(p string) []string {
	open := strings.IndexByte(p, '{')
	if open < 0 {
		return nil
	}
	depth, from := 0, open+1
	var parts []string
	for i := open; i < len(p); i++ {
		switch c := p[i]; {
		case c == '{':
			depth++
		case c == ',' && depth == 1:
			parts = append(parts, p[from:i])
			from = i + 1
		case c == '}':
			depth--
			if depth == 0 {
				parts = append(parts, p[from:i])
				for k := range parts {
					parts[k] = p[:open] + parts[k] + p[i+1:]
				}
				return parts
			}
		}
	}
	return nil
}
