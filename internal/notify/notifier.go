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

// Notifier runs notification scripts: one after the other for each instance or group, all those beside each other. Its
// methods never block on a script.
type Notifier struct {
	user     conf.User
	report   func(text string)
	patience time.Duration
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu    sync.Mutex // guards queue; held for moments only
	queue map[string][]call
}

// New returns a Notifier that runs scripts as def unless they name a user, and reports what goes wrong. report is
// called from several goroutines.
func New(def conf.User, report func(text string)) *Notifier {
	n := &Notifier{user: def, report: report, patience: patience, queue: map[string][]call{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n
}

// SetUser changes the default user for what is told from now on.
func (n *Notifier) SetUser(def conf.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.user = def
}

// Tell runs the scripts of the note when those of earlier notes of the same name are done.
func (n *Notifier) Tell(note Note) {
	calls := note.calls()
	if len(calls) == 0 {
		return
	}
	key := note.Type + " " + note.Name
	n.mu.Lock()
	defer n.mu.Unlock()
	waiting, active := n.queue[key]
	waiting = append(waiting, calls...)
	if over := len(waiting) - maxWaiting; over > 0 {
		n.report(fmt.Sprintf("(%s) %d notify scripts are waiting, giving up the oldest", note.Name, len(waiting)))
		waiting = waiting[over:]
	}
	n.queue[key] = waiting
	if !active {
		n.running.Add(1)
		go n.work(key)
	}
}

// Close waits until all scripts are done, at most for grace, and ends those that still run.
func (n *Notifier) Close(grace time.Duration) {
	t := time.AfterFunc(grace, n.cancel)
	n.running.Wait()
	t.Stop()
	n.cancel()
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
