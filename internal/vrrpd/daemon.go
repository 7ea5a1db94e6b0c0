// Package vrrpd is the VRRP child: it feeds the state machine and carries out what it says.
package vrrpd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/advert"
	"github.com/keepalived-go/keepalived/internal/announce"
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/epoll"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/linkbeat"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/netcfg"
	"github.com/keepalived-go/keepalived/internal/netmon"
	"github.com/keepalived-go/keepalived/internal/notify"
	"github.com/keepalived-go/keepalived/internal/track"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// Deps are what the child is given.
type Deps struct {
	Config  *conf.Config
	Log     *log.Logger
	Control *control.Conn
	Signals <-chan os.Signal
	// Read builds the configuration that a reload hands over in a file, and closes the file.
	Read func(*os.File) (*conf.Config, error)
	// Raise gives the process this real-time priority (1..99).
	Raise func(priority int) error
	// Label tells this daemon from others on the machine: its namespace and instance.
	Label string
	// KeepAddrs leaves the addresses in place at a stop.
	KeepAddrs bool
	// HasChecker tells whether the daemon has a checker child for a configuration.
	HasChecker func(*conf.Config) bool
	// LogAddrs has every change of an address on this machine logged.
	LogAddrs bool
}

// token names what a poller watches: the fixed ones here, listeners from firstListener on.
type token = epoll.Token

const (
	tokenControl token = iota
	tokenNetlink
	firstListener
)

// daemon is the event loop and everything that it owns. Only the loop's goroutine touches it.
type daemon struct {
	Deps
	log     *log.Logger
	poll    *epoll.Poller
	kernel  *netcfg.Linux
	mon     *netmon.Monitor
	tx      *advert.Sender
	arp     *announce.Sender
	notify  *notify.Notifier
	sync    *ipvs.Follower // nil: no sync daemon has been wanted so far
	watcher *track.Watcher
	poller  *linkbeat.Poller
	set     *vrouter.Set
	groups  map[string]*conf.SyncGroup

	routers   map[vrouter.ID]*router
	listeners map[wire]*listener
	byToken   map[int]*listener
	nextToken int
	vips      map[addrOn]bool // the addresses of all instances but owners
	links     map[string]vrouter.Link
	beats     map[string]bool // the links that are polled: whether they are up
	held      map[addrOn]held
	out       outbox
	pieceLen  int
	announces announce.Queue
	repeats   []repeat

	now                 time.Time // of this turn of the loop
	inbox               inbox
	routing             routing
	restored, restoreAt time.Time            // when what is static was put back last, and is to be
	linkDue             map[string]time.Time // interfaces whose change is held back
	startAt             time.Time            // when a delayed start is due; zero: started
	priority            int                  // real-time; 0: none
	stopping            bool
	reports             sync.WaitGroup  // files that are being written
	pending             []vrouter.Event // failures, to be handled after the actions that are under way

	// Memory that is used anew in each turn.
	acts     []vrouter.Action
	lines    []vrouter.Action // of kind Log
	events   []netmon.Event
	messages []message
	ids      []vrouter.ID
	pieces   []piece
	addrs    []netcfg.Addr
	owners   []*piece
	targets  []announce.Target
	packet   advert.Packet
	vpacket  vrouter.Packet
}

// Run runs the VRRP child until ctx ends, SIGTERM comes or the parent is gone; masters resign then and release their
// addresses. An error means that the child cannot go on.
func Run(ctx context.Context, deps Deps) error {
	d := &daemon{Deps: deps, log: deps.Log, routers: map[vrouter.ID]*router{}, listeners: map[wire]*listener{},
		byToken: map[int]*listener{}, nextToken: int(firstListener), links: map[string]vrouter.Link{}, beats: map[string]bool{},
		held: map[addrOn]held{}, linkDue: map[string]time.Time{}, routing: newRouting(), pieceLen: firstPiece}
	if err := d.open(); err != nil {
		d.close()
		return err
	}
	defer d.close()
	stop := context.AfterFunc(ctx, func() { d.inbox.post(message{signal: unix.SIGTERM}) })
	defer stop()
	quit := make(chan struct{})
	forwarded := make(chan struct{})
	go d.forward(quit, forwarded)
	defer func() { close(quit); <-forwarded }()
	d.begin()
	return d.loop()
}

