package conf

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/pcre"
)

// URL is a url block of HTTP_GET and SSL_GET.
type URL struct {
	Pos          syntax.Pos
	Path         string
	Digest       string // MD5 of the body in hexadecimal
	VirtualHost  string
	Regex        string
	RegexOptions []string // as keepalived names those of PCRE2
	RegexNoMatch bool     // the check succeeds when the pattern does not match
	// MinOffset and MaxOffset bound where in the body a match may start, in bytes; MaxOffset 0: anywhere.
	MinOffset, MaxOffset int
	TLSCompliant         bool        // the end of data without close_notify is an error
	Codes                []CodeRange // accepted status codes; none: 200-299
	regexPos             syntax.Pos
}

// CodeRange is a range of status codes, both ends included.
type CodeRange struct{ First, Last int }

// httpKeywords returns what HTTP_GET has beyond the other checkers; TLS adds what only SSL_GET has.
func httpKeywords(tls bool) []checkKeyword {
	rows := []checkKeyword{
		{name: "nb_get_retry", kind: Value, arg: number(0, maxUint), owner: Checker, old: true, set: func(b *builder, t *Check, l entry) {
			b.deprecated(l, "retry")
			t.timing.Retry = int(l.val.n)
		}, effect: on},
		checkRow("virtualhost", Value, soft(textArg()), func(b *builder, t *Check, l entry) { t.VirtualHost = l.val.s }),
		checkRow("http_protocol", Value, soft(textArg()), func(b *builder, t *Check, l entry) {
			switch l.val.s {
			case "1.0", "1.1", "1.0C", "1.0c":
			default:
				b.err(l.Words[1], syntax.GeneralError, "Invalid http_protocol version "+l.val.s)
				return
			}
			t.HTTPVersion = strings.ToUpper(l.val.s)
		}),
		checkRow("enable_sni", Value, boolArg(), func(b *builder, t *Check, l entry) { t.SNI = l.val.on }),
		checkRow("sni_name", Value, optional(textArg()), func(b *builder, t *Check, l entry) { t.SNI, t.SNIName = true, l.val.s }),
		checkRow("fast_recovery", Value, boolArg(), func(b *builder, t *Check, l entry) { t.FastRecovery = l.val.on }),
		{name: "url", kind: Block, owner: Checker, effect: on, set: (*builder).readURL, rows: func() []Keyword { return list(urlKeywords(tls)) }},
	}
	if tls {
		rows = append(rows, checkRow("tls_compliant", Value, boolArg(), func(b *builder, t *Check, l entry) { t.TLSCompliant = l.val.on }))
	}
	return rows
}

func urlKeywords(tls bool) []keyword[URL] {
	type u = URL
	row := func(name string, kind Kind, a arg, set func(b *builder, t *u, l entry)) keyword[u] {
		return keyword[u]{name: name, kind: kind, arg: a, owner: Checker, effect: on, set: set}
	}
	rows := []keyword[u]{
		row("path", Value, textArg(), func(b *builder, t *u, l entry) { t.Path = l.val.s }),
		row("digest", Value, textArg(), (*builder).readDigest),
		row("status_code", List, optional(textArg()), (*builder).readCodes),
		row("virtualhost", Value, soft(textArg()), func(b *builder, t *u, l entry) { t.VirtualHost = l.val.s }),
		row("regex", Value, optional(textArg()), (*builder).readRegex),
		row("regex_no_match", Flag, arg{}, func(b *builder, t *u, l entry) { t.RegexNoMatch = true }),
		row("regex_options", List, optional(textArg()), func(b *builder, t *u, l entry) {
			for _, w := range l.Words[1:] {
				if !slices.Contains(pcre.Options(), w.Text) {
					b.err(w, syntax.Note, "Unknown regex option '"+w.Text+"'")
					continue
				}
				t.RegexOptions = append(t.RegexOptions, w.Text)
			}
		}),
		row("regex_min_offset", Value, optional(number(0, maxUint)), func(b *builder, t *u, l entry) { t.MinOffset = int(l.val.n) }),
		row("regex_max_offset", Value, optional(number(0, maxUint)), func(b *builder, t *u, l entry) { t.MaxOffset = int(l.val.n) }),
		row("regex_stack", List, optional(textArg()), (*builder).readStack),
	}
	if tls {
		rows = append(rows, row("tls_compliant", Value, boolArg(), func(b *builder, t *u, l entry) { t.TLSCompliant = l.val.on }))
	}
	return rows
}

