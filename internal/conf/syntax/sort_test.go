package syntax

import (
	"strings"
	"testing"
)

func TestDiagnosticsAreSortedByPlace(t *testing.T) {
	ds := Diagnostics{
		{Text: "no place"},
		{Pos: Pos{"b", 1, 1}, Text: "b1"},
		{Pos: Pos{"a", 10, 1}, Text: "a10"},
		{Pos: Pos{"a", 2, 5}, Text: "a2:5 first"},
		{Pos: Pos{"a", 2, 1}, Text: "a2:1"},
		{Pos: Pos{"a", 2, 5}, Text: "a2:5 second"},
		{Text: "no place either"},
	}
	ds.Sort([]string{"a", "b"})
	var got []string
	for _, d := range ds {
		got = append(got, d.Text)
	}
	if s := strings.Join(got, "; "); s != "a2:1; a2:5 first; a2:5 second; a10; b1; no place; no place either" {
		t.Error(s)
	}
}
