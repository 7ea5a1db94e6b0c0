package supervisor

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/keepalived-go/keepalived/internal/control"
)

// Role is what a child is for.
type Role struct {
	Name  string // in log lines: VRRP, Healthcheck, BFD
	Value string // in control.Begin
}

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
func (c *child) wait(p *process, exits chan<- exit) {
	err := p.wait()
	exits <- exit{c, p.cmd.Process, p.cmd.ProcessState, err}
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
