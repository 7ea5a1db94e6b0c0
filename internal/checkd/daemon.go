// Package checkd is the checker child: it feeds the table of virtual servers and carries out what that says.
package checkd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/check"
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/firewall"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/notify"
)

// Deps are what the child is given.
type Deps struct {
	Config  *conf.Config
	Log     *log.Logger
	Control *control.Conn
	Signals <-chan os.Signal
	// Read builds the configuration that a reload hands over in a file, and closes the file.
	Read func(*os.File) (*conf.Config, error)
	// Label tells several daemons of one machine apart in the names of files; empty: there is one.
	Label string
	// Open connects to the kernel's table of a network namespace, empty for this process's own.
	Open func(namespace string) (ipvs.Client, error)
	// SNMP is what the command line says of it.
	SNMP SNMP
	// Firewall returns the firewall of a network namespace, which writes to the log.
	Firewall func(namespace string, log func(text string)) firewall.Kernel
}

// daemon is the event loop and everything that it owns. Only the loop's goroutine touches it.
type daemon struct {
	Deps
	log    *log.Logger
	table  *lvs.Table
	kernel ipvs.Client
	runner *check.Runner
	notify *notify.Notifier
	vips   *addresses                 // nil: nothing asks for them
	tls    atomic.Pointer[tls.Config] // shared with the checks; nil: nothing speaks TLS
	files  *files                     // nil: nothing asks for them
	syncd  *ipvs.Follower             // nil: no sync daemon has been wanted so far
	marker *firewall.Marker           // nil: nothing is to be marked
	snmp   *managed                   // nil: there is no SNMP

	mail    chan control.Message
	dumps   chan dump
	dumping bool
	last    picture // of the table that was compared last
	seed    maphash.Seed
	changed uint64 // counts what the kernel was asked for
	now     time.Time
	acts    []lvs.Action
	events  []lvs.Event // failures, to be handled after what is under way
	stopped bool
	reports sync.WaitGroup // files that are being written
}

// dump is what a look at the kernel's table has shown.
type dump struct {
	picture
	right bool             // it is what the kernel was asked for
	table []lvs.Programmed // nil when that is of no interest: it is right, or as it was
	took  time.Duration
	err   error
}

// picture tells tables apart: by how many changes of ours came before, and by their lvs.Sum.
type picture struct{ changed, sum uint64 }

// stopScripts is how long the scripts of a stop have to finish.
const stopScripts = time.Second

// Run runs the checker child until ctx ends, SIGTERM comes or the parent is gone; the services are taken away then. An
// error means that the child cannot go on.
func Run(ctx context.Context, deps Deps) error {
	d := &daemon{Deps: deps, log: deps.Log, mail: make(chan control.Message, 16),
		dumps: make(chan dump, 1), seed: maphash.MakeSeed(), now: time.Now()}
	var err error
	if d.kernel, err = deps.Open(deps.Config.Global.LVS.NetNamespace); err != nil {
		return fmt.Errorf("IPVS: Can't initialize ipvs: %w", err)
	}
	defer d.kernel.Close()
	if d.runner, err = check.NewRunner(); err != nil {
		return err
	}
	defer d.runner.Close()
	d.notify = notify.NewForServers(deps.Config.Global.ScriptUser, func(text string) { d.log.Info(text) })
	d.notify.Configure(&deps.Config.Global)
	defer d.notify.Close(stopScripts)
	received := make(chan struct{})
	go d.receive(received)
	defer func() { d.Control.Close(); <-received }()
	if err := d.begin(); err != nil {
		return err
	}
	defer d.closeAddresses()
	defer d.reports.Wait()
	defer d.closeFiles()
	defer d.closeSync()
	defer d.closeMarks()
	defer d.closeSNMP()
	return d.loop(ctx)
}

// receive hands the parent's messages to the loop until the socket is closed.
func (d *daemon) receive(done chan<- struct{}) {
	defer close(done)
	defer close(d.mail)
	for {
		m, err := d.Control.Receive()
		if errors.Is(err, control.ErrClosed) {
			return
		}
		if err == nil {
			d.mail <- m
		}
	}
}

// begin programs what the configuration says and starts the checkers.
func (d *daemon) begin() error {
	d.table = lvs.New(d.Config)
	if err := d.setTLS(); err != nil {
		return err
	}
	if g := &d.Config.Global.LVS; g.CommandRcvBuf > 0 {
		if err := d.kernel.SetReadBuffer(g.CommandRcvBuf, g.CommandRcvBufForce); err != nil {
			d.log.Log(log.Err, err.Error())
		}
	}
	d.setTimeouts()
	have, err := ipvs.Dump(d.kernel)
	if err != nil {
		return err
	}
	d.watchAddresses()
	d.runSync()
	d.watchFiles()
	d.runSNMP()
	d.step(lvs.Event{Kind: lvs.Start, Kernel: have})
	d.carryOut()
	d.step(lvs.Event{Kind: lvs.Ready})
	d.carryOut()
	if err := d.Control.Send(control.Started, -1); err != nil {
		d.log.Info(err.Error())
	}
	d.save()
	return nil
}

