package syntax

import (
	"strings"
	"testing"
)

// places returns every word with its place.
func places(items []*Directive) string {
	var b strings.Builder
	for _, d := range items {
		for _, w := range d.Words {
			b.WriteString(w.Text + "@" + w.Pos().String() + " ")
		}
		b.WriteString(places(d.Items()))
	}
	return b.String()
}

func TestWordsKnowWhereTheyStand(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "a b\n\tc  d", "a@a.conf:1:1 b@a.conf:1:3 c@a.conf:2:2 d@a.conf:2:5 "},
		{"quoted", `a "b c" d`, "a@a.conf:1:1 b c@a.conf:1:3 d@a.conf:1:9 "},
		{"after a condition", "@node a b", "a@a.conf:1:7 b@a.conf:1:9 "},
		{"after a reference", "$A=xyz\nb $A c", "b@a.conf:2:1 xyz@a.conf:2:3 c@a.conf:2:6 "},
		{"two references", "$A=xyz\n$B=1 2\nb $A $B c", "b@a.conf:3:1 xyz@a.conf:3:3 1@a.conf:3:6 2@a.conf:3:6 c@a.conf:3:9 "},
		{"after an escaped sign", `a \# b`, "a@a.conf:1:1 #@a.conf:1:3 b@a.conf:1:6 "},
		{"several lines", "$A= \\\n x 1 \\\n  y\nb {\n$A\n}", "b@a.conf:4:1 x@a.conf:2:2 1@a.conf:2:4 y@a.conf:3:3 "},
		{"repetition", "~SEQ(i, 2) a $i b", "a@a.conf:1:12 1@a.conf:1:14 b@a.conf:1:17 a@a.conf:1:12 2@a.conf:1:14 b@a.conf:1:17 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, ds := load(t, c.in)
			if got := places(f.Directives); got != c.want {
				t.Errorf("got  %s\nwant %s\n%s", got, c.want, messages(ds))
			}
		})
	}
}

func TestDiagnosticsShowTheLine(t *testing.T) {
	_, ds := load(t, "a {\n\tb \"c d\n}\n")
	var b strings.Builder
	if err := ds.Write(&b, true); err != nil {
		t.Fatal(err)
	}
	const want = "a.conf:2:4: error: Unmatched quote: '\"c d'\n    \tb \"c d\n    \t  ^\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestExitCodes(t *testing.T) {
	d := func(ss ...Severity) Diagnostics {
		var out Diagnostics
		for _, s := range ss {
			out = append(out, Diagnostic{Severity: s})
		}
		return out
	}
	for _, c := range []struct {
		ds   Diagnostics
		want int
	}{
		{nil, 0}, {d(Note, NoEffect, FileMissing), 0}, {d(BadInterface), 4}, {d(BadInterface, FileNotFound), 4},
		{d(BadInterface, Warning), 5}, {d(Deprecated), 5}, {d(GeneralError, SecurityError, UnknownKeyword), 6},
		{d(StrictInclude), 6}, {d(SecurityError, MissingParameter), 2}, {d(SecurityError, EndsTest), 0},
	} {
		if got := c.ds.ExitCode(); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.ds, got, c.want)
		}
	}
	if _, fatal := d(GeneralError).Fatal(VRRPChild); fatal {
		t.Error("an ordinary error is fatal")
	}
	if _, fatal := (Diagnostics{{Severity: GeneralError, Ends: VRRPChild}}).Fatal(VRRPChild); !fatal {
		t.Error("an error that ends the child is not fatal")
	}
}

func TestMessages(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a }", "a.conf:1:3: error: Extra '}' found"},
		{"{ a }", "a.conf:1:1: error: Unexpected '{' - ignoring"},
		{"a {", "a.conf:1:3: error: There are 1 missing '}'s or extra '{'s"},
		{"a \"b", "a.conf:1:3: error: Unmatched quote: '\"b'"},
		{"a b\x00c", "a.conf:1:1: error: configuration appears to have embedded NULs - ignoring line"},
		{"~SEQ(i)", "a.conf:1:6: error: Invalid ~SEQ definition 'i'"},
		{"~SEQ(i, x) a", "a.conf:1:6: error: Invalid ~SEQ values 'i, x'"},
		{"~SEQx(i, -2) a", "a.conf:1:7: error: Invalid ~SEQ values 'i, -2'"},
		{"~SEQ(i, 3 a", "a.conf:1:1: error: ~SEQ missing terminating ')' '~SEQ(i, 3 a'"},
		{"~SEQ i", "a.conf:1:1: error: Invalid ~SEQ/~LST specification '~SEQ i'"},
		{"~LST(a, {1,2}) x", "a.conf:1:6: error: ~LST specification has too many values 'a, {1,2}'"},
		{"~LST({a, 1) x", "a.conf:1:6: error: Invalid ~SEQ/~LST specification '{a, 1'"},
		{"a ${_RANDOM x}", "a.conf:1:3: error: Definition _RANDOM requires numeric parameters only."},
		{"a ${_RANDOM 1 2 3}", "a.conf:1:3: error: Definition _RANDOM requires between 0 and 2 parameters, 3 specified."},
		{"a ${_ENV}", "a.conf:1:3: error: Definition _ENV requires between 1 and 1 parameters, 0 specified."},
		{"include", "a.conf:1:1: error: *** Configuration line starting `include` is missing a parameter after keyword `include` at word position 2"},
	} {
		_, ds := load(t, c.in+"\n")
		if got := messages(ds); got != c.want {
			t.Errorf("%q:\ngot  %s\nwant %s", c.in, got, c.want)
		}
	}
}
