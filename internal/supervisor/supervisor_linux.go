// Package supervisor is the parent: it starts, watches, restarts, reloads and stops the children, and owns signals and
// pid files.
package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/log"
)

// Exit codes of the daemon, keepalived's.
const (
	ExitOK         = 0
	ExitFatal      = 1
	ExitConfig     = 2
	ExitPermission = 4
	ExitNoConfig   = 6
)

// Loaded is a configuration as it was read from the files.
type Loaded struct {
	Config *conf.Config
	Tree   []byte // what the children get
	Diags  syntax.Diagnostics
	// Missing tells that no file was found at all.
	Missing bool
}

// Options are what the supervisor is told by the command line and the first configuration.
type Options struct {
	Log     *log.Logger
	Version string // as in "Starting ..." and "Stopped ..."
	Label   string // of namespace and instance, in the names of files
	Starter *Starter
	First   Loaded        // what the process that was started ahead has been handed
	Load    func() Loaded // reads the files anew

	Signals    <-chan os.Signal // from Signals
	PidFile    string
	ReloadFile string // where reload_file is when the configuration names none
	// Children returns the children that a configuration wants.
	Children func(*conf.Config) []ChildOptions

	NoRespawn      bool
	IgnoreSIGINT   bool
	WatchdogTick   time.Duration // 0: no watchdog
	WatchdogMisses int
	// Up is called once, when every child is up.
	Up func()
	// Notify tells the service manager; nil: there is none.
	Notify func(state string)
}

// ChildOptions say what child to start and where its pid file is.
type ChildOptions struct {
	Role    Role
	PidFile string
}

// Supervisor is the parent's event loop and what it owns.
type Supervisor struct {
	Options
	current    Loaded
	children   []*child
	exits      chan exit
	mails      chan mail
	restarts   chan *child
	dumped     chan *os.Process // a hung child that has had time to dump its stacks
	hup        bool             // another reload is wanted
	waiting    map[*child]bool
	stopping   bool
	status     int
	kill       <-chan time.Time
	up         bool
	saved      int // copies of configurations
	reloadTime timeFile
	reports    sync.WaitGroup // files that are being written
}

// Signals returns a channel with the signals that the parent handles. It is to be called first of all: a signal that
// comes before would end the process.
func Signals() <-chan os.Signal {
	c := make(chan os.Signal, 64)
	signal.Notify(c, unix.SIGHUP, unix.SIGTERM, unix.SIGINT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGPIPE,
		sigJSON, sigJSONMusl, sigStatsClear, unix.SIGXCPU)
	return c
}

// New returns a supervisor that has started nothing yet.
func New(o Options) *Supervisor {
	s := &Supervisor{Options: o, current: o.First, exits: make(chan exit), mails: make(chan mail),
		restarts: make(chan *child), dumped: make(chan *os.Process), waiting: map[*child]bool{}}
	s.addChildren()
	return s
}

// Run starts the children and watches over them until a signal or ctx ends the daemon, or a child fails for good. It
// returns the exit code of the daemon.
func (s *Supervisor) Run(ctx context.Context) int {
	own, err := claim(s.PidFile, os.Getpid())
	if err != nil {
		if errors.Is(err, errRunning) {
			s.Log.Info("daemon is already running")
		}
		s.Log.Log(log.Err, err.Error())
		return ExitFatal
	}
	defer own.remove()
	s.save()
	if g := &s.current.Config.Global; !s.runScript("startup", g.StartupScript, g.StartupTimeout, s.Signals) {
		return ExitOK
	}
	defer func() {
		g := &s.current.Config.Global
		s.runScript("shutdown", g.ShutdownScript, g.ShutdownTimeout, nil)
	}()
	if g := &s.current.Config.Global; g.StartupScript != nil || g.TmpConfigDir != "" {
		s.Starter.EndSpare() // what it asked the machine may have changed; its copy is not where the user wants it
	}
	for _, c := range s.children {
		s.start(c)
	}
	s.Starter.EndSpare()
	if len(s.children) == 0 {
		s.Log.Log(log.Warning, "Warning - keepalived has no configuration to run")
	}
	s.lookWhetherUp()
	defer s.reports.Wait()
	return s.loop(ctx, s.Signals)
}

// The real-time signals that keepalived uses; 36 is SIGRTMIN+2 with glibc and 37 with musl.
const (
	sigJSON       = syscall.Signal(36)
	sigJSONMusl   = syscall.Signal(37)
	sigStatsClear = syscall.Signal(63)
)

func (s *Supervisor) loop(ctx context.Context, signals <-chan os.Signal) int {
	var tick <-chan time.Time
	if s.WatchdogTick > 0 {
		t := time.NewTicker(s.WatchdogTick)
		defer t.Stop()
		tick = t.C
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	done := ctx.Done()
	for !s.stopping || s.alive() {
		select {
		case <-done:
			done = nil
			s.stop(ExitOK)
		case sig := <-signals:
			s.signal(sig)
		case e := <-s.exits:
			s.exited(e)
		case m := <-s.mails:
			s.received(m)
		case c := <-s.restarts:
			c.restart = nil
			if !s.stopping {
				s.start(c)
			}
		case p := <-s.dumped:
			_ = p.Kill() // it may have ended by itself
		case <-tick:
			s.watch()
		case now := <-second.C:
			s.lookAtTimeFile(now)
		case <-s.kill:
			s.killAll()
		}
	}
	return s.status
}

// alive tells whether a child is still running.
func (s *Supervisor) alive() bool {
	for _, c := range s.children {
		if c.proc != nil {
			return true
		}
	}
	return false
}

func (s *Supervisor) signal(sig os.Signal) {
	switch sig {
	case unix.SIGHUP:
		s.reload()
	case unix.SIGTERM:
		s.stop(ExitOK)
	case unix.SIGINT:
		if !s.IgnoreSIGINT {
			s.stop(ExitOK)
		}
	case unix.SIGUSR1:
		s.writeData()
		s.forward(sig)
	case unix.SIGUSR2, sigJSON, sigJSONMusl, sigStatsClear:
		s.forward(sig)
	case unix.SIGXCPU:
		s.Log.Info("Keepalived process has used too much CPU time")
	}
}

// forward hands a signal to the children.
func (s *Supervisor) forward(sig os.Signal) {
	for _, c := range s.children {
		c.signal(sig)
	}
}

// received handles a message of a child. One of a socket that has been replaced is old.
func (s *Supervisor) received(m mail) {
	if m.conn != m.c.conn || m.err != nil {
		return // the end of a socket goes with the end of its process, which is handled there
	}
	switch m.msg.Kind {
	case control.Pong:
		m.c.dog.reset()
	case control.Started:
		m.c.up = true
		m.c.dog.reset()
		s.lookWhetherUp()
	case control.Reloaded:
		m.c.dog.reset()
		s.acknowledged(m.c)
	}
}

// lookWhetherUp says so once when every child is up.
func (s *Supervisor) lookWhetherUp() {
	for _, c := range s.children {
		if !c.up {
			return
		}
	}
	if s.up {
		return
	}
	s.up = true
	s.Log.Info("Startup complete")
	s.tell(fmt.Sprintf("READY=1\nMAINPID=%d", os.Getpid()))
	if s.Up != nil {
		s.Up()
	}
}

func (s *Supervisor) tell(state string) {
	if s.Notify != nil {
		s.Notify(state)
	}
}
