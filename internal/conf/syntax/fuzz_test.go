package syntax

import (
	"os"
	"path/filepath"
	"testing"
)

// seed adds the files of the world, and what they do not have.
func seed(f *testing.F, add func(text string)) {
	f.Helper()
	names, err := filepath.Glob(corpus + "/*.conf")
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range names {
		text, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		add(string(text))
	}
	for _, text := range []string{
		"a {", "}", "a \"b", "$A=${A}\n$A", "~SEQ(i,1,3) a $i", "~LST({a,b},{1,2}) $a $b", "@node a", "@^node b", "a \\# b",
		"$A=\\\nb {\\\n}\n$A", "include a.conf", "a '\"' \\\" b", "\"@x\" y", "\"$A=1\"", "a \\", "a\x00b", "${_BANG}", "a ${_ENV x}",
		"\"' ", "$_PWD\"\"", "a\n}\n{\nb\n}", "a $_PWD{", "a '$_PWD\" \"",
	} {
		add(text)
	}
}

func FuzzLoad(f *testing.F) {
	seed(f, func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) {
		tree, ds := load(t, text)
		if tree == nil {
			t.Fatal("no tree")
		}
		_ = messages(ds)
	})
}

func FuzzFormat(f *testing.F) {
	seed(f, func(text string) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text string) { roundTrip(t, "fuzz", text) })
}

func FuzzDecode(f *testing.F) {
	seed(f, func(text string) {
		tree, _ := Load(files{"a.conf": text}, "a.conf", testOptions)
		f.Add(tree.Encode())
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, err := Decode(data)
		if err != nil {
			return
		}
		_ = tree.Format()
		if _, err := Decode(tree.Encode()); err != nil {
			t.Errorf("cannot decode what was encoded: %v", err)
		}
	})
}
