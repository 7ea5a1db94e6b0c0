package ipvs

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

func tcp(addr string) lvs.ServiceKey {
	a := netip.MustParseAddrPort(addr)
	return lvs.ServiceKey{Addr: a.Addr(), Port: a.Port(), Protocol: conf.TCP, Family: familyOf(a.Addr())}
}

// services returns one service of each kind, and destinations one of each kind.
func services() []lvs.Service {
	v4, v6 := tcp("10.0.0.1:80"), tcp("[fd00::1]:80")
	udp, sctp := v4, v4
	udp.Protocol, sctp.Protocol = conf.UDP, conf.SCTP
	return []lvs.Service{
		{Key: v4, Scheduler: "rr"},
		{Key: v6, Scheduler: "wlc"},
		{Key: udp, Scheduler: "rr", OnePacket: true},
		{Key: sctp, Scheduler: "rr"},
		{Key: lvs.ServiceKey{Mark: 5, Family: conf.IPv4}, Scheduler: "wrr"},
		{Key: lvs.ServiceKey{Mark: 5, Family: conf.IPv6}, Scheduler: "wrr"},
		{Key: tcp("10.0.0.2:80"), Scheduler: "rr", Persistent: 360 * time.Second},
		{Key: tcp("10.0.0.3:80"), Scheduler: "rr", Persistent: time.Minute, Netmask: 0xffffff00},
		{Key: tcp("[fd00::3]:80"), Scheduler: "rr", Persistent: time.Minute, Netmask: 64},
		{Key: tcp("10.0.0.4:0"), Scheduler: "rr", Persistent: time.Minute},
		{Key: tcp("10.0.0.5:80"), Scheduler: "sh", Flags: conf.SchedFlag1 | conf.SchedFlag2},
		{Key: tcp("10.0.0.6:80"), Scheduler: "mh", Flags: conf.SchedFlag2},
		{Key: tcp("10.0.0.7:80"), Scheduler: "rr", Flags: conf.SchedFlag1 | conf.SchedFlag3},
	}
}

func dests(v6 bool) []lvs.Dest {
	at := func(host string) netip.AddrPort { return netip.MustParseAddrPort(host) }
	if v6 {
		return []lvs.Dest{
			{Key: at("[fd00::9]:80"), Weight: 1, Method: conf.NAT},
			{Key: at("[fd00::a]:80"), Weight: 2, Method: conf.DR},
			{Key: at("192.0.2.7:80"), Weight: 3, Method: conf.TUN},
		}
	}
	return []lvs.Dest{
		{Key: at("192.0.2.1:80"), Weight: 1, Method: conf.NAT},
		{Key: at("192.0.2.2:80"), Weight: 0, Method: conf.DR},
		{Key: at("192.0.2.3:80"), Weight: 65535, Method: conf.TUN, Upper: 100, Lower: 50},
		{Key: at("192.0.2.4:80"), Weight: 2, Method: conf.TUN, Tunnel: conf.Tunnel{Type: conf.GUE, Port: 6080, Flags: conf.TunnelCsum}},
		{Key: at("192.0.2.5:80"), Weight: 2, Method: conf.TUN, Tunnel: conf.Tunnel{Type: conf.GUE, Port: 6080, Flags: conf.TunnelRemCsum}},
		{Key: at("192.0.2.6:80"), Weight: 2, Method: conf.TUN, Tunnel: conf.Tunnel{Type: conf.GRE}},
		{Key: at("[fd00::7]:80"), Weight: 2, Method: conf.TUN},
	}
}

// What is written is what is read.
func TestCodecReadsWhatItWrites(t *testing.T) {
	for _, s := range services() {
		e := &encoder{}
		encodeService(e, &s)
		if got, err := decodeService(&decoder{rest: e.out}); err != nil || got != s {
			t.Errorf("%v: got %v, %v", s, got, err)
		}
		for _, d := range dests(s.Key.Family == conf.IPv6) {
			e := &encoder{}
			encodeDest(e, &d, true)
			if got, err := decodeDest(&decoder{rest: e.out}, s.Key.Family); err != nil || got != d {
				t.Errorf("%v: got %v, %v", d, got, err)
			}
		}
	}
}

// message returns a message of netlink.
func message(kind uint16, seq uint32, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.NLMSG_HDRLEN+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, 0)
	b = binary.NativeEndian.AppendUint32(b, seq)
	return append(binary.NativeEndian.AppendUint32(b, 0), body...)
}

// A list ends with its last message, whatever else comes in; what does not fit is an error.
func TestElements(t *testing.T) {
	const family = 30
	e := encoder{out: []byte{cmdGetDest, familyVersion, 0, 0}}
	at := e.open(attrDest)
	e.uint32(destWeight, 7)
	e.close(at)
	element, done := message(family, 5, e.out), message(unix.NLMSG_DONE, 5, []byte{0, 0, 0, 0})
	short := slices.Clone(element)
	binary.NativeEndian.PutUint16(short[unix.NLMSG_HDRLEN+genericHeader:], 99)
	errno := func(n unix.Errno) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(-int32(n))) }
	for _, c := range []struct {
		what  string
		b     []byte
		found int
		more  bool
		err   error
	}{
		{"two, and more to come", slices.Concat(element, element), 2, true, nil},
		{"one and the end", slices.Concat(element, done, element), 1, false, nil},
		{"the answer to something else", slices.Concat(message(family, 4, e.out), message(unix.NLMSG_DONE, 4, nil), element), 1, true, nil},
		{"refused", message(unix.NLMSG_ERROR, 5, errno(unix.ESRCH)), 0, false, unix.ESRCH},
		{"ended by an error", slices.Concat(element, message(unix.NLMSG_DONE, 5, errno(unix.EINTR))), 1, false, unix.EINTR},
		{"cut off", element[:len(element)-1], 0, false, errMessage},
		{"without an end", make([]byte, 32), 0, false, errMessage},
		{"an attribute that is too long", short, 0, false, errAttribute},
		{"nothing", nil, 0, true, nil},
	} {
		found := 0
		more, err := elements(c.b, 5, attrDest, func(d *decoder) error {
			for d.next() {
				if d.kind == destWeight && d.uint32() == 7 {
					found++
				}
			}
			return d.err
		})
		if found != c.found || more != c.more || !errors.Is(err, c.err) {
			t.Errorf("%s: %d elements, more: %v, %v", c.what, found, more, err)
		}
	}
}

// FuzzDecode looks for answers of the kernel that the decoder does not survive.
func FuzzDecode(f *testing.F) {
	for _, s := range services() {
		e := &encoder{}
		encodeService(e, &s)
		f.Add(e.out)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = decodeService(&decoder{rest: b})
		_, _ = decodeDest(&decoder{rest: b}, conf.IPv4)
		_, _ = elements(b, 0, attrDest, func(d *decoder) error {
			_, err := decodeDest(d, conf.IPv6)
			return err
		})
	})
}