func (b *builder) readURL(t *Check, l entry) {
	if b.lvs.url == nil {
		b.lvs.url = newTable(urlKeywords(true))
	}
	u := &URL{Pos: l.Pos()}
	apply(b, b.lvs.url, l.Items(), u, "url")
	if u.Path == "" {
		b.report(l.Directive, syntax.GeneralError, "HTTP/SSL_GET checker url has no path - ignoring")
		return
	}
	b.finishRegex(u, l)
	t.URLs = append(t.URLs, u)
}

// readRegex reads a pattern: one word that may be quoted, in which a backslash escapes what follows it.
func (b *builder) readRegex(t *URL, l entry) {
	words, err := syntax.SplitCommand(l.Raw)
	switch {
	case err != nil:
		b.report(l.Directive, syntax.GeneralError, "String '"+l.Raw+"': "+err.Error())
	case len(words) != 2:
		b.report(l.Directive, syntax.GeneralError, "regex takes exactly one pattern - ignoring")
	default:
		t.Regex, t.regexPos = words[1], l.Words[min(1, len(l.Words)-1)].Pos()
	}
}

// readStack checks the sizes of a stack: the engine has none to set.
func (b *builder) readStack(_ *URL, l entry) {
	if len(l.Words) != 3 {
		b.report(l.Directive, syntax.GeneralError, "regex_stack requires start and max values")
		return
	}
	start, ok := b.unsigned(l.Words[1], 0, maxUint)
	most, fine := b.unsigned(l.Words[2], 0, maxUint)
	if ok && fine && start > most {
		b.report(l.Directive, syntax.GeneralError, "regex stack start cannot exceed max value")
	}
}

// finishRegex leaves out what cannot be: offsets in the wrong order, and patterns. The rest of the url is checked all the same.
func (b *builder) finishRegex(u *URL, l entry) {
	if u.MaxOffset > 0 && u.MinOffset > u.MaxOffset {
		b.report(l.Directive, syntax.GeneralError, fmt.Sprintf("regex min offset %d > regex_max_offset %d - ignoring", u.MinOffset, u.MaxOffset))
		u.MinOffset, u.MaxOffset = 0, 0
	}
	if u.Regex == "" {
		return
	}
	_, err := pcre.Compile(u.Regex, u.RegexOptions)
	if err == nil {
		return
	}
	severity, text := syntax.GeneralError, fmt.Sprintf("Invalid regex: '%s' %v", u.Regex, err)
	if errors.Is(err, pcre.ErrUnsupported) {
		severity, text = syntax.Note, fmt.Sprintf("regex '%s': %v - the answer is checked without it", u.Regex, err)
	}
	b.add(syntax.Diagnostic{Pos: u.regexPos, Severity: severity, Text: text})
	u.Regex = ""
}

func (b *builder) readDigest(t *URL, l entry) {
	const length = 32
	if len(l.val.s) != length {
		b.err(l.Words[1], syntax.GeneralError, "digest '"+l.val.s+"' character length should be 32 rather than "+strconv.Itoa(len(l.val.s)))
		return
	}
	if strings.Trim(l.val.s, "0123456789abcdefABCDEF") != "" {
		b.err(l.Words[1], syntax.GeneralError, "digest '"+l.val.s+"' contains non-hexadecimal characters")
		return
	}
	t.Digest = l.val.s
}

// readCodes reads status codes and ranges of them.
func (b *builder) readCodes(t *URL, l entry) {
	code := func(s string) (int, bool) {
		n, problem := parseUnsigned(s)
		return int(n), problem == "" && n >= 100 && n <= 599
	}
	for _, w := range l.Words[1:] {
		first, last, ranged := strings.Cut(w.Text, "-")
		n, ok := code(first)
		m := n
		if ranged && ok {
			m, ok = code(last)
		}
		if !ok || m < n {
			b.err(w, syntax.GeneralError, "Invalid "+"HTTP_GET status code '"+w.Text+"'")
			continue
		}
		t.Codes = append(t.Codes, CodeRange{n, m})
	}
}
