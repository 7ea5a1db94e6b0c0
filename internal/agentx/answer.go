package agentx

import "github.com/keepalived-go/keepalived/internal/snmp"

// The statuses of AgentX itself (RFC 2741 section 6.2.16).
const (
	notOpen            snmp.Status = 257
	unsupportedContext snmp.Status = 262
	parseError         snmp.Status = 266
)

// maxBinds is how many objects one answer has at most: GetBulk may be given fewer than it asks for (RFC 2741 section 7.2.3.3),
// and who asks for more by name gets nothing.
const maxBinds = 1024

// take takes in a PDU of the master, and answers it when it is a request.
func (s *session) take(p *PDU) error {
	switch p.Type {
	case Response:
		if i, ok := s.asked[p.Packet]; ok {
			delete(s.asked, p.Packet)
			return s.registered(i, p.Status)
		}
		return nil
	case Close:
		return errClosed
	}
	r := &PDU{Header: Header{Type: Response, Transaction: p.Transaction, Packet: p.Packet}}
	switch {
	case p.Session != s.id:
		r.Status = notOpen
	case p.Context != "":
		r.Status = unsupportedContext
	default:
		s.answer(p, r)
	}
	if p.Type == CleanupSet { // has no answer (RFC 2741 section 7.2.4.4)
		return nil
	}
	return s.send(r)
}

func (s *session) answer(p, r *PDU) {
	switch p.Type {
	case Get, GetNext, GetBulk:
		view, err := s.Source.View()
		if err != nil || len(p.Ranges) > maxBinds {
			r.Status, r.Index = snmp.GenErr, 1
			return
		}
		r.Binds = read(view, p)
	case TestSet, CommitSet, UndoSet, CleanupSet:
		s.write(p, r)
	case Ping:
	default:
		r.Status = parseError
	}
}

// read returns the objects that a request asks for.
func read(view snmp.View, p *PDU) []snmp.VarBind {
	switch p.Type {
	case Get:
		var out []snmp.VarBind
		for _, r := range p.Ranges {
			out = append(out, snmp.VarBind{Name: r.Start, Value: view.Get(r.Start)})
		}
		return out
	case GetNext:
		out, _ := readNext(view, nil, p.Ranges)
		return out
	}
	return readBulk(view, p)
}

// readNext appends the next object of each range, and returns the ranges that follow them. Of a range without any the object
// is its end.
func readNext(view snmp.View, out []snmp.VarBind, ranges []Range) ([]snmp.VarBind, []Range) {
	rest := make([]Range, 0, len(ranges))
	for _, r := range ranges {
		b, ok := view.Next(r.Start, r.Include, r.End)
		if !ok {
			b = snmp.VarBind{Name: r.Start, Value: snmp.Value{Kind: snmp.EndOfView}}
		}
		out = append(out, b)
		rest = append(rest, Range{Start: b.Name, End: r.End, Include: !ok && r.Include})
	}
	return out, rest
}

// readBulk is GetBulk (RFC 2741 section 7.2.3.3): the first ranges once, the others again and again.
func readBulk(view snmp.View, p *PDU) []snmp.VarBind {
	once := min(int(p.NonRepeaters), len(p.Ranges))
	out, _ := readNext(view, nil, p.Ranges[:once])
	rest := p.Ranges[once:]
	for range p.MaxRepeat {
		if len(rest) == 0 || len(out)+len(rest) > maxBinds {
			break
		}
		first := len(out)
		out, rest = readNext(view, out, rest)
		if allEnded(out[first:]) {
			break
		}
	}
	return out
}

func allEnded(binds []snmp.VarBind) bool {
	for _, b := range binds {
		if b.Value.Kind != snmp.EndOfView {
			return false
		}
	}
	return true
}

// write is one step of setting objects (RFC 2741 section 7.2.4).
func (s *session) write(p, r *PDU) {
	if p.Type == TestSet {
		set, index, status := s.Source.Test(p.Binds)
		s.set, s.setOf = set, p.Transaction
		if status != snmp.NoError {
			s.set = nil
			r.Status, r.Index = status, uint16(index+1)
		}
		return
	}
	if s.set == nil || s.setOf != p.Transaction {
		switch p.Type {
		case CommitSet:
			r.Status = snmp.CommitFailed
		case UndoSet:
			r.Status = snmp.UndoFailed
		}
		return
	}
	switch p.Type {
	case CommitSet:
		if !s.set.Commit() {
			r.Status, r.Index = snmp.CommitFailed, 1
		}
	case UndoSet:
		if !s.set.Undo() {
			r.Status, r.Index = snmp.UndoFailed, 1
		}
		s.set = nil
	case CleanupSet:
		s.set = nil
	}
}
