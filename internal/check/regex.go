package check

import (
	"time"

	"github.com/dlclark/regexp2"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// matchTimeout bounds a pattern that backtracks without end.
const matchTimeout = time.Second

// compile returns the pattern of a url with the options of PCRE2 that there is a counterpart for. The others change the
// speed, the memory, or what is a valid pattern.
func compile(u *conf.URL) (*regexp2.Regexp, error) {
	var o regexp2.RegexOptions
	pattern := u.Regex
	for _, name := range u.RegexOptions {
		switch name {
		case "caseless":
			o |= regexp2.IgnoreCase
		case "dotall":
			o |= regexp2.Singleline
		case "multiline":
			o |= regexp2.Multiline
		case "extended":
			o |= regexp2.IgnorePatternWhitespace
		case "no_auto_capture":
			o |= regexp2.ExplicitCapture
		}
	}
	re, err := regexp2.Compile(pattern, o)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	return re, nil
}

// match tells whether the pattern matches a body, between the offsets that are wanted.
func match(re *regexp2.Regexp, u *conf.URL, body []byte) (bool, error) {
	// Every byte becomes the rune of its value: offsets count bytes, as those of PCRE2 without utf do.
	text := make([]rune, len(body))
	for i, b := range body {
		text[i] = rune(b)
	}
	if u.MinOffset > len(text) {
		return false, nil
	}
	m, err := re.FindRunesMatchStartingAt(text, u.MinOffset)
	if err != nil || m == nil {
		return false, err
	}
	return u.MaxOffset == 0 || m.Index <= u.MaxOffset, nil
}
