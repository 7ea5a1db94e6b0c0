package lvs

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Area is some addresses, each with the same ports; both ends belong to it.
type Area struct {
	First, Last netip.Addr
	Low, High   uint16
}

// String returns the area: addresses, then ports.
func (a Area) String() string {
	out := a.First.String()
	if a.First != a.Last {
		out += "-" + a.Last.String()
	}
	if a.Low != a.High {
		return fmt.Sprintf("%s port %d-%d", out, a.Low, a.High)
	}
	return fmt.Sprintf("%s port %d", out, a.Low)
}

// areaOf returns where the packets to a member of a group go; port 0 stands for all of them.
func areaOf(m conf.GroupMember) Area {
	last := m.Addr
	for range m.Range {
		last = last.Next()
	}
	if m.Port == 0 {
		return Area{m.Addr, last, 0, 65535}
	}
	return Area{m.Addr, last, m.Port, m.Port}
}

// meets tells whether the areas share something.
func (a Area) meets(b Area) bool {
	return a.First.Compare(b.Last) <= 0 && b.First.Compare(a.Last) <= 0 && a.Low <= b.High && b.Low <= a.High
}

// minus returns the parts of a that are not in b.
func (a Area) minus(b Area) (out []Area) {
	if !a.meets(b) {
		return []Area{a}
	}
	if a.First.Less(b.First) {
		out = append(out, Area{a.First, b.First.Prev(), a.Low, a.High})
		a.First = b.First
	}
	if b.Last.Less(a.Last) {
		out = append(out, Area{b.Last.Next(), a.Last, a.Low, a.High})
		a.Last = b.Last
	}
	if a.Low < b.Low {
		out = append(out, Area{a.First, a.Last, a.Low, b.Low - 1})
	}
	if b.High < a.High {
		out = append(out, Area{a.First, a.Last, b.High + 1, a.High})
	}
	return out
}

// sheet names the areas that may meet without a member for all ports: those of one protocol, family and port.
type sheet struct {
	protocol conf.Protocol
	six      bool
	port     uint16
}

// region is an area that belongs to a mark.
type region struct {
	Area
	mark uint32
}

// atlas knows which area belongs to which mark.
type atlas struct{ sheets map[sheet][]region } // in the order of their addresses; those of one sheet never meet

func newAtlas() *atlas { return &atlas{map[sheet][]region{}} }

// claim gives to a mark what of an area belongs to none yet, and returns that and another mark that has some of it; 0 when
// none has.
func (t *atlas) claim(p conf.Protocol, a Area, mark uint32) (free []Area, rival uint32) {
	free = []Area{a}
	take := func(r region) {
		if r.mark != mark && r.meets(a) {
			rival = r.mark
		}
		var rest []Area
		for _, f := range free {
			rest = append(rest, f.minus(r.Area)...)
		}
		free = rest
	}
	own := sheet{p, a.First.Is6(), a.Low}
	if a.Low == a.High {
		list := t.sheets[own]
		for i := after(list, a.First); i < len(list) && list[i].First.Compare(a.Last) <= 0; i++ {
			take(list[i])
		}
	} else {
		t.each(own, take)
	}
	for _, f := range free {
		key := sheet{p, f.First.Is6(), f.Low}
		list := t.sheets[key]
		t.sheets[key] = slices.Insert(list, after(list, f.First), region{f, mark})
	}
	return free, rival
}

// after returns the place of the first region that does not end before an address.
func after(list []region, a netip.Addr) int {
	return sort.Search(len(list), func(i int) bool { return list[i].Last.Compare(a) >= 0 })
}

// each visits all regions of a protocol and family.
func (t *atlas) each(of sheet, visit func(r region)) {
	for key, list := range t.sheets {
		if key.protocol != of.protocol || key.six != of.six {
			continue
		}
		for _, r := range list {
			visit(r)
		}
	}
}
