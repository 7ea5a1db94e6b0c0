package lvs

import "fmt"

// result takes in the verdict of a checker.
func (t *Table) result(ev *Event) {
	c := t.checks[ev.Check]
	if c == nil || !t.running {
		return // of a checker that a reload has taken away
	}
	r := c.server
	changed := c.up != ev.Up
	began := c.heard || c.known
	c.up, c.adjust, c.heard = ev.Up, ev.Adjust, true
	if !c.up {
		c.adjust = 0
	}
	t.reweigh(r)
	if ev.Text != "" {
		t.log(ev.Text)
	}
	if changed && !t.cfg.Global.LVS.NoCheckerEmails {
		t.mailServer(r, ev.Up, ev.Mail)
	}
	switch up := r.well(); {
	case up != r.up:
		t.turn(r, up, ev.Mail)
	case !began && !changed && !c.up: // with alpha: what was only supposed is known now
		t.trapServer(r)
	}
}

// reweigh applies what the checkers say of the weight. The configured weight of a server that is down comes back
// without a word.
func (t *Table) reweigh(r *server) {
	w := r.reweigh()
	if w == r.weight {
		return
	}
	if r.well() {
		t.logWeight(r, w, r.up)
	}
	r.weight = w
	if r.up && r.well() {
		t.syncServer(r)
		t.updateQuorum(r.vs, false)
	}
}

func (t *Table) logWeight(r *server, w int, up bool) {
	active := "active"
	if !up {
		active = "inactive"
	}
	t.log(fmt.Sprintf("Changing weight from %d to %d for %s service %s of VS %s", r.weight, w, active, r.title(), r.vs.title))
}

// turn takes a server in, or out.
func (t *Table) turn(r *server, up bool, mail string) {
	r.up = up
	s := r.vs
	t.log(turned(r))
	t.syncServer(r)
	t.tellServer(r)
	t.trapServer(r)
	if t.cfg.Global.LVS.NoCheckerEmails {
		t.mailServer(r, up, mail)
	}
	t.updateQuorum(s, false)
}

// turned returns the log line of a server that goes up or down.
func turned(r *server) string {
	switch {
	case r.up && r.conf.Inhibit:
		return fmt.Sprintf("Enabling service %s of VS %s", r.title(), r.vs.title)
	case r.up:
		return fmt.Sprintf("Adding service %s to VS %s", r.title(), r.vs.title)
	case r.conf.Inhibit:
		return fmt.Sprintf("Disabling service %s of VS %s", r.title(), r.vs.title)
	}
	return fmt.Sprintf("Removing service %s from VS %s", r.title(), r.vs.title)
}

// tellServer tells the outside that a server has gone up or down.
func (t *Table) tellServer(r *server) {
	script, state := r.conf.NotifyDown, "DOWN"
	if r.up {
		script, state = r.conf.NotifyUp, "UP"
	}
	t.do(Action{Kind: Tell, Script: script, Line: "RS " + r.title() + " " + r.vs.title + " " + state})
}

func (t *Table) mailServer(r *server, up bool, body string) {
	if !r.conf.SMTPAlert || body == "" {
		return
	}
	state := "DOWN"
	if up {
		state = "UP"
	}
	t.do(Action{Kind: Mail, Subject: fmt.Sprintf("Realserver %s of virtual server %s - %s", r.title(), r.vs.title, state),
		Text: "=> " + body + " <="})
}
