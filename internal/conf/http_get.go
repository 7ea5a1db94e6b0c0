package conf

import (
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
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
}

// CodeRange is a range of status codes, both ends included.
type CodeRange struct{ First, Last int }

// httpKeywords returns what HTTP_GET has beyond the other checkers; TLS adds what only SSL_GET has.
func httpKeywords(tls bool) []checkKeyword {
	rows := []checkKeyword{
		{name: "nb_get_retry", kind: Value, arg: number(0, maxUint), owner: Checker, old: true, set: func(b *builder, t *Check, l entry) {
			b.deprecated(l, "retry")
			t.Timing.Retry = int(l.val.n)
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

const regexOptions = " allow_empty_class alt_bsux auto_callout caseless dollar_endonly dotall dupnames extended firstline" +
	" match_unset_backref multiline never_ucp never_utf no_auto_capture no_auto_possess no_dotstar_anchor no_start_optimize" +
	" ucp ungreedy utf never_backslash_c alt_circumflex alt_verbnames use_offset_limit "

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
		row("regex", Value, optional(textArg()), func(b *builder, t *u, l entry) { t.Regex = l.val.s }),
		row("regex_no_match", Flag, arg{}, func(b *builder, t *u, l entry) { t.RegexNoMatch = true }),
		row("regex_options", List, optional(textArg()), func(b *builder, t *u, l entry) {
			for _, w := range l.Words[1:] {
				if !strings.Contains(regexOptions, " "+w.Text+" ") {
					b.err(w, syntax.Note, "Unknown regex option '"+w.Text+"'")
					continue
				}
				t.RegexOptions = append(t.RegexOptions, w.Text)
			}
		}),
		row("regex_min_offset", Value, optional(number(0, maxUint)), func(b *builder, t *u, l entry) { t.MinOffset = int(l.val.n) }),
		row("regex_max_offset", Value, optional(number(0, maxUint)), func(b *builder, t *u, l entry) { t.MaxOffset = int(l.val.n) }),
		row("regex_stack", List, optional(number(0, maxUint)), nil),
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
	t.URLs = append(t.URLs, u)
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
