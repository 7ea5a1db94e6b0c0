package lvs

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// ServiceKey names a virtual service of the kernel: by address, port and protocol, or by a mark of the firewall.
type ServiceKey struct {
	Addr     netip.Addr // zero for a mark
	Port     uint16
	Protocol conf.Protocol
	Mark     uint32
	Family   conf.Family // of the packets
}

// String returns the key as ipvsadm shows it in its options.
func (k ServiceKey) String() string {
	switch {
	case k.Addr.IsValid():
		return fmt.Sprintf("%s:%s", netip.AddrPortFrom(k.Addr, k.Port), k.Protocol)
	case k.Family == conf.IPv6:
		return fmt.Sprintf("fwm %d inet6", k.Mark)
	}
	return fmt.Sprintf("fwm %d", k.Mark)
}

// Service is a virtual service as the kernel is to have it.
type Service struct {
	Key        ServiceKey
	Scheduler  string
	Flags      conf.SchedFlags
	Persistent time.Duration // whole seconds; 0: not persistent
	Netmask    uint32        // as conf.VirtualServer.Netmask
	Engine     string
	OnePacket  bool
}

// DestKey names a destination of a virtual service.
type DestKey = netip.AddrPort

// Dest is a destination as the kernel is to have it.
type Dest struct {
	Key          DestKey
	Weight       int // 0: no new connections
	Method       conf.Forwarding
	Tunnel       conf.Tunnel // of conf.TUN
	Upper, Lower uint32      // thresholds of connections; 0: none
}

// setting is a Dest without its key: there are many.
type setting struct {
	weight       int
	upper, lower uint32
	tunnel       conf.Tunnel
	method       conf.Forwarding
}

func (d *Dest) setting() setting { return setting{d.Weight, d.Upper, d.Lower, d.Tunnel, d.Method} }

func (s setting) dest(k DestKey) Dest {
	return Dest{Key: k, Weight: s.weight, Method: s.method, Tunnel: s.tunnel, Upper: s.upper, Lower: s.lower}
}

// Programmed is a virtual service of the kernel and its destinations.
type Programmed struct {
	Service Service
	Dests   []Dest
}
