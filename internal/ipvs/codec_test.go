package ipvs

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mdlayher/netlink"

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
		if got, err := decodeService(decoder(t, e)); err != nil || got != s {
			t.Errorf("%v: got %v, %v", s, got, err)
		}
		for _, d := range dests(s.Key.Family == conf.IPv6) {
			e := &encoder{}
			encodeDest(e, &d, true)
			if got, err := decodeDest(decoder(t, e), s.Key.Family); err != nil || got != d {
				t.Errorf("%v: got %v, %v", d, got, err)
			}
		}
	}
}

func decoder(t *testing.T, e *encoder) *netlink.AttributeDecoder {
	t.Helper()
	d, err := netlink.NewAttributeDecoder(e.out)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// FuzzDecode looks for answers of the kernel that the decoder does not survive.
func FuzzDecode(f *testing.F) {
	for _, s := range services() {
		e := &encoder{}
		encodeService(e, &s)
		f.Add(e.out)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := netlink.NewAttributeDecoder(b); err == nil {
			_, _ = decodeService(d)
		}
		if d, err := netlink.NewAttributeDecoder(b); err == nil {
			_, _ = decodeDest(d, conf.IPv4)
		}
	})
}
