package checkd

import (
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/snmp"
)

// meter is a kernel that counts how often it is asked.
type meter struct {
	ipvs.Fake
	services, dests int
	fail            bool
}

var errGone = errors.New("gone")

// ServiceStats returns a connection for each time that it is asked.
func (m *meter) ServiceStats() (map[lvs.ServiceKey]ipvs.Stats, error) {
	m.services++
	if m.fail {
		return nil, errGone
	}
	one := ipvs.Stats{Conns: uint64(m.services)}
	return map[lvs.ServiceKey]ipvs.Stats{marked(1): one, marked(2): one}, nil
}

// DestStats returns an active connection for each time that it is asked.
func (m *meter) DestStats(lvs.ServiceKey) (map[lvs.DestKey]ipvs.DestStats, error) {
	m.dests++
	at := netip.MustParseAddrPort("127.0.0.2:0")
	return map[lvs.DestKey]ipvs.DestStats{at: {Stats: ipvs.Stats{Conns: 1}, Active: uint32(m.dests)}}, nil
}

func marked(n uint32) lvs.ServiceKey { return lvs.ServiceKey{Mark: n, Family: conf.IPv4} }

// The kernel is asked as often as the configuration allows, and what a group has is added up.
func TestCountersAreReadSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, opened := &meter{}, 0
		c := counters{open: func() (ipvs.Client, error) { opened++; return m, nil }}
		server := &conf.RealServer{Addr: netip.MustParseAddr("127.0.0.2"), Port: 80, Method: conf.DR}
		of := []lvs.ServiceStatus{{Conf: &conf.VirtualServer{Sorry: server}, Keys: []lvs.ServiceKey{marked(1), marked(2)},
			Servers: []lvs.ServerStatus{{Conf: server}}}}
		c.configure(&conf.SNMP{ServiceStats: 5 * time.Second, ServerStats: time.Second}, of)
		for range 3 {
			if got := c.Service(0).Conns; got != 2 {
				t.Errorf("service: %d", got)
			}
			if got := c.Server(0, 0); got.Conns != 2 || got.Active != 1+2 {
				t.Errorf("server: %+v", got)
			}
			if got := c.Server(0, snmp.Sorry).Conns; got != 2 {
				t.Errorf("sorry server: %d", got)
			}
		}
		if m.services != 1 || m.dests != 2 {
			t.Errorf("asked %d and %d times", m.services, m.dests)
		}
		time.Sleep(time.Second)
		if c.Service(0).Conns != 2 || c.Server(0, 0).Active != 3+4 {
			t.Errorf("after a second: %d, %d", c.Service(0).Conns, c.Server(0, 0).Active)
		}
		time.Sleep(4 * time.Second)
		m.fail = true
		if got := c.Service(0).Conns; got != 0 {
			t.Errorf("failed: %d", got)
		}
		m.fail = false
		time.Sleep(5 * time.Second)
		if got := c.Service(0).Conns; got != 6 || opened != 2 {
			t.Errorf("afterwards: %d, opened %d times", got, opened)
		}
		c.configure(&conf.SNMP{ServiceStats: 5 * time.Second, ServerStats: time.Second}, nil)
		if len(c.dests) != 0 {
			t.Errorf("left: %v", c.dests)
		}
		c.close()
	})
}
