package pcre

import (
	"errors"
	"strings"
	"testing"
)

const body = "line one\r\nLine Two aa bb\xc3\xa9 END\n"

// What a pattern means is in pcre2pattern(3) and pcre2api(3).
func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, options string
		want             bool
	}{
		{"one", "", true},
		{"LINE ONE", "", false},
		{"LINE ONE", "caseless", true},
		{"(?i)LINE one", "", true},
		{"^Line", "", false},
		{"^Line", "multiline", true},
		{"(?m)^Line", "", true},
		{"one.$", "multiline", true},
		{"one.*Two", "", false},
		{"one.*Two", "dotall", true},
		{"(?s)one.*Two", "", true},
		{"END$", "", true},
		{"END$", "dollar_endonly", false},
		{"END\n$", "dollar_endonly", true},
		{`END\Z`, "", true},
		{`END\z`, "", false},
		{"o n e #c", "extended", true},
		{"o n e #c", "", false},
		{"(?x) o n e # c", "", true},
		{"[ ]one", "extended", true},
		{"Two", "firstline", false},
		{"one", "firstline", true},
		{"Two", "ungreedy", true},
		{"(a)(?<n>a) \\2?\\k<n>?bb", "", true},
		{"(?<x>a)(a) \\1*b", "", true},
		{"(?<n>b)|(?<n>a)", "dupnames", true},
		{`(?:(?<n>b)|(?<n>a))\k<n> `, "dupnames", true},
		{`(a)\1 (b)\g2`, "", true},
		{`(a)\g{-1} (?<q>b)\g{q}`, "", true},
		{`(?P<x>a)(?P=x)`, "", true},
		{`(z)?\1one`, "", false},
		{`(z)?\1one`, "match_unset_backref", true},
		{"(?:(l)in)\\x65", "no_auto_capture", true},
		{"[]a]a", "", true},
		{"[]|one", "allow_empty_class", true},
		{"^[^]", "allow_empty_class", true},
		{"bb. END", "", false},
		{"bb.. END", "", true},
		{"bb. END", "utf", true},
		{"(*UTF)bb. END", "", true},
		{"bb\xc3\xa9 END", "", true},
		{"bb\xc3\xa9 END", "utf", true},
		{`bb\w END`, "utf", false},
		{`bb\w END`, "utf ucp", true},
		{`b\b`, "", true},
		{`b\b`, "utf ucp", false},
		{`\x{e9}`, "utf", true},
		{`\p{Lu}ine\PL`, "", true},
		{`\p{^L}one`, "", true},
		{`[\p{Lu}x]ine`, "", true},
		{`\bone\b`, "", true},
		{`o\Bn`, "", true},
		{`\Bone`, "", false},
		{`\Aline`, "", true},
		{`\GLine`, "", false},
		{`\x6fne|\157ne|\o{157}ne|\x{6f}ne`, "", true},
		{`o\Ne`, "", true},
		{`on\Ke`, "", true},
		{`\Qone\E\r`, "", true},
		{`\Q.\E`, "", false},
		{`\Rline|\RLine`, "", true},
		{`one\v\v\H`, "", true},
		{`line\hone`, "", true},
		{`[[:alpha:]]ne[[:space:]]`, "", true},
		{`[[:^digit:]]ne`, "", true},
		{`[\w-]ne[\s]`, "", true},
		{`[a-c\-]a`, "", true},
		{`l[^\D]`, "", false},
		{`a++ b`, "", true},
		{`a++a`, "", false},
		{`(?:aa|a)++a b`, "", false},
		{`[a]*+a`, "", false},
		{`(a|b)?+a `, "", true},
		{`(aa){1}+ b`, "", true},
		{`a{2} b`, "", true},
		{`a{,2}`, "", false},
		{`l(?>i|in)e`, "", false},
		{`(?<=l)ine`, "", true},
		{`(?<!l)ine`, "", true},
		{`n(?#comment)e`, "", true},
		{`(?(?=o)one|zzz)`, "", true},
		{`(l)?i(?(1)n|m)`, "", true},
		{`one(*FAIL)|zzz`, "", false},
		{`(*MARK:x)one`, "", true},
		{`(*MARK:a\x41)one`, "alt_verbnames", true},
		{`\u006fne`, "alt_bsux", true},
		{`\x6fne`, "alt_bsux", true},
		{`\x{6f}`, "alt_bsux", false},
		{`on\C`, "", true},
		{`one`, "auto_callout no_auto_possess no_dotstar_anchor no_start_optimize use_offset_limit never_utf never_ucp", true},
		{`^\z`, "multiline", false},
		{`^\z`, "multiline alt_circumflex", true},
		{`\cA`, "", false},
		{``, "", true},
	} {
		p, err := Compile(c.pattern, strings.Fields(c.options))
		if err != nil {
			t.Errorf("%q %s: %v", c.pattern, c.options, err)
			continue
		}
		if got, err := p.Match([]byte(body), 0, 0); got != c.want || err != nil {
			t.Errorf("%q %s: got %t, %v", c.pattern, c.options, got, err)
		}
	}
}

