package transcript

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// LAN is a set of routers that hear each other, and their common clock.
type LAN struct {
	// Loss is the probability, from 0 to 1, that one router misses one packet.
	Loss float64
	// MinDelay and MaxDelay bound the time that a packet is under way. Each router gets the packets in the order in which
	// they were sent, as a switch delivers them.
	MinDelay, MaxDelay time.Duration
	// Trace, when not nil, is called with the actions that one step tells a router to do, unless there are none.
	Trace func(r *Router, acts []vrouter.Action)

	// Delivered, when not nil, is called after a running router has dealt with a packet.
	Delivered func(r *Router, p vrouter.Packet)

	routers []*Router
	rnd     *rand.Rand
	epoch   time.Time
	now     time.Time
	flying  flightHeap
	sent    uint64
	cut     map[[2]string]bool // from, to
}

// NewLAN returns an empty LAN on which packets arrive at once and none is lost. The seed decides about loss and delay.
func NewLAN(seed uint64) *LAN {
	epoch := time.Unix(1_000_000_000, 0)
	return &LAN{
		rnd:   rand.New(rand.NewPCG(seed, 0)),
		epoch: epoch, now: epoch,
		cut: make(map[[2]string]bool),
	}
}

// Add puts a router on the LAN, not yet started.
func (l *LAN) Add(name string) *Router {
	r := &Router{
		Name: name, lan: l,
		cfg:     &conf.Config{},
		links:   make(map[string]*vrouter.Link),
		held:    make(map[netip.Prefix]vrouter.ID),
		fails:   make(map[vrouter.ActionKind]int),
		tracked: make(map[conf.Target]vrouter.Tracked),
	}
	l.routers = append(l.routers, r)
	return r
}

// Routers returns all routers, in the order in which they were added.
func (l *LAN) Routers() []*Router { return l.routers }

// Router returns the router of that name, or nil.
func (l *LAN) Router(name string) *Router {
	for _, r := range l.routers {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Elapsed returns the virtual time since the beginning.
func (l *LAN) Elapsed() time.Duration { return l.now.Sub(l.epoch) }

// Run lets the time go on by d, and everything happen that is due by then.
func (l *LAN) Run(d time.Duration) {
	end := l.now.Add(d)
	for {
		next := l.next()
		if next.IsZero() || next.After(end) {
			l.now = end
			return
		}
		if next.After(l.now) {
			l.now = next
		}
		l.deliver()
		for _, r := range l.routers {
			r.timeout()
		}
	}
}

// next returns when something happens next; zero for never.
func (l *LAN) next() time.Time {
	var next time.Time
	if len(l.flying) > 0 {
		next = l.flying[0].at
	}
	for _, r := range l.routers {
		if d := r.deadline(); !d.IsZero() && (next.IsZero() || d.Before(next)) {
			next = d
		}
	}
	return next
}

// deliver hands over the packets that have arrived.
func (l *LAN) deliver() {
	for len(l.flying) > 0 && !l.flying[0].at.After(l.now) {
		f := l.flying.pop()
		f.to.receive(f)
	}
}

// Cut stops packets from one router to another, or lets them through again.
func (l *LAN) Cut(from, to string, cut bool) { l.cut[[2]string{from, to}] = cut }

// Heal undoes every Cut.
func (l *LAN) Heal() { clear(l.cut) }

// Hears tells whether packets of from reach to, loss aside.
func (l *LAN) Hears(to, from *Router) bool { return !l.cut[[2]string{from.Name, to.Name}] }

// send puts a copy of p on its way to every other router that it reaches on interface dev.
func (l *LAN) send(from *Router, dev string, p vrouter.Packet) {
	for _, to := range l.routers {
		if to == from || !l.Hears(to, from) || l.rnd.Float64() < l.Loss {
			continue
		}
		if !p.Multicast && !to.hasAddr(p.Dst) {
			continue
		}
		delay := l.MinDelay
		if span := l.MaxDelay - l.MinDelay; span > 0 {
			delay += time.Duration(l.rnd.Int64N(int64(span)))
		}
		at := l.now.Add(delay)
		if at.Before(to.latest) {
			at = to.latest
		}
		to.latest = at
		l.sent++
		l.flying.push(flight{at: at, seq: l.sent, to: to, dev: dev, packet: p})
	}
}

// Inject hands a packet to a router as if it had come in on dev.
func (l *LAN) Inject(to *Router, dev string, p vrouter.Packet) {
	to.receive(flight{at: l.now, to: to, dev: dev, packet: p})
}
