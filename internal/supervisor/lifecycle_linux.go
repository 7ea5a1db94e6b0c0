package supervisor

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/log"
)

// addChildren adds those that the current configuration wants and that are not there yet, and returns them.
func (s *Supervisor) addChildren() []*child {
	have := len(s.children)
	for _, o := range s.Children(s.current.Config) {
		if slices.ContainsFunc(s.children, func(c *child) bool { return c.role == o.Role }) {
			continue
		}
		s.children = append(s.children, &child{role: o.Role, pidPath: o.PidFile, dog: watchdog{threshold: s.WatchdogMisses}})
	}
	return s.children[have:]
}

// start starts a child with the current configuration. One that cannot be started is tried again as if it had died.
func (s *Supervisor) start(c *child) {
	if err := s.launch(c); err != nil {
		s.Log.Log(log.Err, fmt.Sprintf("cannot start %s process: %v", c.role.Name, err))
		s.scheduleRestart(c, 0)
		return
	}
	s.Log.Info(fmt.Sprintf("Starting %s child process, pid=%d", c.role.Name, c.proc.Pid))
	pid, err := claim(c.pidPath, c.proc.Pid)
	if err != nil {
		s.Log.Log(log.Err, err.Error())
	}
	c.pid = pid
}

// launch has a process begin as the child.
func (s *Supervisor) launch(c *child) error {
	p, err := s.Starter.take()
	if err != nil {
		return err
	}
	if err := s.instruct(p, c.role); err != nil {
		p.end()
		return err
	}
	c.proc, c.conn, c.started, c.up = p.cmd.Process, p.conn, time.Now(), false
	c.dog.reset()
	go c.wait(p, s.exits)
	go c.listen(p.conn, s.mails)
	return nil
}

// instruct gives a process the current configuration, unless it has it since it was started ahead, and its role.
func (s *Supervisor) instruct(p *process, r Role) error {
	if !p.configured {
		config, err := s.configFile()
		if err != nil {
			return err
		}
		defer config.Close()
		if err := p.configure(config); err != nil {
			return err
		}
	}
	return p.conn.Begin(r.Value, s.Label)
}

// exited handles the end of a child.
func (s *Supervisor) exited(e exit) {
	c := e.c
	lived := time.Since(c.started)
	c.proc = nil
	c.conn.Close()
	c.pid.remove()
	c.pid = nil
	s.acknowledged(c)
	if s.stopping {
		return
	}
	if why, ok := permanent(e.status()); ok {
		s.Log.Log(log.Err, fmt.Sprintf("%s exited with permanent error %s. Terminating", processName(c.role), why))
		s.stop(e.status())
		return
	}
	s.Log.Info(describe(processName(c.role), e))
	if s.NoRespawn {
		s.Log.Log(log.Alert, fmt.Sprintf("%s child process(%d) died: Exiting", c.role.Name, e.proc.Pid))
		s.stop(ExitFatal)
		return
	}
	s.Log.Log(log.Alert, fmt.Sprintf("%s child process(%d) died: Respawning", c.role.Name, e.proc.Pid))
	s.scheduleRestart(c, lived)
}

// processName is how a child is called in the lines about its end.
func processName(r Role) string {
	if r.Value == "vrrp" {
		return "Keepalived_vrrp"
	}
	return "Keepalived_" + r.Value
}

func (s *Supervisor) scheduleRestart(c *child, lived time.Duration) {
	delay := c.backoff.next(lived)
	if delay > 0 {
		s.Log.Info(fmt.Sprintf("Restart of %s process delayed %d seconds to limit respawn rate", c.role.Name, int(delay.Seconds())))
	}
	c.restart = time.AfterFunc(delay, func() { s.restarts <- c })
}

// stop ends the children; the daemon ends with status when they have.
func (s *Supervisor) stop(status int) {
	if s.stopping {
		return
	}
	s.stopping, s.status = true, status
	s.Log.Info("Stopping")
	s.tell("STOPPING=1")
	for _, c := range s.children {
		c.signal(unix.SIGTERM)
	}
	s.kill = time.After(s.current.Config.Global.ChildWaitTime)
}

// killAll ends the children that have not ended by themselves.
func (s *Supervisor) killAll() {
	for _, c := range s.children {
		if c.proc != nil {
			s.Log.Info(fmt.Sprintf("%s process failed to die - forcing termination", processName(c.role)))
			c.signal(unix.SIGKILL)
		}
	}
}
