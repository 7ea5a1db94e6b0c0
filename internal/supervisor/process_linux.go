package supervisor

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/keepalived-go/keepalived/internal/control"
)

// ChildEnv is the environment variable that tells a process that it is a child. ControlFD is what it inherits.
const (
	ChildEnv  = "KEEPALIVED_CHILD"
	ControlFD = 3
)

// RuntimeEnv is how the Go runtime of a child is told RuntimeSettings, unless the user has settings: without huge pages its
// memory is what it uses, where the kernel makes huge pages of everything. They are read before main; the child takes them
// out of its environment, which its scripts get.
const (
	RuntimeEnv      = "GODEBUG"
	RuntimeSettings = "disablethp=1"
)

// Starter starts the processes of children. They learn from their control socket what they are for, so that one can be started
// ahead: while the parent reads the configuration and judges it, that process gets ready and reads the same.
type Starter struct {
	terminal bool
	requests chan request
	spare    *process // was started ahead; nil: there is none
}

// process is one that waits for its role.
type process struct {
	cmd        *exec.Cmd
	conn       *control.Conn
	configured bool // it has been given a configuration
}

// request asks the goroutine that starts processes to start one.
type request struct {
	cmd  *exec.Cmd
	done chan error
}

// NewStarter returns a starter. With terminal the children share standard output and error.
func NewStarter(terminal bool) *Starter {
	s := &Starter{terminal: terminal, requests: make(chan request)}
	go s.serve()
	return s
}

// serve starts processes on a thread of its own that lives as long as the starter: the kernel sends a child its parent-death
// signal when the thread that started it ends, not the process.
func (s *Starter) serve() {
	runtime.LockOSThread()
	for r := range s.requests {
		r.done <- r.cmd.Start()
	}
}

// Ahead starts a process that waits. One that cannot be started is no error yet: whoever needs it tries again.
func (s *Starter) Ahead() { s.spare, _ = s.start() }

// Hand gives the process that was started ahead the configuration's tree.
func (s *Starter) Hand(tree []byte) {
	if s.spare == nil {
		return
	}
	config, err := control.SealedFile(configName, tree)
	if err == nil {
		err = s.spare.configure(config)
		config.Close()
	}
	if err != nil {
		s.EndSpare() // the next one will meet what has gone wrong, and say it
	}
}

// take returns the process that was started ahead, else a new one.
func (s *Starter) take() (*process, error) {
	if p := s.spare; p != nil {
		s.spare = nil
		return p, nil
	}
	return s.start()
}

// EndSpare ends the process that was started ahead, if nobody has taken it.
func (s *Starter) EndSpare() {
	if s.spare != nil {
		s.spare.end()
		s.spare = nil
	}
}

// Close ends the starter and with it the children that still run.
func (s *Starter) Close() {
	s.EndSpare()
	close(s.requests)
}

func (s *Starter) start() (*process, error) {
	conn, ctl, err := control.Pair()
	if err != nil {
		return nil, err
	}
	defer ctl.Close()
	r := request{s.command(ctl), make(chan error, 1)}
	s.requests <- r
	if err := <-r.done; err != nil {
		conn.Close()
		return nil, err
	}
	return &process{cmd: r.cmd, conn: conn}, nil
}

// command returns the child's process, not yet started: this program again, with the arguments as the user typed them.
// A daemon in the background has no terminal to share: a child that kept it open would hold up whoever started us.
func (s *Starter) command(ctl *os.File) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = os.Args
	cmd.Env = append(os.Environ(), ChildEnv+"=1")
	if os.Getenv(RuntimeEnv) == "" {
		cmd.Env = append(cmd.Env, RuntimeEnv+"="+RuntimeSettings)
	}
	cmd.ExtraFiles = []*os.File{ctl} // ControlFD
	if s.terminal {
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	return cmd
}

// configure gives the process a configuration; the last one before it begins counts.
func (p *process) configure(config *os.File) error {
	if err := p.conn.Send(control.Config, int(config.Fd())); err != nil {
		return err
	}
	p.configured = true
	return nil
}

// end ends a process that has begun nothing.
func (p *process) end() {
	p.conn.Close()
	_ = p.cmd.Process.Kill() // it may have ended by itself
	_ = p.wait()
}

// wait waits for the end of the process. How it has ended is no error.
func (p *process) wait() error {
	err := p.cmd.Wait()
	var bad *exec.ExitError
	if errors.As(err, &bad) {
		return nil
	}
	return err
}
