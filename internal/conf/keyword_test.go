package conf

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"slices"
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
	t.Logf("in effect by block: %s", byBlock())
}

// byBlock returns how many of the rows of each outermost block are in effect.
func byBlock() string {
	all, on := map[string]int{}, map[string]int{}
	for _, k := range Keywords() {
		block, _, inside := strings.Cut(k.Path, "/")
		if !inside && k.Kind != Block {
			block = "(outside)"
		}
		all[block]++
		if k.InEffect {
			on[block]++
		}
	}
	var parts []string
	for _, block := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, fmt.Sprintf("%s %d/%d", block, on[block], all[block]))
	}
	return strings.Join(parts, ", ")
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
