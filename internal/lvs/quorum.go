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
// hysteresis or when nothing is left. At the start, between the two, it is not there.
func (t *Table) updateQuorum(s *service, starting bool) {
	live, q, h := s.live(), int64(s.conf.Quorum), int64(s.conf.Hysteresis)
	gained := live >= q+h
	lost := live < q-h || live == 0 && q > 0
	switch {
	case !s.quorum && gained:
		t.gain(s, live)
	case s.quorum && lost, !s.known && !gained:
		t.lose(s, live, starting)
	default:
		s.known = true
		return
	}
	s.known = true
	t.sync(s)
}

func (t *Table) gain(s *service, live int64) {
	v := s.conf
	text := fmt.Sprintf("Gained quorum %d+%d=%d <= %d", v.Quorum, v.Hysteresis, int64(v.Quorum)+int64(v.Hysteresis), live)
	t.log(text + " for VS " + s.title)
	first := !s.known
	s.quorum = true
	if v.Sorry != nil && !first {
		t.logSorry(s)
		t.log("Adding alive servers to the pool for VS " + s.title)
	}
	t.tellService(s, text)
}

func (t *Table) lose(s *service, live int64, starting bool) {
	v := s.conf
	// What keepalived shows is the bound that it would have compared with: that of gaining when it was not there before.
	bound := int64(v.Quorum) - int64(v.Hysteresis)
	if !s.quorum {
		bound = int64(v.Quorum) + int64(v.Hysteresis)
	}
	s.quorum = false
	text := "Lost quorum"
	if starting {
		text = "Starting with quorum down"
	}
	text += fmt.Sprintf(" %d-%d=%d > %d", v.Quorum, v.Hysteresis, bound, live)
	t.log(text + " for VS " + s.title)
	if v.Sorry != nil {
		t.logSorry(s)
		t.log("Removing alive servers from the pool for VS " + s.title)
	}
	t.tellService(s, text)
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
func (t *Table) tellService(s *service, text string) {
	script, state := s.conf.QuorumDown, "DOWN"
	if s.quorum {
		script, state = s.conf.QuorumUp, "UP"
	}
	t.do(Action{Kind: Tell, Script: script, Line: "VS " + s.title + " " + state})
	if s.conf.SMTPAlert {
		t.do(Action{Kind: Mail, Subject: "Virtualserver " + s.title + " - " + state, Text: "=> " + text + " <="})
	}
}
