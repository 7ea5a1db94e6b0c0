package lvs

import (
	"fmt"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Change is a change that managers are told of: of a real server, or of the quorum when Server is nil.
type Change struct {
	Service  *conf.VirtualServer
	Server   *conf.RealServer
	Alive    bool // Server is
	Quorum   bool
	Shutdown bool // the service goes because the daemon stops
	Up       int  // servers that are up
}

// String returns the change as transcripts have it.
func (c *Change) String() string {
	what := c.Service.Title()
	if c.Server != nil {
		state := "dead"
		if c.Alive {
			state = "alive"
		}
		return fmt.Sprintf("%s of %s %s, %d up", c.Server.Addr, what, state, c.Up)
	}
	state := "without quorum"
	switch {
	case c.Shutdown:
		state = "shut down"
	case c.Quorum:
		state = "with quorum"
	}
	return fmt.Sprintf("%s %s, %d up", what, state, c.Up)
}

// trapServer tells managers of a server that has gone up or down.
func (t *Table) trapServer(r *server) {
	t.trap(Change{Service: r.vs.conf, Server: r.conf, Alive: r.up, Up: r.vs.count()})
}

// trapQuorum tells managers that the quorum is there, or is not, or that the service is shut down.
func (t *Table) trapQuorum(s *service, shutdown bool) {
	t.trap(Change{Service: s.conf, Quorum: s.quorum, Shutdown: shutdown, Up: s.count()})
}

func (t *Table) trap(c Change) {
	if t.cfg.Global.SNMP.Traps {
		t.do(Action{Kind: Trap, Trap: &c})
	}
}

// count returns how many servers are up.
func (s *service) count() int {
	n := 0
	for _, r := range s.servers {
		if r.up {
			n++
		}
	}
	return n
}
