package syntax

// stripComment returns the line without its comment and trailing blanks. \# and \! become # and !; any other escaped
// byte keeps its backslash and loses its meaning.
func (ld *loader) stripComment(l line) line {
	s := l.text
	quoted, cut := false, -1
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] == '#' || s[i] == '!' {
				return ld.unescapeComment(l, i-1)
			}
		case c == '!' || c == '#':
			cut = i
		}
		if cut >= 0 {
			break
		}
	}
	if cut < 0 {
		cut = len(s)
	}
	return l.upTo(cut)
}

// upTo returns the first end bytes of the line without trailing blanks.
func (l *line) upTo(end int) line {
	out := *l
	for end > 0 && isBlank(l.text[end-1]) {
		end--
	}
	out.text = l.text[:end]
	return out
}

// unescapeComment does the same for a line whose first escaped comment sign is at offset first.
func (ld *loader) unescapeComment(l line, first int) line {
	s := l.text
	out := make([]byte, first, len(s))
	copy(out, s)
	cols := make([]int32, first, len(s)+1)
	for i := range cols {
		cols[i] = l.column(i)
	}
	quoted := false
	put := func(i, at int) {
		out = append(out, s[i])
		cols = append(cols, l.column(at))
	}
	i := first
	for ; i < len(s); i++ {
		c, at := s[i], i
		if c == '"' {
			quoted = !quoted
		} else if !quoted && c == '\\' && i+1 < len(s) {
			if s[i+1] != '#' && s[i+1] != '!' {
				put(i, i)
				at++
			}
			i++
		} else if !quoted && (c == '!' || c == '#') {
			break
		}
		put(i, at)
	}
	cols = append(cols, l.column(i))
	res := line{text: string(out), file: l.file, num: l.num, cols: cols}
	return res.upTo(len(res.text))
}

// conditional takes a line that begins with @: @ID keeps the rest when ID is the configuration's, @^ID when it is not.
func (ld *loader) conditional(l line) {
	if rest := ld.kept(l); rest.text != "" {
		ld.logical(rest)
	}
}

// kept returns what is left of a line that begins with @.
func (ld *loader) kept(l line) line {
	s := l.text
	end := 1
	for end < len(s) && !isBlank(s[end]) {
		end++
	}
	id, want := s[1:end], true
	if id != "" && id[0] == '^' {
		id, want = id[1:], false
	}
	if (id == ld.opt.ConfigID) != want {
		return line{}
	}
	rest := l.from(end)
	return rest.trimLeft()
}
