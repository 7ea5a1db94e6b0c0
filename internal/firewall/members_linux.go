package firewall

import (
	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// fillFamily leads the table of a family to its members: it is made with the first and goes with the last. A map that
// nothing is in any more stays, as the rule before it matches nothing.
func (l *Linux) fillFamily(b *batch, which conf.Family, by map[conf.Protocol][]lvs.Marked) {
	f := l.families[which]
	if len(by) == 0 {
		if f != nil {
			b.delTable(f.table)
			delete(l.families, which)
		}
		return
	}
	if f == nil {
		f = l.makeTable(b, which)
		l.families[which] = f
	}
	for _, p := range []conf.Protocol{conf.TCP, conf.UDP, conf.SCTP} {
		if f.maps[p] == nil && len(by[p]) > 0 {
			f.maps[p] = l.makeMap(b, f, p)
		}
		if m := f.maps[p]; m != nil {
			m.change(b, by[p])
		}
	}
}

// makeTable makes a table with its chain, before IPVS takes packets out of the input hook.
func (l *Linux) makeTable(b *batch, which conf.Family) *family {
	t := &nftables.Table{Name: l.settings.Table, Family: nftables.TableFamilyIPv4}
	if which == conf.IPv6 {
		t.Family = nftables.TableFamilyIPv6
	}
	b.addTable(t)
	accept := nftables.ChainPolicyAccept
	b.addChain(&nftables.Chain{Name: "in", Table: t, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookInput,
		Priority: nftables.ChainPriorityRef(nftables.ChainPriority(l.settings.Priority)), Policy: &accept})
	return &family{table: t, maps: map[conf.Protocol]*filled{}}
}

// makeMap makes the map of a protocol and the rule that looks into it.
func (l *Linux) makeMap(b *batch, f *family, p conf.Protocol) *filled {
	addr := nftables.TypeIPAddr
	if f.table.Family == nftables.TableFamilyIPv6 {
		addr = nftables.TypeIP6Addr
	}
	set := &nftables.Set{Table: f.table, Name: p.String() + "_map", ID: uint32(p), IsMap: true, Interval: true, Concatenation: true,
		KeyType: nftables.MustConcatSetType(addr, nftables.TypeInetService), DataType: nftables.TypeMark, Counter: l.settings.Counters}
	b.addMap(set)
	b.addRule(&nftables.Rule{Table: f.table, Chain: &nftables.Chain{Name: "in", Table: f.table}, Exprs: l.rule(f, p, set)})
	return &filled{set: set, members: map[lvs.Marked]bool{}}
}

// rule marks a packet with what the map has for its destination; one that is not in it goes on to the next rule.
func (l *Linux) rule(f *family, p conf.Protocol, set *nftables.Set) []expr.Any {
	offset, length, second := uint32(16), uint32(4), uint32(unix.NFT_REG32_01)
	if f.table.Family == nftables.TableFamilyIPv6 {
		offset, length, second = 24, 16, unix.NFT_REG_2
	}
	rule := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: unix.NFT_REG_1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: []byte{byte(p)}},
		&expr.Payload{DestRegister: unix.NFT_REG_1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: length},
		&expr.Payload{DestRegister: second, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Lookup{SourceRegister: unix.NFT_REG_1, DestRegister: unix.NFT_REG_1, IsDestRegSet: true, SetName: set.Name, SetID: set.ID},
		&expr.Meta{Key: expr.MetaKeyMARK, SourceRegister: true, Register: unix.NFT_REG_1},
	}
	if l.settings.Counters {
		rule = append(rule, &expr.Counter{})
	}
	return append(rule, &expr.Verdict{Kind: expr.VerdictReturn})
}

// change leads the map to its members.
func (m *filled) change(b *batch, want []lvs.Marked) {
	keep := make(map[lvs.Marked]bool, len(want))
	var gone, fresh []nftables.SetElement
	for _, one := range want {
		keep[one] = true
		if !m.members[one] {
			fresh = append(fresh, element(one))
		}
	}
	for one := range m.members {
		if !keep[one] {
			gone = append(gone, element(one))
		}
	}
	m.members = keep
	b.members(unix.NFT_MSG_DELSETELEM, m.set, gone)
	b.members(unix.NFT_MSG_NEWSETELEM, m.set, fresh)
}

// element returns a member of a map: from one address and port to another.
func element(m lvs.Marked) nftables.SetElement {
	port := func(n uint16) []byte { return append(binaryutil.BigEndian.PutUint16(n), 0, 0) } // filled up to a register
	return nftables.SetElement{Key: append(m.First.AsSlice(), port(m.Low)...), KeyEnd: append(m.Last.AsSlice(), port(m.High)...),
		Val: binaryutil.NativeEndian.PutUint32(m.Mark)}
}
