package conf

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// VirtualServerGroup is a virtual_server_group block.
type VirtualServerGroup struct {
	Pos     syntax.Pos
	Name    string
	Members []GroupMember
}

// GroupMember is one line of a virtual_server_group: an address or a range of them, or a mark of the firewall.
type GroupMember struct {
	Addr   netip.Addr
	Range  int // further addresses, counted in the last octet or group
	Port   uint16
	Mark   uint32
	Family Family // of a mark; 0: not given
}

func serverGroupWords() []Keyword {
	return []Keyword{
		{Path: "<entry>/fwmark", Kind: Value, Args: "0..4294967295 [inet or inet6]", Owner: Checker, InEffect: true},
		{Path: "<entry>/ADDRESS", Kind: Value, Args: "IP or IP/mask or IP-last or IP-IP, [port]", Owner: Checker, InEffect: true},
	}
}

func (b *builder) readServerGroup(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	g := &VirtualServerGroup{Pos: d.Pos(), Name: d.Words[1].Text}
	for _, l := range b.entries(entry{d, value{}}) {
		if m, ok := b.readMember(l); ok {
			g.Members = append(g.Members, m)
		}
	}
	if len(g.Members) == 0 {
		b.report(d, syntax.GeneralError, "virtual server group "+g.Name+" has no entries - removing")
		return
	}
	if !b.groupFamilies(g, d) {
		return
	}
	if b.lvs.groups == nil {
		b.lvs.groups = map[string]*VirtualServerGroup{}
	}
	if b.lvs.groups[g.Name] == nil {
		b.lvs.groups[g.Name] = g
		b.lvs.order = append(b.lvs.order, g)
	}
}

func (b *builder) readMember(d *syntax.Directive) (GroupMember, bool) {
	var m GroupMember
	if d.Name() == "fwmark" {
		if len(d.Words) < 2 {
			b.missing(d, 1)
			return m, false
		}
		n, ok := b.unsigned(d.Words[1], 0, maxUint)
		m.Mark = uint32(n)
		if len(d.Words) > 2 {
			m.Family = familyOf(d.Words[2].Text == "inet6")
		}
		return m, ok
	}
	ok := true
	if len(d.Words) > 1 {
		var n int64
		n, ok = b.unsigned(d.Words[1], 0, 65535)
		m.Port = uint16(n)
	}
	text, last, ranged := strings.Cut(d.Name(), "-")
	if !ranged {
		text, _, _ = strings.Cut(text, "/")
	}
	a, valid := parseAddr(text)
	if !valid || !ok {
		b.report(d, syntax.GeneralError, "Invalid virtual server group IP address "+strings.Join(wordsOf(d), " /port/")+" - skipping")
		return m, false
	}
	m.Addr = a
	if ranged {
		m.Range, ok = b.readRange(d, a, last)
	}
	return m, ok
}

func wordsOf(d *syntax.Directive) []string {
	var out []string
	for _, w := range d.Words {
		out = append(out, w.Text)
	}
	return out
}

// readRange reads the end of a range: an address that differs in the last part, or that part alone.
func (b *builder) readRange(d *syntax.Directive, a netip.Addr, last string) (int, bool) {
	fail := func(text string) (int, bool) {
		b.report(d, syntax.GeneralError, "Virtual server group range '"+d.Name()+"' "+text)
		return 0, false
	}
	base, most, separator := 10, uint64(255), "."
	if a.Is6() {
		base, most, separator = 16, 0xffff, ":"
	}
	if i := strings.LastIndex(last, separator); i >= 0 {
		if _, ok := parseAddr(last); !ok {
			return fail("has extra characters at end '" + last[strings.Index(last, separator):] + "'")
		}
		last = last[i+1:]
	}
	n, err := strconv.ParseUint(last, base, 32)
	if err != nil {
		return fail("has extra characters at end '" + last + "'")
	}
	if n > most {
		return fail("end '" + last + "' too large")
	}
	bytes := a.AsSlice()
	first := uint64(bytes[len(bytes)-1])
	if a.Is6() {
		first |= uint64(bytes[len(bytes)-2]) << 8
	}
	if n < first {
		return fail("end '" + last + "' less than start")
	}
	return int(n - first), true
}
