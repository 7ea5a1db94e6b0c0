package supervisor

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/keepalived-go/keepalived/internal/control"
)

// Role is what a child is for.
type Role struct {
	Name  string // in log lines: VRRP, Healthcheck, BFD
	Value string // of the environment variable RoleEnv
	Comm  string // process name
}

// RoleEnv is the environment variable that tells a child its role. ControlFD and ConfigFD are what it inherits.
const (
	RoleEnv   = "KEEPALIVED_CHILD"
	ControlFD = 3
	ConfigFD  = 4
)

// RuntimeEnv is how the Go runtime of a child is told RuntimeSettings, unless the user has settings: without huge pages its
// memory is what it uses, where the kernel makes huge pages of everything. They are read before main; the child takes them
// out of its environment, which its scripts get.
const (
	RuntimeEnv      = "GODEBUG"
	RuntimeSettings = "disablethp=1"
)

// child is one child process, running or waiting to be started.
type child struct {
	role    Role
	pidPath string
	pid     *pidFile
	proc    *os.Process
	conn    *control.Conn
	started time.Time
	up      bool // it has said that it is up
	dog     watchdog
	backoff backoff
	restart *time.Timer // nil: not waiting
}

// exit is the end of a child.
type exit struct {
	c     *child
	proc  *os.Process
	state *os.ProcessState
	err   error
}

// mail is a message that a child has sent, or the end of its socket.
type mail struct {
	c    *child
	conn *control.Conn
	msg  control.Message
	err  error
}

// spawn is a request to the goroutine that starts children.
type spawn struct {
	cmd  *exec.Cmd
	done chan error
}

// starter starts children on a thread of its own that lives as long as the process: the kernel sends a child its
// parent-death signal when the thread that started it ends, not the process.
func starter(requests <-chan spawn) {
	runtime.LockOSThread()
	for r := range requests {
		r.done <- r.cmd.Start()
	}
}

// command returns the child's process, not yet started: this program again, with the arguments as the user typed them.
// A daemon in the background has no terminal to share: a child that kept it open would hold up whoever started us.
func (c *child) command(config, ctl *os.File, terminal bool) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = os.Args
	cmd.Env = append(os.Environ(), RoleEnv+"="+c.role.Value)
	if os.Getenv(RuntimeEnv) == "" {
		cmd.Env = append(cmd.Env, RuntimeEnv+"="+RuntimeSettings)
	}
	cmd.ExtraFiles = []*os.File{ctl, config} // ControlFD, ConfigFD
	if terminal {
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	return cmd
}

// signal sends a signal to the child when it runs.
func (c *child) signal(sig os.Signal) {
	if c.proc != nil {
		_ = c.proc.Signal(sig) // it may have ended already
	}
}

// stopped tells whether a debugger or SIGSTOP holds the process, so that it cannot react to anything.
func (c *child) stopped() bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.proc.Pid))
	if err != nil {
		return false
	}
	_, rest, ok := strings.Cut(string(b), ") ")
	return ok && len(rest) > 0 && (rest[0] == 'T' || rest[0] == 't')
}

// permanent returns the name of an exit status after which a restart is of no use.
func permanent(status int) (string, bool) {
	switch status {
	case 1:
		return "FATAL", true
	case 2:
		return "CONFIG", true
	case 4:
		return "MISSING_PERMISSION", true
	}
	return "", false
}

// describe returns the log line on how a child has ended.
func describe(name string, e exit) string {
	if e.state == nil {
		return fmt.Sprintf("%s process was lost: %v", name, e.err)
	}
	ws, ok := e.state.Sys().(syscall.WaitStatus)
	switch {
	case ok && ws.Signaled() && ws.Signal() == syscall.SIGSEGV:
		return name + " exited due to segmentation fault (SIGSEGV)."
	case ok && ws.Signaled():
		return fmt.Sprintf("%s exited due to signal %d (%v)", name, ws.Signal(), ws.Signal())
	}
	return fmt.Sprintf("%s exited with status %d", name, e.state.ExitCode())
}

// status returns the exit status, -1 after a signal.
func (e exit) status() int {
	if e.state == nil {
		return -1
	}
	return e.state.ExitCode()
}

// wait reports the end of the process.
func (c *child) wait(cmd *exec.Cmd, exits chan<- exit) {
	err := cmd.Wait()
	var bad *exec.ExitError
	if errors.As(err, &bad) {
		err = nil
	}
	exits <- exit{c, cmd.Process, cmd.ProcessState, err}
}

// listen reports what the child sends until its end of the socket is closed.
func (c *child) listen(conn *control.Conn, mails chan<- mail) {
	for {
		m, err := conn.Receive()
		mails <- mail{c, conn, m, err}
		if err != nil {
			return
		}
	}
}
