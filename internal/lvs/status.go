package lvs

import (
	"net/netip"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// ServiceStatus is a virtual server at the moment of a report.
type ServiceStatus struct {
	Conf    *conf.VirtualServer
	Title   string
	Quorum  bool
	Keys    []ServiceKey // of the kernel that it consists of
	Servers []ServerStatus
}

// ServerStatus is a real server at the moment of a report.
type ServerStatus struct {
	Conf   *conf.RealServer
	Title  string
	Weight int
	Up     bool
	InPool bool // it is a destination of the kernel
	Checks []CheckStatus
}

// CheckStatus is a checker at the moment of a report.
type CheckStatus struct {
	Conf    *conf.Check
	Up      bool
	HasRun  bool
	Resting bool // ha_suspend
	Adjust  int  // what it adds to the weight of its server
}

// Checker returns what a checker does; nil when there is no such.
func (t *Table) Checker(id CheckID) *conf.Check {
	if k := t.checks[id]; k != nil {
		return k.conf
	}
	return nil
}

// Titles returns the names of a checker's real and virtual server in log lines. They are made anew.
func (t *Table) Titles(id CheckID) (server, virtual string) {
	k := t.checks[id]
	return k.server.title(), k.server.vs.title
}

// Destination returns what a real or sorry server is as a destination of a service.
func Destination(r *conf.RealServer, of ServiceKey) DestKey {
	return Dest{Key: netip.AddrPortFrom(r.Addr, r.Port), Method: r.Method}.of(of).Key
}

// Status returns the state of everything, in the order of the configuration.
func (t *Table) Status() []ServiceStatus {
	var all []ServiceStatus
	for _, s := range t.services {
		one := ServiceStatus{Conf: s.conf, Title: s.title, Quorum: s.quorum, Keys: s.keys}
		for _, r := range s.servers {
			_, in := r.want()
			status := ServerStatus{Conf: r.conf, Title: r.title(), Weight: r.weight, Up: r.up, InPool: in}
			for _, c := range r.checks {
				status.Checks = append(status.Checks, CheckStatus{c.conf, c.up, c.heard || c.known || c.watches(), s.resting && !c.watches(), c.adjust})
			}
			one.Servers = append(one.Servers, status)
		}
		all = append(all, one)
	}
	return all
}
