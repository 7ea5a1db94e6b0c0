package notify

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/script"
)

const (
	// patience is how long the next script of the same instance waits for the one before. A script that takes longer
	// goes on, beside its successors.
	patience = 30 * time.Second
	// maxWaiting bounds the scripts that wait for one instance; past it the oldest are given up, never the newest.
	maxWaiting = 256
)

// Notifier tells the outside of changes: it runs scripts, one after the other for each instance or group and all those
// beside each other, writes to FIFOs and sends mail. Telling never blocks.
type Notifier struct {
	user     conf.User
	mail     conf.Mail
	routerID string
	servers  bool    // for the checker child
	pipes    []*pipe // used by the caller of the methods only
	mailer   *mailer
	report   func(text string)
	patience time.Duration
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup
	readers  sync.WaitGroup // the programs behind the pipes

	mu    sync.Mutex // guards queue; held for moments only
	queue map[string][]call
}

// New returns a Notifier that runs scripts as def unless they name a user, and reports what goes wrong. report is
// called from several goroutines.
func New(def conf.User, report func(text string)) *Notifier {
	n := &Notifier{user: def, report: report, patience: patience, queue: map[string][]call{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.mailer = &mailer{report: report, ctx: n.ctx, wg: &n.running}
	return n
}

// Configure makes what is told from now on follow the configuration. Pipes that stay the same are not touched.
func (n *Notifier) Configure(g *conf.Global) {
	n.usePipes(g)
	n.mail, n.routerID = g.Mail, g.RouterID
	n.mu.Lock()
	defer n.mu.Unlock()
	n.user = g.ScriptUser
}

// Tell runs the scripts of the note when those of earlier notes of the same name are done, and passes the note on to
// FIFOs and mail.
func (n *Notifier) Tell(note Note) {
	n.runScripts(note)
	for _, p := range n.pipes {
		p.fifo.Write(note.line())
	}
	if !note.Mail || len(n.mail.To) == 0 || note.State == "FAULT" && n.mail.NoFaults {
		return
	}
	if subject, body, ok := note.mailOf(n.routerID); ok {
		n.mailer.send(&n.mail, subject, body)
	}
}

// Write passes a note on to the FIFOs only.
func (n *Notifier) Write(note Note) {
	for _, p := range n.pipes {
		p.fifo.Write(note.line())
	}
}

func (n *Notifier) runScripts(note Note) {
	calls := note.calls()
	if len(calls) == 0 {
		return
	}
	n.enqueue(note.Type+" "+note.Name, calls)
}

// enqueue has the calls run after those before them with the same key.
func (n *Notifier) enqueue(key string, calls []call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	waiting, active := n.queue[key]
	waiting = append(waiting, calls...)
	if over := len(waiting) - maxWaiting; over > 0 {
		n.report(fmt.Sprintf("(%s) %d notify scripts are waiting, giving up the oldest", key, len(waiting)))
		waiting = waiting[over:]
	}
	n.queue[key] = waiting
	if !active {
		n.running.Add(1)
		go n.work(key)
	}
}

// Close waits until all scripts and mails are done, at most for grace, and ends those that are not.
func (n *Notifier) Close(grace time.Duration) {
	t := time.AfterFunc(grace, n.cancel)
	n.running.Wait()
	t.Stop()
	n.cancel()
	for _, p := range n.pipes {
		if p.reader != nil {
			p.reader.finish(p.fifo)
		}
		p.close()
	}
	n.readers.Wait()
}

// work runs what waits under key until nothing is left.
func (n *Notifier) work(key string) {
	defer n.running.Done()
	for {
		c, user, ok := n.next(key)
		if !ok {
			return
		}
		done := make(chan struct{})
		n.running.Add(1)
		go func() {
			defer n.running.Done()
			defer close(done)
			n.run(c, user)
		}()
		slow := time.NewTimer(n.patience)
		select {
		case <-done:
		case <-n.ctx.Done():
		case <-slow.C:
			n.report(fmt.Sprintf("Script '%s' is still running after %v, going on without it", c.script.Line, n.patience))
		}
		slow.Stop()
	}
}

// next takes the oldest call out of the queue; when there is none, or the notifier is closing, the queue is gone.
func (n *Notifier) next(key string) (call, conf.User, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	waiting := n.queue[key]
	if len(waiting) == 0 || n.ctx.Err() != nil {
		delete(n.queue, key)
		return call{}, conf.User{}, false
	}
	n.queue[key] = waiting[1:]
	return waiting[0], n.user, true
}

func (n *Notifier) run(c call, user conf.User) {
	cmd, err := script.New(c.script, user, c.args...)
	if err == nil {
		err = cmd.Run(n.ctx)
	}
	if err != nil && n.ctx.Err() == nil {
		n.report(fmt.Sprintf("Script '%s': %v", c.script.Line, err))
	}
}
