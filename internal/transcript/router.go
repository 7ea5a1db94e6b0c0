package transcript

import (
	"net/netip"
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// Router is one host that runs VRRP. It carries out the actions of its Set on a simulated kernel.
type Router struct {
	Name   string
	Detail bool // --log-detail

	lan    *LAN
	cfg    *conf.Config
	set    *vrouter.Set // nil: the process does not run
	paused bool
	ids    []vrouter.ID
	acts   []vrouter.Action
	latest time.Time // arrival of the packet sent to this router last
	inbox  []flight  // what waits for a paused process

	links   map[string]*vrouter.Link
	held    map[netip.Prefix]vrouter.ID // addresses in the kernel
	tracked map[conf.Target]vrouter.Tracked
	fails   map[vrouter.ActionKind]int // how many of the next actions of a kind fail
}

// Configure adds an instance, for the next Start or Reload. Its interface comes to life with address addr.
func (r *Router) Configure(inst *conf.Instance, addr netip.Addr) {
	r.cfg.Instances = append(r.cfg.Instances, inst)
	if r.links[inst.Interface] == nil {
		l := &vrouter.Link{Name: inst.Interface, Present: true, Up: true}
		if addr.Is4() {
			l.Addr4 = addr
		} else {
			l.Addr6 = addr
		}
		r.links[inst.Interface] = l
	}
}

// Config returns the configuration, which may be replaced before a Start or a Reload.
func (r *Router) Config() *conf.Config { return r.cfg }

// Set returns the state machines, nil while the process does not run.
func (r *Router) Set() *vrouter.Set { return r.set }

// Running tells whether the process runs and is not paused.
func (r *Router) Running() bool { return r.set != nil && !r.paused }

// Start starts the process.
func (r *Router) Start() {
	r.set = vrouter.NewSet(r.cfg, vrouter.Options{Detail: r.Detail})
	r.paused, r.inbox = false, nil
	for _, l := range r.sortedLinks() {
		r.step(vrouter.Event{Kind: vrouter.LinkChanged, Link: *l})
	}
	r.ids = r.set.IDs(nil)
	for _, t := range r.tracked {
		if t.Kind != conf.TrackScript { // scripts have to run first
			r.step(vrouter.Event{Kind: vrouter.TrackedChanged, Tracked: []vrouter.Tracked{t}})
		}
	}
	r.step(vrouter.Event{Kind: vrouter.Start})
}

// Stop ends the process as SIGTERM does.
func (r *Router) Stop() {
	r.step(vrouter.Event{Kind: vrouter.Stop})
	r.set = nil
}

// Crash takes the power away: no process, no addresses, nothing said.
func (r *Router) Crash() {
	r.set, r.paused, r.inbox = nil, false, nil
	clear(r.held)
}

// Kill ends the process as SIGKILL does: the addresses stay.
func (r *Router) Kill() { r.set, r.paused, r.inbox = nil, false, nil }

// Pause stops the process as SIGSTOP does: packets wait for it.
func (r *Router) Pause() { r.paused = true }

// Resume lets the process go on: first with what has waited, then with what has expired.
func (r *Router) Resume() {
	r.paused = false
	waiting := r.inbox
	r.inbox = nil
	for _, f := range waiting {
		r.receive(f)
	}
}

// Reload makes the process read the configuration anew.
func (r *Router) Reload() {
	r.step(vrouter.Event{Kind: vrouter.Reload, Config: r.cfg})
	if r.set != nil {
		r.ids = r.set.IDs(r.ids[:0])
	}
}

// Track changes the state of something that is tracked.
func (r *Router) Track(t vrouter.Tracked) {
	r.tracked[t.Target] = t
	r.step(vrouter.Event{Kind: vrouter.TrackedChanged, Tracked: []vrouter.Tracked{t}})
}

// SetLink changes the state of an interface.
func (r *Router) SetLink(l vrouter.Link) {
	r.links[l.Name] = &l
	r.step(vrouter.Event{Kind: vrouter.LinkChanged, Link: l})
}

// Link returns the state of an interface.
func (r *Router) Link(dev string) vrouter.Link {
	if l := r.links[dev]; l != nil {
		return *l
	}
	return vrouter.Link{Name: dev}
}

// Lose removes an address, as an administrator may.
func (r *Router) Lose(p netip.Prefix) {
	id, ok := r.held[p]
	delete(r.held, p)
	if ok {
		r.step(vrouter.Event{Kind: vrouter.AddrLost, ID: id})
	}
}

// Source says whether the configured source address of an instance is on this host.
func (r *Router) Source(id vrouter.ID, present bool) {
	r.step(vrouter.Event{Kind: vrouter.SourceChanged, ID: id, Present: present})
}

// Fail makes the next n actions of a kind fail.
func (r *Router) Fail(kind vrouter.ActionKind, n int) { r.fails[kind] = n }

// Held returns the addresses in the kernel, sorted.
func (r *Router) Held() []netip.Prefix {
	var held []netip.Prefix
	for p := range r.held {
		held = append(held, p)
	}
	slices.SortFunc(held, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	return held
}

// Holds tells whether a is in the kernel.
func (r *Router) Holds(p netip.Prefix) bool {
	_, ok := r.held[p]
	return ok
}

func (r *Router) deadline() time.Time {
	if !r.Running() {
		return time.Time{}
	}
	return r.set.Deadline()
}

func (r *Router) timeout() {
	if d := r.deadline(); !d.IsZero() && !d.After(r.lan.now) {
		r.step(vrouter.Event{Kind: vrouter.Timeout})
	}
}

// receive hands a packet to the instance that it is for, as the driver does.
func (r *Router) receive(f flight) {
	switch {
	case r.set == nil || !r.Link(f.dev).Up:
		return
	case r.paused:
		r.inbox = append(r.inbox, f)
		return
	}
	for _, id := range r.ids {
		inst := r.set.Instance(id)
		// Byte 1 is the VRID in either version.
		if inst.Interface == f.dev && len(f.packet.Payload) > 1 && inst.VRID == f.packet.Payload[1] {
			p := f.packet
			r.step(vrouter.Event{Kind: vrouter.Received, ID: id, Packet: &p})
			if r.lan.Delivered != nil {
				r.lan.Delivered(r, p)
			}
			return
		}
	}
}

func (r *Router) hasAddr(a netip.Addr) bool {
	for _, l := range r.links {
		if l.Addr4 == a || l.Addr6 == a {
			return true
		}
	}
	return false
}

func (r *Router) sortedLinks() []*vrouter.Link {
	var links []*vrouter.Link
	for _, l := range r.links {
		links = append(links, l)
	}
	slices.SortFunc(links, func(a, b *vrouter.Link) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return links
}
