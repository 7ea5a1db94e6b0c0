package lvs

import (
	"fmt"
	"slices"
)

// sync asks for what is missing or different in the services of a virtual server: additions first, so that no moment has
// fewer servers than before or after.
func (t *Table) sync(s *service) {
	for _, k := range s.keys {
		t.syncKey(k)
	}
}

func (t *Table) syncKey(k ServiceKey) {
	wanted := t.wanted(k)
	have := t.syncService(k, len(wanted))
	for _, d := range wanted {
		t.put(k, have, d)
	}
	if len(have.dests) == len(wanted) { // all of those, and so no other
		return
	}
	keep := make(map[DestKey]bool, len(wanted))
	for _, d := range wanted {
		keep[d.Key] = true
	}
	var gone []DestKey
	for key := range have.dests {
		if !keep[key] {
			gone = append(gone, key)
		}
	}
	slices.SortFunc(gone, DestKey.Compare)
	for _, key := range gone {
		t.remove(k, have, key)
	}
}

// syncService asks for the service itself, which will have so many destinations, and returns what is known of it.
func (t *Table) syncService(k ServiceKey, dests int) *asked {
	want := t.users[k][0].service(k)
	have := t.kernel[k]
	switch {
	case have == nil:
		have = &asked{service: want, dests: make(map[DestKey]setting, dests)}
		t.kernel[k] = have
		t.do(Action{Kind: AddService, Service: want})
	case have.service != want:
		have.service = want
		t.do(Action{Kind: EditService, Service: want})
	}
	return have
}

func (t *Table) put(k ServiceKey, have *asked, d Dest) {
	old, there := have.dests[d.Key]
	if there && old == d.setting() {
		return
	}
	kind := AddDest
	if there {
		kind = EditDest
	}
	have.dests[d.Key] = d.setting()
	t.do(Action{Kind: kind, Service: Service{Key: k}, Dest: d})
}

func (t *Table) remove(k ServiceKey, have *asked, key DestKey) {
	d := have.dests[key].dest(key)
	delete(have.dests, key)
	t.do(Action{Kind: DelDest, Service: Service{Key: k}, Dest: d})
}

// syncServer asks for what a change of one server makes different, without looking at the others.
func (t *Table) syncServer(r *server) {
	s := r.vs
	if s.twins {
		t.sync(s)
		return
	}
	for _, k := range s.keys {
		if len(t.users[k]) > 1 {
			t.syncKey(k)
			continue
		}
		have := t.syncService(k, len(s.servers))
		d, ok := r.want()
		d = d.of(k)
		if ok {
			t.put(k, have, d)
		} else if _, there := have.dests[d.Key]; there {
			t.remove(k, have, d.Key)
		}
	}
}

// drop takes a service away.
func (t *Table) drop(k ServiceKey) {
	if have := t.kernel[k]; have != nil {
		delete(t.kernel, k)
		t.do(Action{Kind: DelService, Service: Service{Key: k}})
	}
}

// learn takes what the kernel has of our services for what it was asked for.
func (t *Table) learn(kernel []Programmed) {
	for _, p := range kernel {
		if t.users[p.Service.Key] == nil {
			continue
		}
		have := &asked{service: p.Service, dests: make(map[DestKey]setting, len(p.Dests))}
		for _, d := range p.Dests {
			have.dests[d.Key] = d.setting()
		}
		t.kernel[p.Service.Key] = have
	}
}

// failed forgets what was asked of a service: the comparison that follows shows what it has.
func (t *Table) failed(ev *Event) {
	if !t.running {
		return
	}
	have := t.kernel[ev.Key]
	if t.users[ev.Key] == nil {
		t.doomed[ev.Key] = true
	}
	if have == nil || have.refused != ev.Text {
		t.do(Action{Kind: Log, Level: Error, Text: ev.Text})
	}
	if have != nil {
		have.refused = ev.Text
	}
	if again := t.now.Add(retryPeriod); t.deadline.After(again) {
		t.deadline = again
	}
}

// observed repairs what the kernel has not as it should.
func (t *Table) observed(ev *Event) {
	if !t.running {
		return
	}
	if again := t.now.Add(compareShare * ev.Took); again.After(t.deadline) {
		t.deadline = again
	}
	switch {
	case ev.Right:
		for _, have := range t.kernel {
			have.refused = ""
		}
		clear(t.doomed)
	case !ev.Same:
		t.compare(ev.Kernel)
	}
}

func (t *Table) compare(kernel []Programmed) {
	before := t.kernel
	t.kernel = make(map[ServiceKey]*asked, len(before))
	t.learn(kernel)
	for k, have := range t.kernel {
		if was := before[k]; was != nil {
			have.refused = was.refused
		}
	}
	t.finishOff(kernel)
	first := len(t.acts)
	for _, s := range t.services {
		for _, k := range s.keys {
			t.repair(k, before[k])
		}
	}
	t.logRepairs(first)
}

// finishOff takes away the services that the kernel did not let go at first.
func (t *Table) finishOff(kernel []Programmed) {
	for _, p := range kernel {
		if k := p.Service.Key; t.doomed[k] && t.users[k] == nil {
			t.do(Action{Kind: DelService, Service: Service{Key: k}})
		}
	}
	clear(t.doomed)
}

// repair asks for what differs. It does so without a word where the kernel itself has refused, which was said.
func (t *Table) repair(k ServiceKey, was *asked) {
	first := len(t.acts)
	t.syncKey(k)
	have := t.kernel[k]
	if len(t.acts) == first || was == nil {
		have.refused = ""
		return
	}
	have.refused = was.refused
	if have.refused == "" {
		t.foreign += len(t.acts) - first
	}
}

// maxRepairLines bounds what one comparison writes to the log.
const maxRepairLines = 10

// logRepairs says what others have changed, as the actions since first put it right.
func (t *Table) logRepairs(first int) {
	if t.foreign == 0 {
		return
	}
	repairs := t.acts[first:len(t.acts):len(t.acts)]
	for i, a := range repairs {
		if i == maxRepairLines {
			t.do(Action{Kind: Log, Level: Warning, Text: fmt.Sprintf("IPVS table was changed by others - restoring %d more", len(repairs)-i)})
			break
		}
		t.do(Action{Kind: Log, Level: Warning, Text: "IPVS table was changed by others - restoring: " + a.String()})
	}
	t.foreign = 0
}
