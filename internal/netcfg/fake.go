package netcfg

import (
	"fmt"
	"slices"
	"strings"
)

// Fake is a Kernel in memory for tests. It prints itself as ip(8) commands.
type Fake struct {
	Addrs []Addr
	// Fail, when set, is asked before each change.
	Fail func(Addr) error
	Log  []string // every change as an ip command
}

var _ Kernel = (*Fake)(nil)

// AddAddrs adds what is not there.
func (f *Fake) AddAddrs(addrs []Addr) error {
	return f.each(addrs, func(a Addr) {
		if f.index(a) < 0 {
			f.Addrs = append(f.Addrs, a)
			f.Log = append(f.Log, "ip addr add "+a.String())
		}
	})
}

// DelAddrs deletes what is there.
func (f *Fake) DelAddrs(addrs []Addr) error {
	return f.each(addrs, func(a Addr) {
		if i := f.index(a); i >= 0 {
			f.Addrs = slices.Delete(f.Addrs, i, i+1)
			f.Log = append(f.Log, "ip addr del "+a.String())
		}
	})
}

func (f *Fake) each(addrs []Addr, do func(Addr)) error {
	var failed AddrErrors
	for _, a := range addrs {
		if f.Fail != nil {
			if err := f.Fail(a); err != nil {
				failed = append(failed, AddrError{a, err})
				continue
			}
		}
		do(a)
	}
	if failed != nil {
		return failed
	}
	return nil
}

func (f *Fake) index(a Addr) int {
	return slices.IndexFunc(f.Addrs, func(b Addr) bool { return a.Ifindex == b.Ifindex && a.Prefix == b.Prefix })
}

// String returns the arguments of ip(8) that make the address.
func (a Addr) String() string {
	s := []string{a.Prefix.String(), fmt.Sprintf("dev if%d", a.Ifindex)}
	if a.Peer.IsValid() {
		s = append(s, "peer "+a.Peer.String())
	}
	if a.Broadcast.IsValid() {
		s = append(s, "brd "+a.Broadcast.String())
	}
	if a.Label != "" {
		s = append(s, "label "+a.Label)
	}
	if a.Scope != 0 {
		s = append(s, fmt.Sprintf("scope %d", a.Scope))
	}
	return strings.Join(s, " ")
}
