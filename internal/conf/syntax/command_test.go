package syntax

import (
	"slices"
	"testing"
)

func TestSplitQuoted(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		ok   bool
	}{
		{`notify_master "/a b" user group`, []string{"notify_master", "/a b", "user", "group"}, true},
		{`notify '/a "b" c'`, []string{"notify", `/a "b" c`}, true},
		{`notify "/a 'b' c"`, []string{"notify", `/a 'b' c`}, true},
		{`notify "/a \" b"`, []string{"notify", `/a \" b`}, true},
		{`notify a"b"c`, []string{"notify", "abc"}, true},
		{`notify ""`, []string{"notify", ""}, true},
		{`notify "a`, []string{"notify", "a"}, false},
	} {
		got, err := SplitQuoted(c.in)
		if !slices.Equal(got, c.want) || (err == nil) != c.ok {
			t.Errorf("%s: got %q, %v", c.in, got, err)
		}
	}
}

func TestSplitCommand(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		ok   bool
	}{
		{`/a b  c`, []string{"/a", "b", "c"}, true},
		{`/a 'b c' "d e"`, []string{"/a", "b c", "d e"}, true},
		{`/a \a\b\E\f\n\r\t\v`, []string{"/a", "\a\b\x1b\f\n\r\t\v"}, true},
		{`/a \x41\x4\x4g \101\7 \cA`, []string{"/a", "A\x04\x04g", "A\a", "\x01"}, true},
		{`/a \q\\\"\ b`, []string{"/a", `q\" b`}, true},
		{`/a 'b`, []string{"/a", "b"}, false},
		{`/a \`, []string{"/a"}, false},
	} {
		got, err := SplitCommand(c.in)
		if !slices.Equal(got, c.want) || (err == nil) != c.ok {
			t.Errorf("%s: got %q, %v", c.in, got, err)
		}
	}
}
