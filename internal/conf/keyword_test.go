package conf

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
)

// TestEveryKeywordIsKnown holds the tables against the list of all keywords of keepalived 2.4.3.
func TestEveryKeywordIsKnown(t *testing.T) {
	want := readKeywords(t)
	known, effect := 0, 0
	have := map[string]Keyword{}
	for _, k := range Keywords() {
		if _, twice := have[k.Path]; twice {
			t.Errorf("%s is in the tables twice", k.Path)
		}
		have[k.Path] = k
	}
	for _, w := range want {
		k, ok := have[w.Path]
		if !ok {
			t.Errorf("%s is not in the tables", w.Path)
			continue
		}
		delete(have, w.Path)
		known++
		if k.InEffect {
			effect++
		}
		if k.Kind != w.Kind || k.Owner != w.Owner || k.Deprecated != w.Deprecated {
			t.Errorf("%s: kind %s, owner %s, deprecated %t; want %s, %s, %t",
				w.Path, k.Kind, k.Owner, k.Deprecated, w.Kind, w.Owner, w.Deprecated)
		}
	}
	for path := range have {
		t.Errorf("%s is in the tables and not in the list", path)
	}
	t.Logf("rows of keywords.tsv: %d, known: %d, in effect: %d", len(want), known, effect)
}

func readKeywords(t *testing.T) []Keyword {
	t.Helper()
	f, err := os.Open("../../testdata/keywords.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []Keyword
	for _, row := range rows[1:] {
		k := Keyword{Path: row[0], Deprecated: row[7] != ""}
		for kind := Flag; kind <= Block; kind++ {
			if kind.String() == row[1] {
				k.Kind = kind
			}
		}
		for o := AllProcesses; o <= BFD; o++ {
			if o.String() == strings.TrimSpace(row[3]) {
				k.Owner = o
			}
		}
		out = append(out, k)
	}
	return out
}
