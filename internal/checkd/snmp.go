package checkd

import (
	"errors"
	"time"

	"github.com/keepalived-go/keepalived/internal/agentx"
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/snmp"
)

// SNMP is what the command line says of the subagent; the configuration may say more.
type SNMP struct {
	Enable    bool
	Socket    string // goes before that of the configuration
	Version   string // of the daemon, as the MIB has it
	Namespace string // that the daemon runs in; empty: that it was started in
}

const (
	// snapshotAge is how old a snapshot may be when the table has changed since: while servers come and go by the hundred the
	// loop makes ten a second at most.
	snapshotAge = 100 * time.Millisecond
	// loopTime is how long the agent waits for the loop.
	loopTime = 2 * time.Second
)

// snapshot is the state of the table that the agent answers from.
type snapshot struct {
	config   *conf.Config
	services []lvs.ServiceStatus
}

// question is what the agent asks of the loop: to set weights, and for a snapshot. The loop alone touches the table.
type question struct {
	weights []weighing
	answer  chan<- *snapshot // holds one; nil when a weight could not be set
}

// weighing is a weight for a server of a configuration.
type weighing struct {
	server *conf.RealServer
	weight int
}

// managed is the loop's side of the subagent. A nil one is that of a child without SNMP.
type managed struct {
	agent     *agentx.Agent
	answers   *answers // the agent's, until that is closed
	socket    string
	questions chan question
	over      chan struct{} // closed when the loop listens no more
	last      *snapshot
	taken     time.Time // when last was
	changed   bool      // something has happened since
	losing    bool      // the last notification was lost
}

// asked returns the channel of the agent's questions; nil, on which nothing comes, without SNMP.
func (m *managed) asked() <-chan question {
	if m == nil {
		return nil
	}
	return m.questions
}

// runSNMP starts or ends the subagent as the configuration says.
func (d *daemon) runSNMP() {
	wanted := d.SNMP.Enable || d.Config.Global.SNMP.Checker
	socket := d.Config.Global.SNMP.Socket
	if d.SNMP.Socket != "" {
		if wanted && socket != "" {
			d.log.Info("SNMP socket already set to " + d.SNMP.Socket + " - ignoring " + socket)
		}
		socket = d.SNMP.Socket
	}
	if d.snmp != nil && (!wanted || d.snmp.socket != socket) {
		d.closeSNMP()
	}
	switch {
	case !wanted:
	case d.snmp == nil:
		d.snmp = d.startSNMP(socket)
	default:
		d.snmp.changed = true
	}
}

func (d *daemon) startSNMP(socket string) *managed {
	d.log.Info("Starting SNMP subagent")
	open, namespace := d.Open, d.Config.Global.LVS.NetNamespace
	m := &managed{socket: socket, questions: make(chan question), over: make(chan struct{})}
	m.answers = &answers{loop: m.questions, over: m.over, version: d.SNMP.Version, namespace: d.SNMP.Namespace,
		counters: counters{open: func() (ipvs.Client, error) { return open(namespace) }}}
	m.agent = agentx.Start(agentx.Config{
		Socket: socket, Dial: agentx.Dial, ID: snmp.Root(), Description: "Keepalived", Log: d.log.Info,
		Subtrees: []agentx.Subtree{{ID: snmp.GlobalOID(), Description: "The MIB module for Keepalived"},
			{ID: snmp.CheckOID(), Description: "The MIB module for Healthchecker"}},
		Source: m.answers,
	})
	return m
}

// closeSNMP takes leave of the master agent. One that does not listen holds this up for a second.
func (d *daemon) closeSNMP() {
	if d.snmp != nil {
		close(d.snmp.over)
		d.snmp.agent.Close()
		d.snmp.answers.counters.close()
		d.snmp = nil
	}
}

// reply answers a question of the agent.
func (d *daemon) reply(q question) {
	m := d.snmp
	for _, w := range q.weights {
		if !d.has(w.server) {
			q.answer <- nil // a reload has taken it away
			return
		}
	}
	for _, w := range q.weights {
		d.step(lvs.Event{Kind: lvs.Weigh, RealServer: w.server, Number: w.weight})
		m.last = nil
	}
	if m.last == nil || m.changed && d.now.Sub(m.taken) >= snapshotAge {
		m.last, m.taken, m.changed = &snapshot{d.Config, d.table.Status()}, d.now, false
	}
	q.answer <- m.last
}

