package conf

import (
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		a    arg
		in   string
		want int64
		text string // part of the report; empty: none
	}{
		{number(1, 255), "1", 1, ""},
		{number(1, 255), "255", 255, ""},
		{number(1, 255), "+7", 7, ""},
		{number(1, 255), " 7", 7, ""},
		{number(1, 255), "007", 7, ""},
		{number(1, 255), "-1", 0, "negative number '-1'"},
		{number(1, 255), "-x", 0, "negative number '-x'"},
		{number(1, 255), "1x", 0, "invalid number '1x'"},
		{number(1, 255), "0x10", 0, "invalid number '0x10'"},
		{number(1, 255), "", 0, "invalid number ''"},
		{number(1, 255), "1.0", 0, "invalid number '1.0'"},
		{number(1, 255), "256", 0, "number '256' outside range [1, 255]"},
		{number(1, 255), "0", 0, "number '0' outside range [1, 255]"},
		{number(1, 255), "4294967296", 0, "number '4294967296' outside unsigned integer range"},
		{number(0, maxUint), "4294967295", 4294967295, ""},
		{integer(-20, 19), "-20", -20, ""},
		{integer(-20, 19), "+19", 19, ""},
		{integer(-20, 19), "-21", 0, "number '-21' outside range [-20, 19]"},
		{integer(-20, 19), "--1", 0, "invalid number '--1'"},
		{integer(-20, 19), "2147483648", 0, "number '2147483648' outside integer range"},
		{timer(10_000, 255_000_000), "1", 1_000_000, ""},
		{timer(10_000, 255_000_000), "0.01", 10_000, ""},
		{timer(10_000, 255_000_000), ".5", 500_000, ""},
		{timer(10_000, 255_000_000), "5.", 5_000_000, ""},
		{timer(10_000, 255_000_000), "1.0000005", 1_000_001, "number '1.0000005' has too many decimal places"},
		{timer(10_000, 255_000_000), "1.0000004", 1_000_000, "number '1.0000004' has too many decimal places"},
		{timer(10_000, 255_000_000), "1.0000000", 1_000_000, ""},
		{timer(10_000, 255_000_000), "0", 0, "number '0' outside range [0.010000, 255.000000]"},
		{timer(10_000, 255_000_000), "-1", 0, "negative number '-1'"},
		{timer(10_000, 255_000_000), "1s", 0, "invalid number '1s'"},
		{timer(10_000, 255_000_000), "1e3", 0, "invalid number '1e3'"},
		{timer(10_000, 255_000_000), ".", 0, "invalid number '.'"},
		{timer(10_000, 255_000_000), "99999999999999999999", 0, "outside unsigned decimal range"},
		{scriptTimer(), "4294.001", 0, "number '4294.001' outside range [0.000, 4294.000]"},
	} {
		b := &builder{}
		v, ok := b.parse(&c.a, line("x", c.in))
		if got := texts(b.diags); !strings.Contains(got, c.text) || (c.text == "") != (got == "") {
			t.Errorf("%q: report %q, want %q", c.in, got, c.text)
		}
		if v.n != c.want || ok != (c.text == "" || strings.Contains(c.text, "decimal places")) {
			t.Errorf("%q: got %d, %t, want %d", c.in, v.n, ok, c.want)
		}
	}
}

func TestTimesAreDurations(t *testing.T) {
	b := &builder{}
	for _, c := range []struct {
		a    arg
		in   string
		want time.Duration
	}{
		{seconds(0, 10), "3", 3 * time.Second},
		{timer(0, maxTimer), "0.000001", time.Microsecond},
		{scriptTimer(), "1.5", 1500 * time.Millisecond},
		{arg{form: decimal, max: 1e9, unit: time.Millisecond, places: 3}, "10.5", 10500 * time.Microsecond},
	} {
		if v, _ := b.parse(&c.a, line("x", c.in)); v.d != c.want {
			t.Errorf("%q: got %v, want %v", c.in, v.d, c.want)
		}
	}
}

func TestBooleans(t *testing.T) {
	a := boolArg()
	for in, want := range map[string]bool{"true": true, "on": true, "yes": true, "false": false, "off": false, "no": false} {
		b := &builder{}
		if v, ok := b.parse(&a, line("x", in)); !ok || v.on != want {
			t.Errorf("%s: got %t, %t", in, v.on, ok)
		}
	}
	for _, in := range []string{"True", "1", "0", "enable", ""} {
		b := &builder{}
		if _, ok := b.parse(&a, line("x", in)); ok {
			t.Errorf("%q is taken for a boolean", in)
		}
	}
	b := &builder{}
	if v, ok := b.parse(&a, line("x")); !ok || !v.on {
		t.Error("the keyword alone is not true")
	}
}

func TestMissingArgumentStopsOnlyWhereItDoesForKeepalived(t *testing.T) {
	b := &builder{}
	hard, gentle, none := number(0, 1), soft(number(0, 1)), optional(number(0, 1))
	b.parse(&gentle, line("x"))
	if code := b.diags.ExitCode(); code != 5 {
		t.Errorf("exit code %d, want 5", code)
	}
	b.parse(&hard, line("x"))
	if code := b.diags.ExitCode(); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	if _, ok := b.parse(&none, line("x")); !ok {
		t.Error("an optional argument is missed")
	}
}

// line makes a directive of words.
func line(words ...string) *syntax.Directive {
	d := &syntax.Directive{}
	for i, w := range words {
		d.Words = append(d.Words, syntax.NewWord(w, syntax.Pos{File: "f", Line: 1, Col: i + 1}))
	}
	return d
}

// texts returns the texts of all diagnostics that count, one per line.
func texts(ds syntax.Diagnostics) string {
	var out []string
	for _, d := range ds.Counted() {
		out = append(out, d.Text)
	}
	return strings.Join(out, "\n")
}
