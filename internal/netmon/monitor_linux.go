// Package netmon mirrors the links and addresses of the kernel and reports changes: the netlink reflector.
package netmon

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Link is an interface as the kernel last described it.
type Link struct {
	Index int
	Name  string
	HW    net.HardwareAddr
	Up    bool   // IFF_UP and IFF_RUNNING: it can carry packets
	VRF   uint32 // routing table of a device for virtual routing and forwarding; 0: it is none
	// Addrs are the addresses that others than the command channel have set, in the kernel's order.
	Addrs []netip.Prefix
}

// EventKind says what has changed.
type EventKind uint8

// The changes.
const (
	LinkChanged EventKind = iota + 1 // new, up, down, renamed, other hardware address
	LinkGone
	AddrAdded
	AddrRemoved
	RouteRemoved // one with the protocol keepalived
	RuleRemoved  // the same
	// Resynced follows an overrun: notifications were lost and Link.Addrs now lists all addresses, our own too.
	Resynced
)

// Event is one change. Link holds what was known of the interface when the event was read.
type Event struct {
	Kind   EventKind
	Link   *Link
	Prefix netip.Prefix // of an address event
	Route  Route
	Rule   Rule
	Was    string // LinkChanged: the old name when the interface was renamed
}

// Monitor mirrors links and addresses. One goroutine owns it.
type Monitor struct {
	fd    int
	dump  *netlink.Handle
	links map[int]*Link
	names map[string]*Link
	buf   []byte
}

// defaultRcvBuf holds the notifications of some thousand changes that others make in one go.
const defaultRcvBuf = 1 << 20

// Open subscribes to changes and reads what is there. rcvbuf is in bytes, 0 for our default; force exceeds the
// system's limit. Changes made through the netlink port ignore are not reported, unless it is 0: the kernel drops their
// notifications.
func Open(rcvbuf int, force bool, ignore uint32) (*Monitor, error) {
	dump, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("cannot open netlink: %w", err)
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		dump.Close()
		return nil, fmt.Errorf("cannot open netlink monitor: %w", err)
	}
	m := &Monitor{fd: fd, dump: dump, links: map[int]*Link{}, names: map[string]*Link{}, buf: make([]byte, 32<<10)}
	if err := m.subscribe(rcvbuf, force, ignore); err != nil {
		m.Close()
		return nil, fmt.Errorf("cannot subscribe to netlink: %w", err)
	}
	if err := m.resync(); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Monitor) subscribe(rcvbuf int, force bool, ignore uint32) error {
	opt := unix.SO_RCVBUF
	if force || rcvbuf == 0 {
		opt = unix.SO_RCVBUFFORCE
	}
	if rcvbuf == 0 {
		rcvbuf = defaultRcvBuf
	}
	if err := unix.SetsockoptInt(m.fd, unix.SOL_SOCKET, opt, rcvbuf); err != nil {
		return err
	}
	if err := attach(m.fd, ignore); err != nil {
		return err
	}
	groups := uint32(0)
	for _, g := range []int{unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV4_ROUTE,
		unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_IPV4_RULE, unix.RTNLGRP_IPV6_RULE} {
		groups |= 1 << (g - 1)
	}
	return unix.Bind(m.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups})
}

// attach installs the filter.
func attach(fd int, port uint32) error {
	prog, err := filter(port)
	if err != nil {
		return err
	}
	code := make([]unix.SockFilter, len(prog))
	for i, ins := range prog {
		code[i] = unix.SockFilter{Code: ins.Op, Jt: ins.Jt, Jf: ins.Jf, K: ins.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]})
}

// Close closes the monitor.
func (m *Monitor) Close() {
	unix.Close(m.fd)
	m.dump.Close()
}

// FD returns the descriptor, for a poller.
func (m *Monitor) FD() int { return m.fd }

// Link returns the interface with this name, nil when there is none.
func (m *Monitor) Link(name string) *Link { return m.names[name] }

// LinkByIndex returns the interface with this index, nil when there is none.
func (m *Monitor) LinkByIndex(index int) *Link { return m.links[index] }

// Forget takes an address out of the mirror. It is for changes that were made through the ignored port.
func (m *Monitor) Forget(index int, p netip.Prefix) {
	if l := m.links[index]; l != nil {
		l.removed(p, nil)
	}
}

// Remember puts an address that was set through the ignored port into the mirror, as one of the machine's own.
func (m *Monitor) Remember(index int, p netip.Prefix) {
	if l := m.links[index]; l != nil {
		l.added(p, nil)
	}
}

// Read takes all waiting notifications and returns the changes appended to events. After an overrun of the receive
// buffer it reads everything anew and returns the difference.
func (m *Monitor) Read(events []Event) ([]Event, error) {
	for {
		n, _, err := unix.Recvfrom(m.fd, m.buf, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return events, nil
		case errors.Is(err, unix.ENOBUFS):
			old := m.links
			if err := m.resync(); err != nil {
				return events, err
			}
			return append(diff(old, m.links, events), Event{Kind: Resynced}), nil
		case err != nil:
			return events, fmt.Errorf("cannot receive from netlink: %w", err)
		}
		msgs, err := syscall.ParseNetlinkMessage(m.buf[:n])
		if err != nil {
			return events, fmt.Errorf("cannot read netlink notification: %w", err)
		}
		for i := range msgs {
			events = m.apply(&msgs[i], events)
		}
	}
}

