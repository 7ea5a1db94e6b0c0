// Package netcfg puts addresses in place on this machine and takes them away.
package netcfg

import (
	"fmt"
	"net/netip"
)

// Addr is an address as it stands on an interface.
type Addr struct {
	Ifindex      int
	Prefix       netip.Prefix // address, not masked, and prefix length
	Peer         netip.Prefix // valid: a point-to-point peer
	Broadcast    netip.Addr   // valid: the broadcast address
	Label        string       // IPv4 only
	Scope        uint8        // rtnetlink scope
	Flags        uint32       // IFA_F_*
	PreferredLft uint32       // seconds, LftForever for no limit; IPv6 only
}

// LftForever is a lifetime without limit.
const LftForever = 0xffffffff

// Kernel changes the network state of this host. Every method may be repeated: adding what is there and deleting what
// is not there succeed. A slice goes to the kernel as one batch; when some addresses fail the others are done all the
// same and the error is an AddrErrors.
type Kernel interface {
	AddAddrs([]Addr) error
	DelAddrs([]Addr) error
}

// AddrError is an address that the kernel refused.
type AddrError struct {
	Addr Addr
	Err  error
}

// AddrErrors are the failures of one batch.
type AddrErrors []AddrError

// Error names the first failure and how many there are.
func (e AddrErrors) Error() string {
	s := fmt.Sprintf("%v on interface %d: %v", e[0].Addr.Prefix, e[0].Addr.Ifindex, e[0].Err)
	if len(e) > 1 {
		s += fmt.Sprintf(" (and %d more)", len(e)-1)
	}
	return s
}

// BroadcastOf returns the highest address of an IPv4 prefix, as "brd +" of ip(8) means it.
func BroadcastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom4(b)
}
