package lvs

import "fmt"

// live returns the weight of the servers that are up.
func (s *service) live() int64 {
	sum := int64(0)
	for _, r := range s.servers {
		if r.up {
			sum += int64(r.weight)
		}
	}
	return sum
}

// updateQuorum settles whether there are enough live servers: gained at quorum plus hysteresis, lost below quorum minus
// hysteresis or when nothing is left. At the start, between the two, it is not there; only a sorry server gives cause to
// say so. When it changes, what follows from it is asked for.
func (t *Table) updateQuorum(s *service, starting bool) (changed bool) {
	live, q, h := s.live(), int64(s.conf.Quorum), int64(s.conf.Hysteresis)
	gained := live >= q+h
	lost := live < q-h || live == 0 && q > 0
	switch {
	case !s.known && !gained && s.conf.Sorry == nil: // nothing was there, nothing takes its place: not worth a word
		s.known = true
		return false
	case !s.quorum && gained:
		t.gain(s, live, starting)
	case s.quorum && lost, !s.known && !gained:
		t.lose(s, live, starting)
	default:
		s.known = true
		return false
	}
	s.known = true
	t.sync(s)
	return true
}

func (t *Table) gain(s *service, live int64, starting bool) {
	v := s.conf
	bound := int64(v.Quorum) + int64(v.Hysteresis)
	t.log(fmt.Sprintf("Gained quorum %d+%d=%d <= %d for VS %s", v.Quorum, v.Hysteresis, bound, live, s.title))
	first := !s.known
	s.quorum = true
	if v.Sorry != nil && !first {
		t.logSorry(s)
		t.log("Adding alive servers to the pool for VS " + s.title)
	}
	word := "Gained quorum"
	if starting {
		word = "Starting with quorum up"
	}
	t.tellService(s, s.reckoning(word, bound, live))
	t.trapQuorum(s, false)
}

// reckoning returns the body of a mail, whose signs are the same whether the quorum is gained or lost.
func (s *service) reckoning(word string, bound, live int64) string {
	return fmt.Sprintf("%s %d+%d=%d <= %d", word, s.conf.Quorum, s.conf.Hysteresis, bound, live)
}

func (t *Table) lose(s *service, live int64, starting bool) {
	v := s.conf
	// What keepalived shows is the bound that it would have compared with: that of gaining when it was not there before.
	bound := int64(v.Quorum) - int64(v.Hysteresis)
	if !s.quorum {
		bound = int64(v.Quorum) + int64(v.Hysteresis)
	}
	s.quorum = false
	word := "Lost quorum"
	if starting {
		word = "Starting with quorum down"
	}
	t.log(fmt.Sprintf("%s %d-%d=%d > %d for VS %s", word, v.Quorum, v.Hysteresis, bound, live, s.title))
	if v.Sorry != nil {
		t.logSorry(s)
		t.log("Removing alive servers from the pool for VS " + s.title)
	}
	t.tellService(s, s.reckoning(word, bound, live))
	t.trapQuorum(s, false)
}

// logSorry says what becomes of the sorry server.
func (t *Table) logSorry(s *service) {
	c := s.conf.Sorry
	verb := "Adding"
	switch {
	case !s.quorum && s.conf.SorryInhibit:
		verb = "Enabling"
	case s.quorum && s.conf.SorryInhibit:
		verb = "Disabling"
	case s.quorum:
		verb = "Removing"
	}
	way := "to"
	if s.quorum {
		way = "from"
	}
	t.log(fmt.Sprintf("%s sorry server [%s]:%s:%d %s VS %s", verb, c.Addr, s.conf.Protocol, c.Port, way, s.title))
}

// tellService tells the outside that the quorum is gained or lost.
func (t *Table) tellService(s *service, mail string) {
	script, state := s.conf.QuorumDown, "DOWN"
	if s.quorum {
		script, state = s.conf.QuorumUp, "UP"
	}
	t.do(Action{Kind: Tell, Script: script, Line: "VS " + s.title + " " + state})
	if s.conf.SMTPAlert {
		t.do(Action{Kind: Mail, Subject: "Virtualserver " + s.title + " - " + state, Text: "=> " + mail + " <="})
	}
}