func (m *Monitor) apply(msg *syscall.NetlinkMessage, events []Event) []Event {
	switch msg.Header.Type {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		l, err := netlink.LinkDeserialize((*unix.NlMsghdr)(&msg.Header), msg.Data)
		if err != nil || len(msg.Data) < unix.SizeofIfInfomsg || msg.Data[0] != unix.AF_UNSPEC {
			return events // bridge and IPv6 details come in the same group
		}
		if msg.Header.Type == unix.RTM_DELLINK {
			return m.linkGone(l.Attrs().Index, events)
		}
		return m.linkChanged(l, events)
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		index, prefix, ok := parseAddr(msg.Data)
		l := m.links[index]
		if !ok || l == nil {
			return events
		}
		if msg.Header.Type == unix.RTM_DELADDR {
			return l.removed(prefix, events)
		}
		return l.added(prefix, events)
	case unix.RTM_DELROUTE:
		if r, ok := parseRoute(msg.Data); ok {
			return append(events, Event{Kind: RouteRemoved, Route: r})
		}
	case unix.RTM_DELRULE:
		if r, ok := parseRule(msg.Data); ok {
			return append(events, Event{Kind: RuleRemoved, Rule: r})
		}
	}
	return events
}

func (m *Monitor) linkGone(index int, events []Event) []Event {
	l := m.links[index]
	if l == nil {
		return events
	}
	delete(m.links, index)
	if m.names[l.Name] == l {
		delete(m.names, l.Name)
	}
	l.Up = false
	return append(events, Event{Kind: LinkGone, Link: l})
}

func (m *Monitor) linkChanged(link netlink.Link, events []Event) []Event {
	a, fresh := link.Attrs(), linkOf(link)
	l := m.links[a.Index]
	if l == nil {
		m.links[a.Index], m.names[a.Name] = fresh, fresh
		return append(events, Event{Kind: LinkChanged, Link: fresh})
	}
	ev := Event{Kind: LinkChanged, Link: l}
	if l.Name != fresh.Name {
		ev.Was = l.Name
	}
	if ev.Was == "" && l.Up == fresh.Up && l.HW.String() == fresh.HW.String() {
		return events // counters, or something else that we do not follow
	}
	if ev.Was != "" {
		if m.names[ev.Was] == l { // another may have taken the name already
			delete(m.names, ev.Was)
		}
		m.names[fresh.Name] = l
	}
	l.Name, l.Up, l.HW = fresh.Name, fresh.Up, fresh.HW
	return append(events, ev)
}

func linkOf(link netlink.Link) *Link {
	const up = unix.IFF_UP | unix.IFF_RUNNING
	a := link.Attrs()
	l := &Link{Index: a.Index, Name: a.Name, HW: a.HardwareAddr, Up: a.RawFlags&up == up}
	if vrf, ok := link.(*netlink.Vrf); ok {
		l.VRF = vrf.Table
	}
	return l
}

// resync reads all links and addresses anew.
func (m *Monitor) resync() error {
	links, err := m.dump.LinkList()
	if err != nil {
		return fmt.Errorf("cannot list interfaces: %w", err)
	}
	fresh := make(map[int]*Link, len(links))
	for _, l := range links {
		fresh[l.Attrs().Index] = linkOf(l)
	}
	addrs, err := m.dump.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return fmt.Errorf("cannot list addresses: %w", err)
	}
	for _, a := range addrs {
		if l := fresh[a.LinkIndex]; l != nil {
			if p, ok := prefixOf(a.IP, a.Mask); ok {
				l.Addrs = append(l.Addrs, p)
			}
		}
	}
	m.links, m.names = fresh, make(map[string]*Link, len(fresh))
	for _, l := range fresh {
		m.names[l.Name] = l
	}
	return nil
}

func prefixOf(ip net.IP, mask net.IPMask) (netip.Prefix, bool) {
	a, ok := netip.AddrFromSlice(ip)
	ones, _ := mask.Size()
	return netip.PrefixFrom(a.Unmap(), ones), ok
}

// parseAddr reads the interface and the local address of a struct ifaddrmsg and its attributes.
func parseAddr(data []byte) (index int, p netip.Prefix, ok bool) {
	if len(data) < unix.SizeofIfAddrmsg {
		return 0, p, false
	}
	msg := nl.DeserializeIfAddrmsg(data)
	attrs, err := nl.ParseRouteAttr(data[unix.SizeofIfAddrmsg:])
	if err != nil {
		return 0, p, false
	}
	var local, address netip.Addr
	for _, a := range attrs {
		switch a.Attr.Type {
		case unix.IFA_LOCAL: // with a peer, ours; IPv6 without a peer has none
			local, _ = netip.AddrFromSlice(a.Value)
		case unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(a.Value)
		}
	}
	if !local.IsValid() {
		local = address
	}
	return int(msg.Index), netip.PrefixFrom(local, int(msg.Prefixlen)), local.IsValid()
}