// open opens everything that the child works with.
func (d *daemon) open() (err error) {
	g := &d.Config.Global
	if d.poll, err = epoll.New(); err != nil {
		return err
	}
	d.inbox.wake = d.poll.Wake
	d.detail("Registering Kernel netlink reflector")
	d.detail("Registering Kernel netlink command channel")
	if d.kernel, err = netcfg.Open(g.CommandRcvBuf, g.CommandRcvBufForce); err != nil {
		return err
	}
	if d.mon, err = netmon.Open(g.MonitorRcvBuf, g.MonitorRcvBufForce, d.kernel.PortID()); err != nil {
		return err
	}
	if d.tx, err = advert.OpenSender(); err != nil {
		return err
	}
	d.detail("Registering gratuitous ARP shared channel")
	if d.arp, err = announce.OpenSender(); err != nil {
		return err
	}
	fd, err := d.Control.FD()
	if err != nil {
		return err
	}
	d.notify = notify.New(g.ScriptUser, d.log.Info)
	d.poller = linkbeat.New(beats{d})
	return errors.Join(d.poll.Add(fd, tokenControl), d.poll.Add(d.mon.FD(), tokenNetlink))
}

// detail logs what is of interest with --log-detail only.
func (d *daemon) detail(text string) {
	if d.log.Detailed() {
		d.log.Info(text)
	}
}

// close releases what open and wire have opened, as far as they came.
func (d *daemon) close() {
	if d.sync != nil {
		d.sync.Close()
	}
	d.reports.Wait()
	for _, l := range d.listeners {
		l.Close()
	}
	if d.watcher != nil {
		d.watcher.Close()
	}
	if d.poller != nil {
		d.poller.Close()
	}
	if d.notify != nil {
		d.notify.Close(stopScripts)
	}
	if d.arp != nil {
		d.arp.Close()
	}
	if d.tx != nil {
		d.tx.Close()
	}
	if d.mon != nil {
		d.mon.Close()
	}
	if d.kernel != nil {
		d.kernel.Close()
	}
	if d.poll != nil {
		d.poll.Close()
	}
}

// stopScripts is how long the notify_stop scripts have to finish.
const stopScripts = time.Second

// forward hands signals to the loop and wakes it.
func (d *daemon) forward(quit <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	for {
		select {
		case sig := <-d.Signals:
			d.inbox.post(message{signal: sig})
		case <-quit:
			return
		}
	}
}

// begin starts the state machine, or has it started after the configured delay.
func (d *daemon) begin() {
	d.now = time.Now()
	d.set = vrouter.NewSet(d.Config, vrouter.Options{Detail: d.log.Detailed()})
	d.groups = groupsOf(d.Config)
	d.setStatics(d.Config)
	for !d.out.empty() { // before the instances look for their addresses
		d.workOutbox()
	}
	d.adopt(d.Config)
	d.startTracking()
	if delay := startupDelay(&d.Config.Global); delay > 0 {
		d.log.Info(fmt.Sprintf("Delaying startup for %g seconds", delay.Seconds()))
		d.startAt = d.now.Add(delay)
	} else {
		d.step(vrouter.Event{Kind: vrouter.Start})
	}
	d.writeLines()
	if err := d.Control.Send(control.Started, -1); err != nil {
		d.log.Info(err.Error())
	}
}

// startupDelay returns how long the configuration wants the start to wait: a fixed time, or until the system has been up
// for long enough.
func startupDelay(g *conf.Global) time.Duration {
	delay := g.StartupDelay
	var now unix.Timespec
	if g.DelayAfterBoot > 0 && unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) == nil {
		delay = max(delay, g.DelayAfterBoot-time.Duration(now.Nano()))
	}
	return delay
}

// adopt makes everything around the state machine fit the configuration that is in force.
func (d *daemon) adopt(c *conf.Config) {
	d.Config = c
	clear(d.linkDue) // what is held back is looked at anew
	d.notify.Configure(pipesOf(c, d.HasChecker(c)))
	d.pace(c)
	d.vips = map[addrOn]bool{}
	for _, inst := range c.Instances {
		if inst.Priority == ownerPriority {
			continue // its addresses are the machine's own
		}
		for _, list := range [][]conf.Address{inst.Addrs, inst.ExcludedAddrs} {
			for i := range list {
				p := piece{job: job{ifname: inst.Interface}, addr: &list[i]}
				d.vips[addrOn{p.dev(), list[i].Prefix.Addr()}] = true
			}
		}
	}
	d.pollLinks(c)
	d.wire()
	d.tellLinks()
	d.tellSources()
}
