package syntax

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// files is a Source of files in memory.
type files map[string]string

func (f files) Glob(pattern string) ([]string, error) {
	var out []string
	for n := range f {
		if ok, err := path.Match(pattern, n); err != nil {
			return nil, err
		} else if ok {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (f files) ReadFile(name string) ([]byte, error) {
	text, ok := f[name]
	switch {
	case !ok:
		return nil, ErrNotExist
	case text == "<dir>":
		return nil, ErrDirectory
	case text == "<exec>":
		return nil, ErrNotRegular
	case text == "<secret>":
		return nil, ErrUnreadable
	}
	return []byte(text), nil
}

func (f files) Abs(name string) string { return path.Join("/cwd", name) }

func load(t *testing.T, text string) (*File, Diagnostics) {
	t.Helper()
	return Load(files{"a.conf": text}, "a.conf", testOptions)
}

var testOptions = Options{ConfigID: "node", Env: func(n string) string { return strings.Repeat(n, 2) }}

// dump returns the tree in one line, words between bars.
func dump(items []*Directive) string {
	var b strings.Builder
	for _, d := range items {
		for i, w := range d.Words {
			if i > 0 {
				b.WriteByte('|')
			}
			b.WriteString(w.Text)
		}
		if d.Block != nil {
			b.WriteString("{" + dump(d.Block.Items) + "}")
		}
		b.WriteByte(';')
	}
	return b.String()
}

func messages(ds Diagnostics) string {
	var out []string
	for _, d := range ds {
		out = append(out, d.String())
	}
	return strings.Join(out, "\n")
}

func TestLoadGivesTheTree(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"words", "a b\tc", "a|b|c;"},
		{"comment in mid-word", "protocol TCP#TCP\nx!y", "protocol|TCP;x;"},
		{"escaped comment sign", `a b\#c \!d # e`, "a|b#c|!d;"},
		{"comment sign in quotes", `a "b # c ! d" # e`, "a|b # c ! d;"},
		{"adjacent pieces are words", `a"b"c`, "a|b|c;"},
		{"empty quotes are a word", `a "" b`, "a||b;"},
		{"block", "a {\n b c\n}\nd", "a{b|c;};d;"},
		{"brace on a later line", "a\n\n # x\n{\n b\n}", "a{b;};"},
		{"all on one line", "global_defs { router_id x } y", "global_defs{router_id|x;};y;"},
		{"brace in quotes", `a "{" b`, "a|{|b;"},
		{"brace after a surplus one", "a\n}\n{\nb\n}", "a{b;};"},
		{"carriage returns", "a {\r\n\tb\r\n}\r\n", "a{b;};"},
		{"no final newline", "a b", "a|b;"},
		{"definition", "$A=x y \na $A $A,b ${A}z", "a|x|y|x|y,b|x|yz;"},
		{"definition in quotes", "$A=x\na \"p${A}q\"", "a|pxq;"},
		{"name must end", "$A=x\na $Ab $A.c", "a|$Ab|$A.c;"},
		{"unknown reference", "a $vip", "a|$vip;"},
		{"redefinition", "$A=1\na $A\n$A=2\na $A", "a|1;a|2;"},
		{"resolved at use", "$A=${B}\n$B=3\na $A", "a|3;"},
		{"empty definition", "$A=\na ${A}b", "a|b;"},
		{"definition in a block", "a {\n$A=1\nb $A\n}", "a{b|1;};"},
		{"several lines", "$A=\\\n b 1 \\\n\\\n c {\\\n d\\\n }\nx {\n $A\n}\n", "x{b|1;c{d;};};"},
		{"several lines end at a blank one", "$A=b \\\nc \\\n\n$A", "b;c;"},
		{"condition in several lines", "$A=b \\\n@other c \\\n@node d \\\ne\n$A", "b;d;e;"},
		{"text before several lines", "$A=b \\\nc\nx $A", "x|b;c;"},
		{"several lines not at the end", "$A=b \\\nc\nx ${A} y", "x|${A;};y;"},
		{"built-in", "a ${_PWD} ${_INSTANCE} \"${_HASH}${_BANG}\" ${_ENV QX}", "a|/cwd|node|#!|QXQX;"},
		{"hash outside quotes", "a b${_HASH}c", "a|b;"},
		{"random with equal bounds", "a ${_RANDOM 7 7}", "a|7;"},
		{"condition", "@node a\n@other b\n@^node c\n@^other d\n@node\n  @node e", "a;d;e;"},
		{"condition before a definition", "@node $A=1\n@other $A=2\na $A", "a|1;"},
		{"sequence", "~SEQ(i, 3) a $i", "a|1;a|2;a|3;"},
		{"sequence down", "~SEQ(i, 2, 0) a ${i}b", "a|2b;a|1b;a|0b;"},
		{"sequence with step", "~SEQ(i, 1, 3, 8) a $i", "a|1;a|4;a|7;"},
		{"sequence in hex", "~SEQx(i, 9, 11) a $i", "a|9;a|a;a|b;"},
		{"list", "~LST(i, x, y) a $i", "a|x;a|y;"},
		{"parallel list", "~LST({i,j}, {x,1}, {y}) a $i,$j", "a|x,1;a|y,;"},
		{"nested", "~SEQ(i, 1, 2) ~LST(j, x, y) a $i$j ${i}${j}", "a|$ix|1x;a|$iy|1y;a|$ix|2x;a|$iy|2y;"},
		{"arguments from definitions", "$N=2\n~SEQ(i, $N) a $i", "a|1;a|2;"},
		{"the variable keeps its value", "~SEQ(i, 2) a\nb $i", "a;a;b|2;"},
		{"stored repetition", "$R=~SEQ(i, 2) a $i\n~SEQ(i, 1) b\n$R", "b;a|1;a|2;"},
		{"repeated blocks", "$B=v $i {\\\n b\\\n }\n~SEQ(i, 2) $B", "v|1{b;};v|2{b;};"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := load(t, c.in)
			if got := dump(f.Directives); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	text := virtualServers(2000, 10)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Load(files{"a.conf": text}, "a.conf", Options{})
	}
}

func virtualServers(n, m int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("virtual_server 10." + itoa(i/256) + "." + itoa(i%256) + ".1 80 {\n    delay_loop 6\n    lb_algo rr\n    lb_kind DR\n    protocol TCP\n\n")
		for k := range m {
			b.WriteString("    real_server 10." + itoa(i/256) + "." + itoa(i%256) + "." + itoa(k+2) + " 80 {\n        weight 1\n        TCP_CHECK {\n            connect_timeout 3\n        }\n    }\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func BenchmarkEncode(b *testing.B) {
	f, _ := Load(files{"a.conf": virtualServers(2000, 10)}, "a.conf", Options{})
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(f.Encode())))
	}
}

func BenchmarkDecode(b *testing.B) {
	f, _ := Load(files{"a.conf": virtualServers(2000, 10)}, "a.conf", Options{})
	data := f.Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
