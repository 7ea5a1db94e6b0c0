package syntax

import (
	"strings"
	"testing"
	"time"
)

// within runs f and fails when it takes long: a limit that does not hold shows as time or memory.
func within(t *testing.T, d time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > d {
		t.Errorf("took %v, at most %v expected", took, d)
	}
}

func TestLimitsHold(t *testing.T) {
	doubling := "$A0=xxxxxxxx\n"
	for i := range 60 {
		doubling += "$A" + itoa(i+1) + "=${A" + itoa(i) + "}${A" + itoa(i) + "}\n"
	}
	lines := "$A0=\\\n a\\\n b\n\n"
	for i := range 60 {
		lines += "$A" + itoa(i+1) + "=\\\n $A" + itoa(i) + "\\\n $A" + itoa(i) + "\n\n"
	}
	for _, c := range []struct{ name, in, want string }{
		{"self reference", "$A=x${A}\na $A\n", "does one refer to itself"},
		{"mutual reference", "$A=${B}\n$B=${A}\na $A\n", "does one refer to itself"},
		{"self reference over several lines", "$A=\\\n x \\\n $A\n\n$A\n", "does one refer to itself"},
		{"exponential text", doubling + "a $A60\n", "would exceed maximum line length"},
		{"exponential lines", lines + "$A60\n", "too many lines"},
		{"sequence of a billion", "~SEQ(i, 1, 1000000000) a $i\n", "~SEQ of more than"},
		{"nested sequences of a billion", "~SEQ(i, 100000) ~SEQ(j, 100000) a\n", "too many lines"},
		{"self-repeating repetition", "$R=~SEQ(i, 3) $R\n$R\n", "does one refer to itself"},
		{"step of zero", "~SEQ(i, 1, 0, 5) a\n", "Invalid ~SEQ values"},
		{"deep blocks", strings.Repeat("a {\n", 100000), "too deeply"},
		{"many errors", strings.Repeat("}\n", 100000), "Too many errors"},
		{"many alternatives", "include \"" + strings.Repeat("{a,b}", 40) + "\"\n", "Too many alternatives"},
	} {
		t.Run(c.name, func(t *testing.T) {
			within(t, 10*time.Second, func() {
				_, ds := load(t, c.in)
				if got := messages(ds); !strings.Contains(got, c.want) {
					t.Errorf("got %.500q, want something with %q", got, c.want)
				}
				if len(ds) > 0 && ds[0].Pos.Line == 0 {
					t.Error("no position")
				}
			})
		})
	}
}

func TestIncludeCycleIsReported(t *testing.T) {
	src := files{"a.conf": "x\ninclude b.conf\n", "b.conf": "y\ninclude a.conf\n"}
	f, ds := Load(src, "a.conf", Options{})
	if got := dump(f.Directives); got != "x;y;" {
		t.Errorf("got %s", got)
	}
	if got := messages(ds); got != "b.conf:2:9: error: Configuration file 'a.conf' includes itself - skipping" {
		t.Errorf("got %s", got)
	}
}

func TestLongLinesAreOrdinary(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	f, ds := load(t, "a "+long+" b\n")
	if len(ds) != 0 || len(f.Directives) != 1 || f.Directives[0].Words[1].Text != long {
		t.Errorf("%d diagnostics", len(ds))
	}
}
