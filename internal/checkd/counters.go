package checkd

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/snmp"
)

// counters reads what the kernel has counted, and keeps it as long as the configuration allows: a manager that walks through
// all objects does not make the kernel tell its whole table for each. What cannot be read is 0. It belongs to the agent's
// goroutine.
type counters struct {
	open     func() (ipvs.Client, error)
	kernel   ipvs.Client // nil: not open
	config   *conf.SNMP
	of       []lvs.ServiceStatus
	services reading[map[lvs.ServiceKey]ipvs.Stats]
	dests    map[lvs.ServiceKey]*reading[map[lvs.DestKey]ipvs.DestStats]
}

var _ snmp.Counters = (*counters)(nil)

// reading is something that was read at some time.
type reading[T any] struct {
	what T
	at   time.Time
}

// fresh returns what was read, anew when that is older than it may be. After a failure it is not tried again for as long.
func (r *reading[T]) fresh(age time.Duration, read func() (T, error)) T {
	if r.at.IsZero() || time.Since(r.at) >= age {
		r.what, _ = read()
		r.at = time.Now()
	}
	return r.what
}

// configure has the counters be those of virtual servers. What has been read stays.
func (c *counters) configure(config *conf.SNMP, of []lvs.ServiceStatus) {
	c.config, c.of = config, of
	if c.dests == nil {
		c.dests = map[lvs.ServiceKey]*reading[map[lvs.DestKey]ipvs.DestStats]{}
	}
	used := make(map[lvs.ServiceKey]bool, len(of))
	for _, s := range of {
		for _, k := range s.Keys {
			used[k] = true
		}
	}
	for k := range c.dests {
		if !used[k] {
			delete(c.dests, k)
		}
	}
}

func (c *counters) close() {
	if c.kernel != nil {
		c.kernel.Close()
		c.kernel = nil
	}
}

// ask asks the kernel. A connection that has failed is not used again.
func ask[T any](c *counters, what func(k ipvs.Client) (T, error)) (got T, err error) {
	if c.kernel == nil {
		if c.kernel, err = c.open(); err != nil {
			c.kernel = nil
			return got, err
		}
	}
	if got, err = what(c.kernel); err != nil {
		c.close()
	}
	return got, err
}

// Service returns the counters of a virtual server: those of all its services of the kernel together.
func (c *counters) Service(service int) snmp.Stats {
	all := c.services.fresh(c.config.ServiceStats, func() (map[lvs.ServiceKey]ipvs.Stats, error) {
		return ask(c, ipvs.Client.ServiceStats)
	})
	var sum snmp.Stats
	for _, k := range c.of[service].Keys {
		sum.Add(snmp.Stats(all[k]))
	}
	return sum
}

// Server returns the counters of a real server, or of the sorry server, in all services of the kernel together.
func (c *counters) Server(service, server int) snmp.ServerStats {
	s := &c.of[service]
	r := s.Conf.Sorry
	if server != snmp.Sorry {
		r = s.Servers[server].Conf
	}
	var sum snmp.ServerStats
	for _, k := range s.Keys {
		one := c.dest(k)[lvs.Destination(r, k)]
		sum.Add(snmp.Stats(one.Stats))
		sum.Active += one.Active
		sum.Inactive += one.Inactive
		sum.Persistent += one.Persistent
	}
	return sum
}

func (c *counters) dest(k lvs.ServiceKey) map[lvs.DestKey]ipvs.DestStats {
	r := c.dests[k]
	if r == nil {
		r = &reading[map[lvs.DestKey]ipvs.DestStats]{}
		c.dests[k] = r
	}
	return r.fresh(c.config.ServerStats, func() (map[lvs.DestKey]ipvs.DestStats, error) {
		return ask(c, func(client ipvs.Client) (map[lvs.DestKey]ipvs.DestStats, error) { return client.DestStats(k) })
	})
}
