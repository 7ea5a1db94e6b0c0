// Package linkbeat polls whether interfaces have a link, for drivers that do not tell the kernel when it changes.
package linkbeat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// every is how often an interface is looked at.
const every = time.Second

// Report says how the link of an interface is: for the first time, or because it has changed.
type Report struct {
	Name string
	Up   bool
}

// Outlet is where a Poller leaves what it finds. Its methods are called from several goroutines and must not block.
type Outlet interface {
	// Report hands a change over.
	Report(Report)
	// Log writes a line.
	Log(text string)
}

// device is where the state of a link is read.
type device interface {
	// Link tells whether the interface is up and has a link. The error is errNoDevice when there is no such interface, and
	// errUnsupported when its driver cannot be asked in this way.
	Link(name string, how conf.LinkPoll) (up bool, err error)
}

var (
	errNoDevice    = errors.New("no such interface")
	errUnsupported = errors.New("not supported by the driver")
)

// Poller polls interfaces. Its methods are for one goroutine. What a driver takes its time for is waited for elsewhere,
// one goroutine an interface.
type Poller struct {
	out     Outlet
	dev     device
	running sync.WaitGroup
	watches map[string]*watch
}

// watch is one interface that is polled.
type watch struct {
	name   string
	how    conf.LinkPoll // as the configuration wants it
	cancel context.CancelFunc
	ready  chan struct{} // closed after the first look
}

// New returns a Poller that polls nothing yet.
func New(out Outlet) *Poller { return &Poller{out: out, dev: machine{}, watches: map[string]*watch{}} }

// Apply polls these interfaces and no others; those of which nothing changes are polled on.
func (p *Poller) Apply(links map[string]conf.LinkPoll) {
	maps.DeleteFunc(p.watches, func(name string, w *watch) bool {
		how, wanted := links[name]
		if wanted && how == w.how {
			return false
		}
		w.cancel()
		return true
	})
	for name, how := range links {
		if p.watches[name] == nil {
			p.start(name, how)
		}
	}
}

func (p *Poller) start(name string, how conf.LinkPoll) {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{name: name, how: how, cancel: cancel, ready: make(chan struct{})}
	p.watches[name] = w
	p.running.Add(1)
	go func() {
		defer p.running.Done()
		defer cancel()
		p.run(ctx, w)
	}()
}

// Settle waits until every interface has been looked at once, or ctx ends.
func (p *Poller) Settle(ctx context.Context) {
	for _, w := range p.watches {
		select {
		case <-w.ready:
		case <-ctx.Done():
		}
	}
}

// Close ends the polling and waits for its end.
func (p *Poller) Close() {
	p.Apply(nil)
	p.running.Wait()
}

// run looks at one interface until ctx ends.
func (p *Poller) run(ctx context.Context, w *watch) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	b := beat{name: w.name, want: w.how}
	look := func() {
		changed := b.look(p.dev, p.out.Log)
		if changed && ctx.Err() == nil { // else someone else may poll it by now
			p.out.Report(Report{b.name, b.up})
		}
	}
	look()
	close(w.ready)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			look()
		}
	}
}

// beat is what is known of a link.
type beat struct {
	name      string
	want, how conf.LinkPoll // how: what the driver supports; PollAny: not known
	up, known bool
}

// look reads the link and tells whether it has changed or is known for the first time. While an interface is away its
// link is down, and another driver may come with it.
func (b *beat) look(dev device, log func(string)) (changed bool) {
	if b.how == conf.PollAny {
		b.choose(dev, log)
	}
	up, err := dev.Link(b.name, b.how)
	if err != nil {
		b.how, up = conf.PollAny, false
	}
	if b.known && b.up == up {
		return false
	}
	b.up, b.known = up, true
	return true
}

// choose settles how the interface is polled: as it is wanted, else in the first way that its driver supports.
func (b *beat) choose(dev device, log func(string)) {
	ways := []conf.LinkPoll{conf.PollMII, conf.PollEthtool}
	if b.want != conf.PollAny {
		ways = append([]conf.LinkPoll{b.want}, ways...)
	}
	b.how = conf.PollIOCTL // every interface has flags
	for _, how := range ways {
		_, err := dev.Link(b.name, how)
		if errors.Is(err, errNoDevice) {
			return
		}
		if err == nil {
			b.how = how
			break
		}
	}
	if b.want != conf.PollAny && b.want != b.how {
		log(fmt.Sprintf("(%s): Configured linkbeat type %s not supported, using %s", b.name, b.want, b.how))
		b.want = b.how // said once
	}
}