// save ends what suits a start or a reload, which makes garbage as long as it lasts: most of what is in use from here on stays
// as long as the configuration.
func (d *daemon) save() {
	debug.FreeOSMemory() // what reading the configuration has taken
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetGCPercent(max(leastPercent, int(leastGarbage*100/m.HeapAlloc)))
}

// The garbage that is let be: in percent of what is in use, and in bytes. Checks hardly make any. That of a reload is let be
// until it is done, unless it is several times what is in use.
const leastPercent, leastGarbage, reloadPercent = 20, 2 << 20, 400

// ErrSSL means that the files of the SSL block cannot be used: keepalived does not start its checkers without them.
var ErrSSL = errors.New("cannot initialize SSL")

// setTLS loads what SSL_GET needs, when something uses it.
func (d *daemon) setTLS() error {
	for _, v := range d.Config.VirtualServers {
		for _, s := range v.Servers {
			if !slices.ContainsFunc(s.Checks, func(c *conf.Check) bool { return c.Kind == "SSL_GET" }) {
				continue
			}
			c, err := check.NewTLS(d.Config.SSL)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrSSL, err)
			}
			d.tls.Store(c)
			return nil
		}
	}
	return nil
}

func (d *daemon) setTimeouts() {
	g := &d.Config.Global.LVS
	if g.TCPTimeout == 0 && g.TCPFinTimeout == 0 && g.UDPTimeout == 0 {
		return
	}
	if err := d.kernel.SetTimeouts(g.TCPTimeout, g.TCPFinTimeout, g.UDPTimeout); err != nil {
		d.log.Log(log.Err, err.Error())
	}
}

// loop turns until the child has stopped.
func (d *daemon) loop(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for !d.stopped {
		timer.Reset(d.wait())
		select {
		case <-ctx.Done():
			d.stop()
		case sig := <-d.Signals:
			d.signal(sig)
		case m, ok := <-d.mail:
			d.message(m, ok)
		case res := <-d.runner.Results():
			d.now = time.Now()
			d.finish(res)
			d.finishMore()
		case <-d.runner.Ready():
		case u := <-d.dumps:
			d.observed(u)
		case <-d.vips.readable():
			d.readAddresses()
		case <-d.files.changed():
			d.readFiles()
		case q := <-d.snmp.asked():
			d.now = time.Now()
			d.reply(q)
		case <-timer.C:
		}
		d.answerParent()
		if d.stopped {
			break
		}
		d.now = time.Now()
		for _, res := range d.runner.Advance(d.now) {
			d.finish(res)
		}
		if t := d.table.Deadline(); !t.IsZero() && !d.now.Before(t) {
			d.step(lvs.Event{Kind: lvs.Timeout})
		}
		d.carryOut()
	}
	return nil
}

// answerParent looks for messages that select may have passed over: a child that has more to do than it can is still alive.
func (d *daemon) answerParent() {
	if d.stopped {
		return
	}
	select {
	case m, ok := <-d.mail:
		d.message(m, ok)
	default:
	}
}

// wait returns how long the loop may sleep.
func (d *daemon) wait() time.Duration {
	first := d.runner.Deadline()
	if t := d.table.Deadline(); first.IsZero() || !t.IsZero() && t.Before(first) {
		first = t
	}
	if first.IsZero() {
		return time.Hour
	}
	return time.Until(first)
}

// finishMore takes in what else has come in, so that its changes go to the kernel together.
func (d *daemon) finishMore() {
	for range 256 {
		select {
		case res := <-d.runner.Results():
			d.finish(res)
		default:
			return
		}
	}
}

// finish takes in the result of a check.
func (d *daemon) finish(res check.Result) {
	if res.Stack != "" {
		d.log.Log(log.Err, fmt.Sprintf("%v\n%s", res.Err, res.Stack))
	}
	v, ok := d.runner.Finish(d.now, res)
	id := lvs.CheckID(res.ID)
	c := d.table.Checker(id)
	if !ok || c == nil || !v.Unasked && !v.Regain && !v.Tell && v.Err == nil {
		return // as it was, mostly
	}
	server, virtual := d.table.Titles(id)
	switch {
	case v.Unasked:
		for _, line := range check.Unable(c, v, server) {
			d.log.Info(line)
		}
		return
	case v.Regain:
		d.log.Info(check.Regained(c, v, server))
	}
	if !v.Tell && v.Err == nil {
		return // as it was
	}
	line, mail := check.Words(c, v, server, virtual)
	switch {
	case v.Tell:
		d.step(lvs.Event{Kind: lvs.Result, Check: id, Up: v.Up, Adjust: v.Adjust, Text: line, Mail: mail})
	case line != "":
		d.log.Info(line)
	}
}

