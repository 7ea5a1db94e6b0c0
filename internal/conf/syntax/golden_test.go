package syntax

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden holds the canonical text of each configuration in testdata against the file beside it.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(names) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f, ds := Load(files{"in.conf": string(text)}, "in.conf", testOptions)
			got := append(f.Format(), []byte(comments(ds))...)
			golden := strings.TrimSuffix(name, ".conf") + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// comments returns the diagnostics as comments of a configuration.
func comments(ds Diagnostics) string {
	var b strings.Builder
	for _, d := range ds {
		b.WriteString("# " + d.String() + "\n")
	}
	return b.String()
}

const corpus = "../../../testdata/corpus"

// TestCorpusSurvives reads the files of the world: format and encoding give the same tree again.
func TestCorpusSurvives(t *testing.T) {
	names, err := filepath.Glob(corpus + "/*.conf")
	if err != nil || len(names) < 200 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, filepath.Base(name), string(text))
	}
}

// roundTrip checks that the tree of a text survives its canonical form and its encoding.
func roundTrip(t *testing.T, name, text string) {
	t.Helper()
	f, _ := Load(files{"a.conf": text}, "a.conf", testOptions)
	formatted := string(f.Format())
	again, _ := Load(files{"a.conf": formatted}, "a.conf", testOptions)
	if got, want := dump(again.Directives), dump(f.Directives); got != want {
		t.Errorf("%s: the canonical form gives another tree\ngot  %.300q\nwant %.300q\ntext %.300q", name, got, want, formatted)
	}
	if twice := string(again.Format()); twice != formatted {
		t.Errorf("%s: not stable\ngot  %.300q\nwant %.300q", name, twice, formatted)
	}
	decoded, err := Decode(f.Encode())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if places(decoded.Directives) != places(f.Directives) || !bytes.Equal(decoded.Format(), f.Format()) {
		t.Errorf("%s: the encoding gives another tree", name)
	}
}