func TestOffsets(t *testing.T) {
	for _, c := range []struct {
		pattern, options string
		least, most      int
		want             bool
	}{
		{"one", "", 5, 0, true},
		{"one", "", 6, 0, false},
		{"one", "", 9999, 0, false},
		{"^ine", "", 1, 0, false},
		{"(?<=l)ine", "", 1, 0, true},
		{"one", "", 0, 5, true},
		{"one", "", 0, 4, false},
		{"END", "", 26, 27, true},
		{"END", "utf", 0, 27, true},
		{"END", "utf", 0, 26, false},
		{"Two", "firstline", 11, 0, true},
	} {
		p, err := Compile(c.pattern, strings.Fields(c.options))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Match([]byte(body), c.least, c.most); got != c.want || err != nil {
			t.Errorf("%q %s %d-%d: got %t, %v", c.pattern, c.options, c.least, c.most, got, err)
		}
	}
}

func TestWhatIsNoPattern(t *testing.T) {
	for _, c := range []struct{ pattern, options, want string }{
		{"(", "", "at offset 1: missing closing parenthesis"},
		{"a)", "", "at offset 2: unmatched closing parenthesis"},
		{"[]aa", "", "at offset 4: missing terminating ] for character class"},
		{"(?<n>a)|(?<n>b)", "", "at offset 13: two named subpatterns have the same name (PCRE2_DUPNAMES not set)"},
		{"(*UTF)x", "never_utf", "using UTF is disabled by the application"},
		{"(*UCP)x", "never_ucp", "using UCP is disabled by the application"},
		{`\C`, "never_backslash_c", `at offset 2: using \C is disabled by the application`},
		{`\u0041`, "", `at offset 2: PCRE2 does not support \F, \L, \l, \N{name}, \U, or \u`},
		{`\y`, "", `at offset 2: unrecognized character follows \`},
		{`\`, "", `at offset 1: \ at end of pattern`},
		{`a\2`, "", "at offset 3: reference to non-existent subpattern 2"},
		{`[z-a]`, "", "at offset 4: range out of order in character class"},
	} {
		_, err := Compile(c.pattern, strings.Fields(c.options))
		if err == nil || err.Error() != c.want || errors.Is(err, ErrUnsupported) {
			t.Errorf("%q: got %v, want %s", c.pattern, err, c.want)
		}
	}
	if _, err := Compile("*", nil); err == nil {
		t.Error("a quantifier without anything to repeat is a pattern")
	}
}

// What the engine cannot do is told from what is wrong.
func TestUnsupported(t *testing.T) {
	for _, pattern := range []string{"(?R)", "(a)(?1)", "(?&x)", "(?|(a)|(b))", `\X`, "a(*SKIP)b", "(*ANYCRLF)a", `\g<1>()`, "(?(DEFINE)(?<a>b))"} {
		if _, err := Compile(pattern, nil); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	if _, err := Compile(`\C`, []string{"utf"}); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

// Text that is not UTF-8 and patterns that never end are errors.
func TestMatchFails(t *testing.T) {
	p, err := Compile("a", []string{"utf"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Match([]byte("\xff"), 0, 0); err == nil {
		t.Error("matched what is not UTF-8")
	}
	if p, err = Compile("(a+)+$b", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Match([]byte(strings.Repeat("a", 200)), 0, 0); err == nil {
		t.Error("a pattern without end has an end")
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("a(?<n>b)[[:alpha:]\\d-]++\\Q.\\E", "caseless utf")
	f.Add(`\g{-1}\o{7}\p{^L}(?(1)a|b)`, "extended alt_bsux")
	f.Fuzz(func(_ *testing.T, pattern, options string) {
		_, _ = Compile(pattern, strings.Fields(options)) // it must not panic
	})
}
