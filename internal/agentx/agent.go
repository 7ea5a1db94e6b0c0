package agentx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/keepalived-go/keepalived/internal/snmp"
)

// Source answers for the objects. Only the agent's goroutine calls it, and waits for it.
type Source interface {
	// View returns the objects as they are now.
	View() (snmp.View, error)
	// Test tells whether objects may be set, and what setting them is. A status other than snmp.NoError is that of the binding
	// at index, from 0.
	Test(binds []snmp.VarBind) (set Set, index int, status snmp.Status)
}

// Set is what a manager has asked for, which has been tested. Both methods tell whether that was possible.
type Set interface {
	Commit() bool
	Undo() bool
}

// Subtree is a part of the tree that the agent answers for.
type Subtree struct {
	ID          snmp.OID
	Description string // as sysORTable has it
}

// Config is what an agent is made of.
type Config struct {
	Socket      string // of the master, see Endpoints
	Dial        func(ctx context.Context, socket string) (net.Conn, error)
	ID          snmp.OID
	Description string
	Subtrees    []Subtree
	Source      Source
	Log         func(text string)
}

const (
	// retryPeriod is how long it takes until a master that was not there is looked for again, and how often one that is there
	// is asked for a sign of life: agentXPingInterval of net-snmp.
	retryPeriod = 15 * time.Second
	// answerTime is how long the master may take for an answer, or to read what was written.
	answerTime = 5 * time.Second
	// leaveTime is how long it may take to be rid of what is left at the end.
	leaveTime = time.Second
	// maxWaiting is how many notifications wait for the master: a start tells of every virtual server. More are lost, as those
	// are that come while there is none.
	maxWaiting = 4096
)

// Agent is a subagent that runs until it is closed.
type Agent struct {
	Config
	notices chan Notice
	cancel  context.CancelFunc
	done    chan struct{}
}

// Start starts an agent. Whether there is a master does not matter: it is looked for until it is there.
func Start(c Config) *Agent {
	ctx, cancel := context.WithCancel(context.Background())
	a := &Agent{Config: c, notices: make(chan Notice, maxWaiting), cancel: cancel, done: make(chan struct{})}
	go a.run(ctx)
	return a
}

// Notice is a notification that is worked out when it is sent, by the agent's goroutine.
type Notice func() snmp.Notification

// Notify sends a notification unless there is no master. It never waits: when too many wait already it returns false, and the
// notification is lost.
func (a *Agent) Notify(n Notice) bool {
	select {
	case a.notices <- n:
		return true
	default:
		return false
	}
}

// Close sends what waits to be sent and takes leave of the master.
func (a *Agent) Close() {
	a.cancel()
	<-a.done
}

// What ends a session.
var (
	errClosed = errors.New("AgentX master disconnected us")
	errSilent = errors.New("AgentX master agent failed to respond to ping")
	errOpen   = errors.New("the master agent refuses the session")
	errMute   = errors.New("the master agent does not answer")
)

func (a *Agent) run(ctx context.Context) {
	defer close(a.done)
	for {
		opened := false
		conn, err := a.Dial(ctx, a.Socket)
		if err == nil {
			opened, err = a.serve(ctx, conn)
		}
		switch {
		case ctx.Err() != nil:
			return
		case opened:
			a.Log(ending(err))
		default:
			a.Log(fmt.Sprintf("Warning: Failed to connect to the agentx master agent (%s): %v", a.socket(), err))
		}
		if !a.rest(ctx) {
			return
		}
	}
}

// socket returns the specification as net-snmp writes it.
func (a *Agent) socket() string {
	if a.Socket == "" {
		return "[NIL]"
	}
	return a.Socket
}

// ending returns the log line of a session that has ended, in the words of net-snmp where it has some.
func ending(err error) string {
	if errors.Is(err, errSilent) {
		return err.Error() + ".  Attempting to re-register."
	}
	text := err.Error()
	if !errors.Is(err, errClosed) {
		text = errClosed.Error() + " (" + text + ")"
	}
	return fmt.Sprintf("%s, reconnecting in %d", text, int(retryPeriod.Seconds()))
}

// rest waits until the master is looked for again. What is told meanwhile is told to nobody. It returns false at the end.
func (a *Agent) rest(ctx context.Context) bool {
	timer := time.NewTimer(retryPeriod)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-a.notices:
		}
	}
}

// serve runs one session until it ends, and closes the connection. It tells whether the master had opened the session.
func (a *Agent) serve(ctx context.Context, conn net.Conn) (opened bool, err error) {
	s := newSession(a, conn)
	received := make(chan struct{})
	go s.receive(received)
	defer func() {
		conn.Close()
		close(s.over)
		<-received
	}()
	if err := s.open(ctx); err != nil {
		return false, err
	}
	a.Log("AgentX subagent connected")
	defer context.AfterFunc(ctx, s.hurry)()
	if err = s.loop(ctx); errors.Is(err, context.Canceled) {
		s.leave()
	}
	return true, err
}
