// Package lvs decides services, destinations, weights and quorum from check results, without doing any of it.
//
// A Table holds what every checker says and what the kernel was asked for. After each event it works out what the kernel
// should have and asks for the difference, so that the order in which things happen cannot matter.
package lvs

import (
	"net/netip"
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

const (
	// comparePeriod is how often the kernel's table is compared with what it should be.
	comparePeriod = 10 * time.Second
	// compareShare is how many times as long as a comparison has taken it takes until the next one, at least: with very many
	// servers it is a fiftieth of what the machine can do.
	compareShare = 50
	// retryPeriod is when it is compared after the kernel has refused something.
	retryPeriod = time.Second
)

// Table is the state of all virtual servers.
type Table struct {
	cfg      *conf.Config
	services []*service
	users    map[ServiceKey][]*service // in the order of the configuration: several share the marks of a group
	kernel   map[ServiceKey]*asked
	checks   map[CheckID]*checker
	local    map[netip.Addr]bool
	files    map[string]int // the numbers in them
	lastID   CheckID
	deadline time.Time
	running  bool
	doomed   map[ServiceKey]bool // services that the kernel has refused to take away
	marks    marks
	foreign  int // changes of others that the comparison under way has found

	now  time.Time
	acts []Action
}

// asked is what the kernel was asked for, or has shown to have.
type asked struct {
	service Service
	dests   map[DestKey]setting
	refused string // the last error; it is said once
}

// service is a virtual server.
type service struct {
	conf    *conf.VirtualServer
	title   string
	mark    uint32 // what the firewall gives to the packets of its group; 0: nothing
	keys    []ServiceKey
	servers []*server
	quorum  bool // there are enough live servers
	known   bool // quorum has been worked out once
	resting bool // ha_suspend: none of the addresses is on this host
	twins   bool // several of its servers, or the sorry server, are one destination
}

// server is a real server.
type server struct {
	conf   *conf.RealServer
	vs     *service
	key    DestKey
	shift  int // what a manager has added to what configuration and checkers say
	weight int
	up     bool
	checks []*checker
}

// checker is one checker of a real server.
type checker struct {
	id     CheckID
	conf   *conf.Check
	server *server
	up     bool
	known  bool // up is from before it was started
	heard  bool // there was a result
	adjust int
}

// New returns a table that waits for Start.
func New(c *conf.Config) *Table {
	return &Table{cfg: c, users: map[ServiceKey][]*service{}, kernel: map[ServiceKey]*asked{}, checks: map[CheckID]*checker{},
		local: map[netip.Addr]bool{}, files: map[string]int{}, doomed: map[ServiceKey]bool{}}
}

// Deadline returns when Timeout is due; zero means never.
func (t *Table) Deadline() time.Time { return t.deadline }

// Step tells the table that ev happened at now and appends what must be done, in order, to acts.
func (t *Table) Step(now time.Time, ev Event, acts []Action) []Action {
	t.now, t.acts = now, acts
	switch ev.Kind {
	case Start:
		t.start(ev.Kernel)
	case Ready:
		t.acts = slices.Grow(t.acts, 2*len(t.checks)+1)
		t.beginChecks(nil)
	case Result:
		t.result(&ev)
	case Reload:
		t.reload(ev.Config)
	case Stop:
		t.stop()
	case Failed:
		t.failed(&ev)
	case Observed:
		t.observed(&ev)
	case Address:
		t.address(ev.Addr, ev.Up)
	case File:
		t.file(ev.Name, ev.Number)
	case Weigh:
		t.weigh(ev.RealServer, ev.Number)
	case Timeout:
		if t.running && !now.Before(t.deadline) {
			t.deadline = now.Add(comparePeriod)
			t.do(Action{Kind: Compare})
		}
	}
	acts, t.acts = t.acts, nil
	return acts
}

func (t *Table) do(a Action) { t.acts = append(t.acts, a) }

func (t *Table) log(text string) { t.do(Action{Kind: Log, Text: text}) }

// start programs all services as if every server without alpha were well.
func (t *Table) start(kernel []Programmed) {
	t.do(Action{Kind: Log, Level: Debug, Text: "Initializing ipvs"})
	t.running, t.deadline = true, t.now.Add(comparePeriod)
	if t.cfg.Global.LVS.Flush {
		t.do(Action{Kind: Flush})
		kernel = nil
	}
	t.marks.adopt(t.cfg, true)
	t.services = make([]*service, 0, len(t.cfg.VirtualServers))
	t.checks = make(map[CheckID]*checker, countChecks(t.cfg))
	for _, v := range t.cfg.VirtualServers {
		t.services = append(t.services, t.newService(v))
	}
	t.index()
	t.learn(kernel)
	t.makeRoom()
	for _, s := range t.services {
		t.initNotifies(s)
		if !t.updateQuorum(s, true) {
			t.sync(s)
		}
	}
	t.syncMarks()
}

func countChecks(c *conf.Config) (n int) {
	for _, v := range c.VirtualServers {
		for _, s := range v.Servers {
			n += len(s.Checks)
		}
	}
	return n
}

// makeRoom has the actions of a start fit: a few for each service, and a destination for each server.
func (t *Table) makeRoom() {
	n := 8
	for _, s := range t.services {
		n += 3 + len(s.servers)*len(s.keys)
	}
	t.acts = slices.Grow(t.acts, n)
}

// initNotifies tells of the servers that are taken to be up, where that is wanted.
func (t *Table) initNotifies(s *service) {
	if !t.cfg.Global.LVS.InitNotifies {
		return
	}
	told := 0
	for _, r := range s.servers {
		if r.up {
			told++
			t.tellServer(r)
			t.trap(Change{Service: s.conf, Server: r.conf, Alive: true, Up: told})
		}
	}
}

// beginChecks starts the checkers that are not running yet, and names all of them.
func (t *Table) beginChecks(running map[CheckID]bool) {
	for _, s := range t.services {
		for _, r := range s.servers {
			for _, c := range r.checks {
				if c.watches() {
					continue
				}
				word := "Activating"
				if s.resting {
					word = "Deactivating"
				}
				title := r.title()
				t.log(word + " healthchecker for service " + title + " for VS " + s.title)
				if running[c.id] {
					continue
				}
				t.do(Action{Kind: StartCheck, Check: c.id, Checker: c.conf, Server: title, Virtual: s.title, Known: c.known, Up: c.up, Added: running != nil})
				if s.resting {
					t.do(Action{Kind: SuspendCheck, Check: c.id})
				}
			}
		}
	}
	t.log("Activating BFD healthchecker")
}

// stop takes the services away, and tells of it where omega says so.
func (t *Table) stop() {
	if !t.running {
		return
	}
	how := t.cfg.Global.LVS.FlushOnStop
	for _, s := range t.services {
		for _, r := range s.servers {
			if how != conf.FlushNothing {
				break
			}
			t.shutDown(s, r)
		}
		if s.conf.Omega && s.quorum {
			s.quorum = false
			t.tellService(s, "Shutting down")
		}
		t.trapQuorum(s, true)
	}
	if how == conf.FlushAll {
		t.do(Action{Kind: Flush})
		clear(t.kernel)
	}
	for _, s := range t.services {
		for _, k := range s.keys {
			t.drop(k)
		}
	}
	t.running, t.deadline = false, time.Time{}
	t.services = nil
}

func (t *Table) shutDown(s *service, r *server) {
	what := "Shutting down "
	if !r.up && r.conf.Inhibit {
		what += "(inhibited) "
	}
	t.log(what + "service " + r.title() + " from VS " + s.title)
	if !r.up {
		return
	}
	r.up = false
	if s.pooled() && s.conf.Omega {
		t.tellServer(r)
		t.mailServer(r, false, "Shutting down")
	}
	t.trapServer(r)
}
