package conf

import (
	"net/netip"
	"time"
)

// LVS holds what global_defs and the keywords outside every block say of the checker child.
type LVS struct {
	NetNamespace string // net_namespace_ipvs; empty: that of the daemon
	// Timeouts of connections in the kernel; 0: not changed. 0 s to 2678400 s.
	TCPTimeout, TCPFinTimeout, UDPTimeout time.Duration
	Flush                                 bool // everything at the start, whoever has made it
	FlushOnStop                           FlushOnStop
	Sync                                  *SyncDaemon // nil: none
	InitNotifies                          bool        // rs_init_notifies
	NoCheckerEmails                       bool
	LogAllFailures                        bool // default of the checkers
	Marks                                 MarkTable
	// Receive buffers of the sockets that change the kernel and that watch it, in bytes, and whether the bounds of the system
	// may be passed; 0: the child's choice.
	CommandRcvBuf, MonitorRcvBuf           int
	CommandRcvBufForce, MonitorRcvBufForce bool
}

// MarkTable is nftables_ipvs: a table of the firewall that marks the packets to the members of groups.
type MarkTable struct {
	Table    string // its name; empty: none
	Priority int32  // of its chain among those of the hook; default -1
	First    uint32 // the first mark to give away; default 1000
	Counters bool   // nftables_counters: rules and members count packets
}

// FlushOnStop says what of the table goes at a stop.
type FlushOnStop uint8

// The choices: our servers one by one, the whole table of the kernel, or our virtual servers as such.
const (
	FlushNothing FlushOnStop = iota
	FlushAll
	FlushServices
)

// SyncDaemon is lvs_sync_daemon: the kernel's thread that tells other directors of connections.
type SyncDaemon struct {
	Interface string
	Instance  string // whose state chooses between master and backup; empty: none
	ID        uint8  // of the daemons that belong together; 0 without IDSet: the instance's VRID
	IDSet     bool
	MaxLen    uint16     // bytes of a packet; 0: the kernel's choice
	Port      uint16     // 0: 8848
	TTL       uint8      // 0: 1
	Group     netip.Addr // zero: 224.0.0.81
}
