// Package ipvs programs the kernel's virtual server table.
package ipvs

import (
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// Client changes and reads the kernel's table. One goroutine uses it.
type Client interface {
	// Apply carries out those actions that change the kernel's table, in order and in as few system calls as possible, and
	// returns what failed. What fails does not keep the rest from being tried.
	Apply(acts []lvs.Action) []Failure
	// Walk hands over each service with its destinations, whoever has made them. What it hands over is gone after the call.
	Walk(each func(lvs.Programmed)) error
	// ServiceStats returns what the kernel has counted for each service.
	ServiceStats() (map[lvs.ServiceKey]Stats, error)
	// DestStats returns what it has counted for each destination of a service; none when there is no such service.
	DestStats(k lvs.ServiceKey) (map[lvs.DestKey]DestStats, error)
	// SetTimeouts sets how long connections without packets are kept; 0 leaves one as it is.
	SetTimeouts(tcp, tcpFin, udp time.Duration) error
	// StartSync starts the kernel's thread that sends connections to other directors, or the one that receives them.
	StartSync(d Sync) error
	// StopSync stops that thread.
	StopSync(master bool) error
	// SetReadBuffer enlarges the buffer for what the kernel answers, in bytes; force passes the system's limit. A size that
	// would not hold the answers to a batch of changes has no effect.
	SetReadBuffer(bytes int, force bool) error
	Close() error
}

// Dump returns all services with their destinations, whoever has made them.
func Dump(c Client) ([]lvs.Programmed, error) {
	var out []lvs.Programmed
	err := c.Walk(func(p lvs.Programmed) {
		p.Dests = slices.Clone(p.Dests)
		out = append(out, p)
	})
	return out, err
}

// Sync is a sync daemon: the thread that sends when Master, else the one that receives.
type Sync struct {
	Master bool
	ID     uint8
	Daemon *conf.SyncDaemon
}

// Failure is a change that the kernel has refused.
type Failure struct {
	Index int // among the actions
	Err   error
}
