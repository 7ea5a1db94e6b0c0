package snmp

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// thing is a row of two columns, of which the second may be missing.
type thing struct{ a, b int }

func things() View {
	columns := []Column[thing]{
		{2, func(t *thing) Value { return Int(t.a) }},
		{5, func(t *thing) Value {
			if t.b == 0 {
				return Value{}
			}
			return Int(t.b)
		}},
	}
	scalars := []Column[int]{{7, func(n *int) Value { return Int(*n) }}}
	return NewView(
		NewScalars(OID{1, 3}, scalars, 99),
		NewTable(OID{1, 3, 4}, columns, []thing{{10, 0}, {20, 21}, {30, 31}}, []OID{{1, 1}, {1, 2}, {3, 1}}),
		NewTable(OID{1, 3, 5}, columns, nil, nil),
	)
}

func walk(v View, from OID) []string {
	var out []string
	for name := from; ; {
		b, ok := v.Next(name, false, nil)
		if !ok {
			return out
		}
		out = append(out, b.Name.String()+" "+b.Value.String())
		name = b.Name
	}
}

func TestWalkGoesByColumns(t *testing.T) {
	want := []string{".1.3.4.2.1.1 INTEGER: 10", ".1.3.4.2.1.2 INTEGER: 20", ".1.3.4.2.3.1 INTEGER: 30", ".1.3.4.5.1.2 INTEGER: 21",
		".1.3.4.5.3.1 INTEGER: 31", ".1.3.7.0 INTEGER: 99"}
	for _, from := range []OID{{}, {1}, {1, 3}, {1, 3, 4}, {1, 3, 4, 1, 9}} {
		if got := walk(things(), from); !slices.Equal(got, want) {
			t.Errorf("from %s: %q", from, got)
		}
	}
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		after   OID
		include bool
		limit   OID
		want    OID
	}{
		{after: OID{1, 3, 4, 2, 1, 1}, want: OID{1, 3, 4, 2, 1, 2}},
		{after: OID{1, 3, 4, 2, 1, 1}, include: true, want: OID{1, 3, 4, 2, 1, 1}},
		{after: OID{1, 3, 4, 2, 1, 1, 0}, want: OID{1, 3, 4, 2, 1, 2}},
		{after: OID{1, 3, 4, 2, 9}, want: OID{1, 3, 4, 5, 1, 2}},
		{after: OID{1, 3, 4, 5, 1, 1}, include: true, want: OID{1, 3, 4, 5, 1, 2}},
		{after: OID{1, 3, 4, 5, 3, 1}, limit: OID{1, 3, 5}},
		{after: OID{1, 3, 4, 2, 1, 1}, limit: OID{1, 3, 4, 2, 1, 2}},
		{after: OID{1, 3, 4, 2, 1, 1}, limit: OID{1, 3, 4, 2, 1, 3}, want: OID{1, 3, 4, 2, 1, 2}},
		{after: OID{1, 3, 7, 0}},
		{after: OID{2}},
	} {
		got, ok := things().Next(c.after, c.include, c.limit)
		if ok != (c.want != nil) || ok && got.Name.Compare(c.want) != 0 {
			t.Errorf("%+v: %v %t", c, got, ok)
		}
	}
}

func TestGet(t *testing.T) {
	for _, c := range []struct {
		name OID
		want Value
	}{
		{OID{1, 3, 4, 2, 1, 2}, Int(20)},
		{OID{1, 3, 7, 0}, Int(99)},
		{OID{1, 3, 7}, Value{Kind: NoSuchInstance}},
		{OID{1, 3, 7, 0, 0}, Value{Kind: NoSuchInstance}},
		{OID{1, 3, 4, 5, 1, 1}, Value{Kind: NoSuchInstance}},
		{OID{1, 3, 4, 2, 2, 1}, Value{Kind: NoSuchInstance}},
		{OID{1, 3, 4, 3, 1, 1}, Value{Kind: NoSuchObject}},
		{OID{1, 3, 8, 0}, Value{Kind: NoSuchObject}},
		{OID{1, 3, 4}, Value{Kind: NoSuchObject}},
		{OID{0}, Value{Kind: NoSuchObject}},
		{nil, Value{Kind: NoSuchObject}},
	} {
		if got := things().Get(c.name); got.String() != c.want.String() {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What Next says is what a search through all objects says, whatever is asked.
func TestNextIsTheFirstOfAll(t *testing.T) {
	v := things()
	var all []OID
	for name := (OID{}); ; {
		b, ok := v.Next(name, false, nil)
		if !ok {
			break
		}
		all, name = append(all, b.Name), b.Name
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		after := make(OID, random.IntN(8))
		for i := range after {
			after[i] = []uint32{0, 1, 3, uint32(random.IntN(9))}[min(i, 3)]
			if i < 2 {
				after[i] = uint32([]int{1, 3}[i])
			}
		}
		include := random.IntN(2) == 0
		i := slices.IndexFunc(all, func(o OID) bool { c := o.Compare(after); return c > 0 || c == 0 && include })
		got, ok := v.Next(after, include, nil)
		if ok != (i >= 0) || ok && got.Name.Compare(all[i]) != 0 {
			t.Fatalf("after %s, include %t: %s", after, include, got.Name)
		}
	}
}