func (d *daemon) signal(sig os.Signal) {
	switch sig {
	case unix.SIGTERM, unix.SIGINT:
		d.stop()
	case unix.SIGHUP:
		d.log.Info("Reloading") // by the copy that is in force already: nothing changes
	case unix.SIGUSR1:
		d.writeData()
	} // counters and JSON are what the VRRP child has

}

func (d *daemon) message(m control.Message, ok bool) {
	switch {
	case !ok:
		d.log.Log(log.Err, "the parent process is gone")
		d.stop()
	case m.Kind == control.Ping:
		_ = d.Control.Send(control.Pong, -1) // the next one will do
	case m.Kind == control.Reload:
		d.reload(os.NewFile(uintptr(m.FD), "config"))
	}
}

// reload puts a new configuration in force. One that cannot be read changes nothing.
func (d *daemon) reload(f *os.File) {
	d.log.Info("Reloading")
	debug.SetGCPercent(reloadPercent)
	defer d.save()
	c, err := d.Read(f)
	if err != nil {
		d.log.Log(log.Err, "cannot read the new configuration: "+err.Error())
	} else {
		d.now, d.Config = time.Now(), c
		d.notify.Configure(&c.Global)
		d.setTimeouts()
		if err := d.setTLS(); err != nil {
			d.log.Log(log.Err, err.Error()+" - going on with what there was")
		}
		d.watchAddresses()
		d.runSync()
		d.watchFiles()
		d.runSNMP()
		d.step(lvs.Event{Kind: lvs.Reload, Config: c})
		d.carryOut()
	}
	if err := d.Control.Send(control.Reloaded, -1); err != nil {
		d.log.Info(err.Error())
	}
}

// stop takes the services away and ends the loop.
func (d *daemon) stop() {
	if d.stopped {
		return
	}
	d.step(lvs.Event{Kind: lvs.Stop})
	d.carryOut()
	d.stopped = true
}

// observed compares the kernel's table with what it should be. A picture that changes of ours have overtaken is of no use.
func (d *daemon) observed(u dump) {
	d.dumping = false
	switch {
	case u.err != nil:
		d.log.Log(log.Err, u.err.Error())
	case u.changed == d.changed:
		same := d.last == u.picture
		d.last = u.picture
		d.step(lvs.Event{Kind: lvs.Observed, Kernel: u.table, Right: u.right, Same: same, Took: u.took})
	}
}

// compare looks at the kernel's table beside the loop.
func (d *daemon) compare() {
	if d.dumping {
		return
	}
	d.dumping = true
	l := look{open: d.Open, namespace: d.Config.Global.LVS.NetNamespace, seed: d.seed, changed: d.changed, asked: d.table.Sum(d.seed), last: d.last}
	go func() {
		begun := time.Now()
		u := dump{picture: picture{changed: l.changed}}
		u.err = l.at(&u)
		u.took = time.Since(begun) - l.rested
		d.dumps <- u
	}()
}

// look is a look at the kernel's table, by its sum first: neither it nor the loop has the memory or the time to go through ten
// thousand servers that are as they should be, or as they were.
type look struct {
	open      func(namespace string) (ipvs.Client, error)
	namespace string
	seed      maphash.Seed
	changed   uint64
	asked     uint64 // the sum of what the kernel was asked for
	last      picture
	seen      int
	rested    time.Duration
}

// looksAtOnce is how many services a look goes through without rest. On the one processor of this process the checks would have
// theirs only when the runtime's patience ends otherwise, every 10 ms.
const looksAtOnce = 8

// rest lets the loop and its checks go on.
func (l *look) rest() {
	if l.seen++; l.seen%looksAtOnce == 0 {
		begun := time.Now()
		time.Sleep(time.Millisecond)
		l.rested += time.Since(begun)
	}
}

func (l *look) at(u *dump) error {
	c, err := l.open(l.namespace)
	if err != nil {
		return err
	}
	defer c.Close()
	sum := lvs.NewSum(l.seed)
	if err := c.Walk(func(p lvs.Programmed) { sum.Add(p); l.rest() }); err != nil {
		return err
	}
	u.sum, u.right = sum.Value(), sum.Value() == l.asked
	if u.right || u.picture == l.last {
		return nil
	}
	u.table, err = ipvs.Dump(c)
	return err
}
