package supervisor

import (
	"fmt"
	"os"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/log"
)

// reload reads the configuration anew and hands it to the children. While one reload is under way another waits, and
// any number of further ones are one with that.
func (s *Supervisor) reload() {
	if s.stopping {
		return
	}
	if len(s.waiting) > 0 {
		s.hup = true
		return
	}
	s.Log.Info("Reloading ...")
	s.tell(reloadingState())
	unmark := s.mark()
	fresh := s.Load()
	unmark()
	LogDiagnostics(s.Log, fresh.Diags)
	if bad := refused(s.current.Diags, fresh.Diags); bad > 0 {
		s.Log.Log(log.Err, fmt.Sprintf("Reload refused: %d error(s) that the running configuration does not have; it stays in force", bad))
		s.explain(fresh.Diags)
		s.reloaded()
		return
	}
	s.fixed(&fresh)
	s.current = fresh
	s.save()
	s.handOut()
	for _, c := range s.addChildren() {
		s.start(c)
	}
	if len(s.waiting) == 0 {
		s.reloaded()
	}
}

// handOut sends the current configuration to each child that runs; the others get it when they are started.
func (s *Supervisor) handOut() {
	config, err := s.configFile()
	if err != nil {
		s.Log.Log(log.Err, err.Error())
		return
	}
	defer config.Close()
	for _, c := range s.children {
		if c.proc == nil {
			continue
		}
		if err := c.conn.Send(control.Reload, int(config.Fd())); err != nil {
			s.Log.Log(log.Err, fmt.Sprintf("cannot reload %s process: %v", c.role.Name, err))
			continue
		}
		s.waiting[c] = true
	}
}

// acknowledged notes that the child has the configuration, or is gone and will get it at its start.
func (s *Supervisor) acknowledged(c *child) {
	if !s.waiting[c] {
		return
	}
	delete(s.waiting, c)
	if len(s.waiting) == 0 && !s.stopping {
		s.reloaded()
	}
}

func (s *Supervisor) reloaded() {
	s.Log.Info("Reload complete")
	s.tell(fmt.Sprintf("READY=1\nMAINPID=%d", os.Getpid()))
	if s.hup {
		s.hup = false
		s.Log.Info("Processing queued reload")
		s.reload()
	}
}

// refused counts the errors of a new configuration that the running one does not have. An error that was there at the
// start did not stop the daemon then and does not stop a reload now, or it could never be reloaded at all.
func refused(running, fresh syntax.Diagnostics) int {
	known := map[string]bool{}
	for _, d := range running {
		known[d.Text] = true
	}
	n := 0
	for _, d := range fresh {
		if isError(d) && !known[d.Text] {
			n++
		}
	}
	return n
}
