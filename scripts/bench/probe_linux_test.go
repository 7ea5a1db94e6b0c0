//go:build bench

package bench

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/advert"
	"github.com/keepalived-go/keepalived/internal/nettest"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// seen is one packet that the probe has captured, with the kernel's time of it.
type seen struct {
	at   time.Time
	arp  bool
	ours bool // sent by the probe itself
	vrid uint8
	prio uint8
	addr netip.Addr // announced
}

// probe captures adverts and gratuitous ARPs on the segment and sends adverts as a master would.
type probe struct {
	fd   int
	tx   *advert.Sender
	idx  int
	mu   sync.Mutex
	pkts []seen
}

const frameHeader = 14

func newProbe(h *nettest.Host) (*probe, error) {
	p := &probe{}
	var err error
	h.In(func() error {
		ifi, e := net.InterfaceByName("eth0")
		if e != nil {
			return e
		}
		p.idx = ifi.Index
		if p.tx, err = advert.OpenSender(); err != nil {
			return err
		}
		p.fd, err = openCapture(ifi.Index)
		return err
	})
	if err == nil {
		go p.run()
	}
	return p, err
}

func openCapture(index int) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	prog, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 12, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_ARP, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ETH_P_IP, SkipTrue: 3},
		bpf.LoadAbsolute{Off: 23, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: vrrp.Protocol, SkipTrue: 1},
		bpf.RetConstant{Val: 128},
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		return -1, err
	}
	filter := make([]unix.SockFilter, len(prog))
	for i, ins := range prog {
		filter[i] = unix.SockFilter{Code: ins.Op, Jt: ins.Jt, Jf: ins.Jf, K: ins.K}
	}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}); err != nil {
		return -1, err
	}
	for _, o := range [][2]int{{unix.SO_TIMESTAMPNS, 1}, {unix.SO_RCVBUFFORCE, 64 << 20}} {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, o[0], o[1]); err != nil {
			return -1, err
		}
	}
	return fd, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: 0x0300, Ifindex: index}) // ETH_P_ALL
}

func (p *probe) run() {
	buf, oob := make([]byte, 256), make([]byte, 128)
	for {
		n, oobn, _, from, err := unix.Recvmsg(p.fd, buf, oob, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return
		}
		s, ok := parse(buf[:n])
		if !ok {
			continue
		}
		if ll, is := from.(*unix.SockaddrLinklayer); is && ll.Pkttype == unix.PACKET_OUTGOING {
			s.ours = true
		}
		s.at = stamp(oob[:oobn])
		p.mu.Lock()
		p.pkts = append(p.pkts, s)
		p.mu.Unlock()
	}
}

func parse(b []byte) (seen, bool) {
	if len(b) < frameHeader+28 {
		return seen{}, false
	}
	if binary.BigEndian.Uint16(b[12:]) == unix.ETH_P_ARP {
		return seen{arp: true, addr: netip.AddrFrom4([4]byte(b[28:32]))}, true
	}
	return seen{vrid: b[frameHeader+21], prio: b[frameHeader+22]}, true
}

func stamp(oob []byte) time.Time {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(msgs) == 0 || len(msgs[0].Data) < 16 {
		return time.Now()
	}
	d := msgs[0].Data
	return time.Unix(int64(binary.NativeEndian.Uint64(d)), int64(binary.NativeEndian.Uint64(d[8:])))
}

// take returns what was captured so far and forgets it.
func (p *probe) take() []seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	pkts := p.pkts
	p.pkts = nil
	return pkts
}

func (p *probe) peek(n int) []seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pkts[min(n, len(p.pkts)):]
}

// advertise sends one advert of a master of priority 200 for each VRID, with the addresses of instances.
func (p *probe) advertise(vrids, addrs int, interval time.Duration) error {
	var failed error
	for v := 1; v <= vrids; v++ {
		src := netip.MustParseAddr("10.77.0.2")
		a := vrrp.Advert{Version: vrrp.V3, VRID: uint8(v), Priority: 200, Interval: interval,
			Addrs: advertised(v, addrs)}
		b, err := a.Append(nil, src, vrrp.GroupV4())
		if err != nil {
			return err
		}
		p.tx.Queue(int32(v), advert.NewMessage(advert.Route{Ifindex: p.idx, Src: src, Dst: vrrp.GroupV4(), TTL: 255}, b))
	}
	p.tx.Flush(func(_ int32, err error) { failed = err })
	return failed
}

func (p *probe) close() {
	unix.Close(p.fd)
	p.tx.Close()
}
