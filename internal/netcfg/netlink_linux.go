package netcfg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// ackTimeout bounds the wait for the kernel's answer to a batch. The kernel works a batch off while it is being sent,
// so an answer that is not there after this will not come.
const ackTimeout = 5 * time.Second

// Linux is the kernel that this process runs on. It writes through one netlink socket, whole batches in one message
// exchange, which the request/response calls of the netlink library cannot do.
type Linux struct {
	fd     int
	portid uint32
	seq    uint32
	out    []byte
	in     []byte
}

var _ Kernel = (*Linux)(nil)

// Open opens the netlink command channel. rcvbuf is in bytes, 0 for our default; force exceeds the system's limit.
func Open(rcvbuf int, force bool) (*Linux, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("cannot open netlink command channel: %w", err)
	}
	l := &Linux{fd: fd, in: make([]byte, 32<<10)}
	if err := l.prepare(rcvbuf, force); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("cannot prepare netlink command channel: %w", err)
	}
	return l, nil
}

func (l *Linux) prepare(rcvbuf int, force bool) error {
	if err := unix.Bind(l.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	sa, err := unix.Getsockname(l.fd)
	if err != nil {
		return err
	}
	l.portid = sa.(*unix.SockaddrNetlink).Pid
	tv := unix.NsecToTimeval(int64(ackTimeout))
	if err := unix.SetsockoptTimeval(l.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		return err
	}
	if rcvbuf > 0 {
		opt := unix.SO_RCVBUF
		if force {
			opt = unix.SO_RCVBUFFORCE
		}
		return unix.SetsockoptInt(l.fd, unix.SOL_SOCKET, opt, rcvbuf)
	}
	return nil
}

// Close closes the channel.
func (l *Linux) Close() { unix.Close(l.fd) }

// PortID returns the netlink port of the channel: the kernel stamps it on the notifications that our changes cause.
func (l *Linux) PortID() uint32 { return l.portid }

// AddAddrs puts addresses in place. An address that is there already is no error.
func (l *Linux) AddAddrs(addrs []Addr) error {
	return l.batch(addrs, unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, unix.EEXIST)
}

// DelAddrs takes addresses away. An address or interface that is not there is no error.
func (l *Linux) DelAddrs(addrs []Addr) error {
	return l.batch(addrs, unix.RTM_DELADDR, 0, unix.EADDRNOTAVAIL, unix.ENODEV)
}

// maxBatch keeps a batch, and the errors that it may cause, well within the default socket buffers.
const maxBatch = 256

func (l *Linux) batch(addrs []Addr, typ uint16, flags uint16, fine ...syscall.Errno) error {
	err := l.items(len(addrs), func(b []byte, i int, f uint16, seq uint32) []byte {
		return appendAddrRequest(b, typ, f|flags, seq, &addrs[i])
	}, fine...)
	var failed ItemErrors
	if !errors.As(err, &failed) {
		return err
	}
	var errs AddrErrors
	for _, e := range failed {
		errs = append(errs, AddrError{addrs[e.Index], e.Err})
	}
	return errs
}

func (l *Linux) receive() (int, error) {
	for {
		n, _, err := unix.Recvfrom(l.fd, l.in, 0)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return 0, fmt.Errorf("netlink did not answer within %v", ackTimeout)
		case err != nil:
			return 0, fmt.Errorf("cannot receive from netlink: %w", err)
		default:
			return n, nil
		}
	}
}

// answer returns the error number of a struct nlmsgerr; 0 is an acknowledgement.
func answer(data []byte) syscall.Errno {
	return syscall.Errno(-int32(binary.NativeEndian.Uint32(data)))
}

func contains(errnos []syscall.Errno, e syscall.Errno) bool {
	for _, x := range errnos {
		if x == e {
			return true
		}
	}
	return false
}

// appendAddrRequest appends one RTM_NEWADDR or RTM_DELADDR request (rtnetlink(7)).
func appendAddrRequest(b []byte, typ, flags uint16, seq uint32, a *Addr) []byte {
	start := len(b)
	b = append(b, make([]byte, unix.NLMSG_HDRLEN)...)
	msg := nl.NewIfAddrmsg(addressFamily(a.Prefix.Addr()))
	msg.Prefixlen = uint8(a.Prefix.Bits())
	msg.Flags = uint8(a.Flags)
	msg.Scope = a.Scope
	msg.Index = uint32(a.Ifindex)
	peer := a.Prefix.Addr()
	if a.Peer.IsValid() {
		peer = a.Peer.Addr()
		msg.Prefixlen = uint8(a.Peer.Bits())
	}
	b = append(b, msg.Serialize()...)
	b = appendAttr(b, unix.IFA_LOCAL, a.Prefix.Addr().AsSlice())
	b = appendAttr(b, unix.IFA_ADDRESS, peer.AsSlice())
	if a.Broadcast.IsValid() {
		b = appendAttr(b, unix.IFA_BROADCAST, a.Broadcast.AsSlice())
	}
	if a.Label != "" {
		b = appendAttr(b, unix.IFA_LABEL, append([]byte(a.Label), 0))
	}
	if a.Flags > 0xff {
		b = appendAttr(b, unix.IFA_FLAGS, binary.NativeEndian.AppendUint32(nil, a.Flags))
	}
	if typ == unix.RTM_NEWADDR && a.Prefix.Addr().Is6() && a.PreferredLft != LftForever {
		info := nl.IfaCacheInfo{IfaCacheinfo: unix.IfaCacheinfo{Prefered: a.PreferredLft, Valid: LftForever}}
		b = appendAttr(b, unix.IFA_CACHEINFO, info.Serialize())
	}
	return finishRequest(b, start, typ, flags, seq)
}

// appendAttr appends one attribute, padded to four bytes.
func appendAttr(b []byte, typ uint16, value []byte) []byte {
	n := unix.SizeofRtAttr + len(value)
	b = binary.NativeEndian.AppendUint16(b, uint16(n))
	b = binary.NativeEndian.AppendUint16(b, typ)
	b = append(b, value...)
	for ; n%4 != 0; n++ {
		b = append(b, 0)
	}
	return b
}

func addressFamily(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