// has tells whether a server is of the configuration in force.
func (d *daemon) has(r *conf.RealServer) bool {
	for _, v := range d.Config.VirtualServers {
		for _, s := range v.Servers {
			if s == r {
				return true
			}
		}
	}
	return false
}

// trap tells managers of a change.
func (d *daemon) trap(c *lvs.Change) {
	if d.snmp == nil {
		return
	}
	router := d.Config.Global.RouterID
	sent := d.snmp.agent.Notify(func() snmp.Notification { return notification(c, router) })
	if !sent && !d.snmp.losing {
		d.log.Log(log.Warning, "SNMP notifications are lost: the master agent does not take them fast enough")
	}
	d.snmp.losing = !sent
}

func notification(c *lvs.Change, router string) snmp.Notification {
	about := snmp.Change{Service: c.Service, Up: c.Up, RouterID: router}
	switch {
	case c.Server != nil:
		return snmp.ServerChange(about, c.Server, c.Alive)
	case c.Shutdown:
		return snmp.QuorumChange(about, snmp.QuorumShutdown)
	case c.Quorum:
		return snmp.QuorumChange(about, snmp.QuorumMet)
	}
	return snmp.QuorumChange(about, snmp.QuorumNotMet)
}

// answers is the agent's side: it has the objects, which it works out from the loop's snapshots and the kernel's counters.
type answers struct {
	loop               chan<- question
	over               <-chan struct{}
	version, namespace string
	snapshot           *snapshot
	checkers           *snmp.Checkers
	view               snmp.View
	counters           counters
}

var _ agentx.Source = (*answers)(nil)

// errBusy means that the loop has had no time.
var errBusy = errors.New("the checkers do not answer")

// ask asks the loop.
func (a *answers) ask(weights []weighing) (*snapshot, error) {
	timer := time.NewTimer(loopTime)
	defer timer.Stop()
	answer := make(chan *snapshot, 1)
	select {
	case a.loop <- question{weights, answer}:
		return <-answer, nil
	case <-a.over:
		return nil, errBusy
	case <-timer.C:
		return nil, errBusy
	}
}

// View returns the objects.
func (a *answers) View() (snmp.View, error) {
	s, err := a.ask(nil)
	if err != nil {
		return snmp.View{}, err
	}
	a.use(s)
	return a.view, nil
}

// use works out the objects of a snapshot, unless they are those of the last one.
func (a *answers) use(s *snapshot) {
	if s == a.snapshot {
		return
	}
	a.snapshot = s
	g := &s.config.Global
	a.counters.configure(&g.SNMP, s.services)
	a.checkers = &snmp.Checkers{General: snmp.General{Version: a.version, Namespace: a.namespace, Global: g},
		Groups: s.config.Groups, Services: servicesOf(s.services), Counters: &a.counters}
	a.view = a.checkers.View()
}

func servicesOf(all []lvs.ServiceStatus) []snmp.Service {
	out := make([]snmp.Service, len(all))
	for i, s := range all {
		out[i] = snmp.Service{Conf: s.Conf, Quorum: s.Quorum, Servers: make([]snmp.Server, len(s.Servers))}
		for j, r := range s.Servers {
			failed := 0
			for _, c := range r.Checks {
				if !c.Up {
					failed++
				}
			}
			out[i].Servers[j] = snmp.Server{Conf: r.Conf, Weight: r.Weight, Up: r.Up, Failed: failed}
		}
	}
	return out
}

// Test looks at what is to be set.
func (a *answers) Test(binds []snmp.VarBind) (agentx.Set, int, snmp.Status) {
	if _, err := a.View(); err != nil {
		return nil, 0, snmp.GenErr
	}
	set := &weights{answers: a}
	for i, b := range binds {
		w, status := a.checkers.Weigh(b)
		if status != snmp.NoError {
			return nil, i, status
		}
		of := a.checkers.Services[w.Service].Servers[w.Server]
		set.new = append(set.new, weighing{of.Conf, w.Weight})
		set.old = append(set.old, weighing{of.Conf, of.Weight})
	}
	return set, 0, snmp.NoError
}

// weights is what a manager sets, and what was there before.
type weights struct {
	*answers
	new, old []weighing
}

// Commit sets the weights.
func (w *weights) Commit() bool { return w.put(w.new) }

// Undo sets those that were there.
func (w *weights) Undo() bool { return w.put(w.old) }

func (w *weights) put(list []weighing) bool {
	s, err := w.ask(list)
	return err == nil && s != nil
}
