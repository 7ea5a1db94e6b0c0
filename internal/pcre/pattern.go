// Package pcre matches patterns of PCRE2, as regex of HTTP_GET has them, with an engine that speaks another dialect.
package pcre

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// ErrUnsupported means that the pattern may be right, but that the engine cannot do what it asks for.
var ErrUnsupported = errors.New("not supported")

// Options returns the names of the options of PCRE2 that Compile takes.
func Options() []string {
	return []string{"allow_empty_class", "alt_bsux", "auto_callout", "caseless", "dollar_endonly", "dotall", "dupnames", "extended",
		"firstline", "match_unset_backref", "multiline", "never_ucp", "never_utf", "no_auto_capture", "no_auto_possess",
		"no_dotstar_anchor", "no_start_optimize", "ucp", "ungreedy", "utf", "never_backslash_c", "alt_circumflex",
		"alt_verbnames", "use_offset_limit"}
}

// options are those that change what matches. The others are about speed, callouts and the names of verbs; ungreedy cannot
// change whether something matches, nor where the match begins.
type options struct {
	allowEmptyClass, altBSUX, caseless, dollarEndOnly, dotAll, dupNames, extended, firstLine, matchUnset, multiline, neverUCP,
	neverUTF, noAutoCapture, ucp, utf, neverC, altCircumflex bool
}

func readOptions(names []string) options {
	has := func(name string) bool { return slices.Contains(names, name) }
	return options{has("allow_empty_class"), has("alt_bsux"), has("caseless"), has("dollar_endonly"), has("dotall"),
		has("dupnames"), has("extended"), has("firstline"), has("match_unset_backref"), has("multiline"), has("never_ucp"),
		has("never_utf"), has("no_auto_capture"), has("ucp"), has("utf"), has("never_backslash_c"), has("alt_circumflex")}
}

func (o options) engine() regexp2.RegexOptions {
	out := regexp2.RegexOptions(regexp2.None)
	for option, on := range map[regexp2.RegexOptions]bool{regexp2.IgnoreCase: o.caseless, regexp2.Singleline: o.dotAll,
		regexp2.Multiline: o.multiline, regexp2.IgnorePatternWhitespace: o.extended} {
		if on {
			out |= option
		}
	}
	return out
}

// Pattern is a compiled pattern. It may be used by several goroutines at once.
type Pattern struct {
	re             *regexp2.Regexp
	utf, firstLine bool
}

// matchTimeout bounds a pattern that backtracks without end.
const matchTimeout = time.Second

// Compile returns the pattern with options by their names, of which it takes those of Options and ignores others. The error
// wraps ErrUnsupported when the pattern asks for what the engine cannot do; otherwise it is not a pattern.
func Compile(pattern string, names []string) (*Pattern, error) {
	opt := readOptions(names)
	pattern, err := opt.readVerbs(pattern)
	if err != nil {
		return nil, err
	}
	text, err := translate(pattern, opt)
	if err != nil {
		return nil, err
	}
	re, err := regexp2.Compile(text, opt.engine())
	if err != nil {
		return nil, fmt.Errorf("cannot compile: %w", err)
	}
	re.MatchTimeout = matchTimeout
	return &Pattern{re, opt.utf, opt.firstLine}, nil
}

// readVerbs takes the verbs at the beginning of a pattern for options, and returns the rest of it.
func (o *options) readVerbs(pattern string) (string, error) {
	for strings.HasPrefix(pattern, "(*") {
		verb, rest, _ := strings.Cut(pattern[2:], ")")
		switch verb {
		case "UTF":
			if o.neverUTF {
				return "", errors.New("using UTF is disabled by the application")
			}
			o.utf = true
		case "UCP":
			if o.neverUCP {
				return "", errors.New("using UCP is disabled by the application")
			}
			o.ucp = true
		case "LF", "NO_AUTO_POSSESS", "NO_START_OPT", "NO_JIT", "NO_DOTSTAR_ANCHOR":
		default:
			return pattern, nil
		}
		pattern = rest
	}
	return pattern, nil
}

// Match tells whether the pattern matches text at a byte from least to most on; most 0: anywhere. It fails when that takes
// too long, and with the option utf when the text is not UTF-8.
func (p *Pattern) Match(text []byte, least, most int) (bool, error) {
	if least > len(text) {
		return false, nil
	}
	if p.utf && !utf8.Valid(text) {
		return false, errors.New("the text is not UTF-8")
	}
	runes := p.runes(text)
	m, err := p.re.FindRunesMatchStartingAt(runes, len(p.runes(text[:least])))
	if err != nil || m == nil {
		return false, err
	}
	at := m.Index
	if p.utf {
		at = len(string(runes[:m.Index]))
	}
	if i := bytes.IndexByte(text[least:], '\n'); p.firstLine && i >= 0 && at > least+i {
		return false, nil
	}
	return most == 0 || at <= most, nil
}

func (p *Pattern) runes(text []byte) []rune {
	if p.utf {
		return []rune(string(text))
	}
	return latin(text)
}

// latin returns the runes with the values of the bytes: without utf PCRE2 looks at bytes.
func latin(text []byte) []rune {
	out := make([]rune, len(text))
	for i, b := range text {
		out[i] = rune(b)
	}
	return out
}
