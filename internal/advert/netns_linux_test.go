package advert

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// segment enters a namespace with the interfaces va and vb, joined by a cable, both up and with addresses.
func segment(t *testing.T) (va, vb int) {
	t.Helper()
	nettest.Enter(t)
	for _, name := range []string{"all", "default"} { // both ends are in one namespace: replies are not looked for
		_ = os.WriteFile("/proc/sys/net/ipv4/conf/"+name+"/rp_filter", []byte("0"), 0)
		_ = os.WriteFile("/proc/sys/net/ipv4/conf/"+name+"/accept_local", []byte("1"), 0)
	}
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/default/accept_dad", []byte("0"), 0)
	nettest.IP(t, "link add va type veth peer name vb")
	nettest.IP(t, "link set va up")
	nettest.IP(t, "link set vb up")
	nettest.IP(t, "addr add 192.0.2.1/24 dev va")
	nettest.IP(t, "addr add 192.0.2.2/24 dev vb")
	return index(t, "va"), index(t, "vb")
}

func index(t *testing.T, name string) int {
	t.Helper()
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return ifi.Index
}

func openSender(t *testing.T) *Sender {
	t.Helper()
	tx, err := OpenSender()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Close)
	return tx
}

// receive waits for the next packet.
func receive(t *testing.T, l *Listener) Packet {
	t.Helper()
	var p Packet
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if ok, err := l.Read(&p); err != nil {
			t.Fatal(err)
		} else if ok {
			return p
		}
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(l.FD()), Events: unix.POLLIN}}, 100)
	}
	t.Fatal("nothing was received")
	return p
}

func TestWhatIsSentIsReceived(t *testing.T) {
	va, vb := segment(t)
	tx := openSender(t)
	for name, r := range map[string]Route{
		"IPv4 multicast": {Ifindex: va, Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("224.0.0.18"), TTL: 255},
		"IPv6 multicast": {Ifindex: va, Src: netip.MustParseAddr("fe80::1234"), Dst: netip.MustParseAddr("ff02::12"), TTL: 255},
	} {
		l, err := Listen("vb", r.Dst.Is6(), 4096)
		if err != nil {
			t.Fatal(name, err)
		}
		for range 2 { // joining twice is fine
			if err := l.Join(r.Dst, vb); err != nil {
				t.Fatal(name, err)
			}
		}
		for _, payload := range []string{"first", "second!"} {
			tx.Queue(7, NewMessage(r, []byte(payload)))
			tx.Flush(func(owner int32, err error) { t.Errorf("%s: owner %d: %v", name, owner, err) })
			p := receive(t, l)
			if p.Src != r.Src || p.Dst != r.Dst || p.TTL != 255 || string(p.Payload) != payload || p.TotalLen != len(payload) {
				t.Errorf("%s: got %+v", name, p)
			}
		}
		if ok, err := l.Read(new(Packet)); ok || err != nil {
			t.Errorf("%s: another packet: %v, %v", name, ok, err)
		}
		l.Close()
	}
}

func TestOtherGroupsAreNotReceived(t *testing.T) {
	va, vb := segment(t)
	tx := openSender(t)
	l, err := Listen("vb", false, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	other, err := Listen("vb", false, 0) // another program, which has joined another group
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	mine, foreign := netip.MustParseAddr("224.0.0.18"), netip.MustParseAddr("224.0.0.99")
	if err := l.Join(mine, vb); err != nil {
		t.Fatal(err)
	}
	if err := other.Join(foreign, vb); err != nil {
		t.Fatal(err)
	}
	src := netip.MustParseAddr("192.0.2.1")
	for _, dst := range []netip.Addr{foreign, mine} {
		tx.Queue(1, NewMessage(Route{Ifindex: va, Src: src, Dst: dst, TTL: 255}, []byte(dst.String())))
	}
	tx.Flush(func(_ int32, err error) { t.Error(err) })
	if p := receive(t, l); p.Dst != mine {
		t.Errorf("got a packet to %v", p.Dst)
	}
}

func TestFailureNamesItsOwnerAndTheOthersGoOut(t *testing.T) {
	va, vb := segment(t)
	tx := openSender(t)
	l, err := Listen("vb", false, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	group := netip.MustParseAddr("224.0.0.18")
	if err := l.Join(group, vb); err != nil {
		t.Fatal(err)
	}
	src := netip.MustParseAddr("192.0.2.1")
	good := NewMessage(Route{Ifindex: va, Src: src, Dst: group, TTL: 255}, []byte("x"))
	tx.Queue(1, NewMessage(Route{Ifindex: 9999, Src: src, Dst: group, TTL: 255}, []byte("no such interface")))
	tx.Queue(2, good)
	var failed []int32
	tx.Flush(func(owner int32, err error) { failed = append(failed, owner) })
	if len(failed) != 1 || failed[0] != 1 {
		t.Errorf("failed: %v", failed)
	}
	if p := receive(t, l); string(p.Payload) != "x" {
		t.Errorf("got %q", p.Payload)
	}
}

func TestSendingAndReceivingDoNotAllocate(t *testing.T) {
	va, vb := segment(t)
	tx := openSender(t)
	for _, dst := range []netip.Addr{netip.MustParseAddr("224.0.0.18"), netip.MustParseAddr("ff02::12")} {
		l, err := Listen("vb", dst.Is6(), 0)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.Join(dst, vb); err != nil {
			t.Fatal(err)
		}
		src := netip.MustParseAddr("192.0.2.1")
		if dst.Is6() {
			src = netip.MustParseAddr("fe80::1234")
		}
		m := NewMessage(Route{Ifindex: va, Src: src, Dst: dst, TTL: 255}, []byte("payload"))
		var p Packet
		failed := func(int32, error) {}
		if n := testing.AllocsPerRun(200, func() {
			tx.Queue(1, m)
			tx.Flush(failed)
			_, _ = l.Read(&p)
		}); n != 0 {
			t.Errorf("%v: %v allocations per advert", dst, n)
		}
	}
}
