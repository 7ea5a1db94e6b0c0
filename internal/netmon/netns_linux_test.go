package netmon

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/netcfg"
	"github.com/keepalived-go/keepalived/internal/nettest"
)

func open(t *testing.T, rcvbuf int, ignore uint32) *Monitor {
	t.Helper()
	m, err := Open(rcvbuf, false, ignore)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// read returns what has changed, as text. ip(8) returns when the kernel is done, so nothing has to be waited for.
func read(t *testing.T, m *Monitor) string {
	t.Helper()
	evs, err := m.Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, e := range evs {
		switch e.Kind {
		case LinkChanged:
			s = append(s, fmt.Sprintf("%s%s up=%v", map[bool]string{true: e.Was + "->"}[e.Was != ""], e.Link.Name, e.Link.Up))
		case LinkGone:
			s = append(s, e.Link.Name+" gone")
		case AddrAdded, AddrRemoved:
			if e.Prefix.Addr().Is4() { // the kernel makes IPv6 addresses when it likes
				s = append(s, fmt.Sprintf("%s %s%v", e.Link.Name, map[EventKind]string{AddrAdded: "+", AddrRemoved: "-"}[e.Kind], e.Prefix))
			}
		case Resynced:
			s = append(s, "resynced")
		}
	}
	return strings.Join(s, "; ")
}

func TestChangesAreReported(t *testing.T) {
	nettest.Enter(t)
	nettest.IP(t, "link add va type veth peer name vb")
	nettest.IP(t, "addr add 192.0.2.1/24 dev va")
	m := open(t, 0, 0)
	if l := m.Link("va"); l == nil || l.Up || !slices.Equal(l.Addrs, []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}) {
		t.Fatalf("va: %+v", l)
	}
	if m.Link("nosuch") != nil {
		t.Error("found an interface that is not there")
	}
	for _, step := range []struct{ do, want string }{
		{"link set va up", "va up=false"}, // the other end is down
		{"link set vb up", "va up=true; vb up=true"},
		{"addr add 192.0.2.2/24 dev va", "va +192.0.2.2/24"},
		{"addr change 192.0.2.2/24 dev va preferred_lft 100 valid_lft 200", ""},
		{"addr del 192.0.2.1/24 dev va", "va -192.0.2.1/24; va -192.0.2.2/24"}, // secondaries go too
		{"link set vb down", "va up=false; vb up=false"},
		{"link set va name vc", "va->vc up=false"},
		{"link del vc", "vb gone; vc gone"},
	} {
		nettest.IP(t, step.do)
		if step.do == "link set va up" {
			continue // no change as far as the mirror goes
		}
		waitFor(t, m, step.do, step.want)
	}
}

// waitFor reads until the changes are those wanted: the kernel reports the carrier when it gets round to it.
func waitFor(t *testing.T, m *Monitor, do, want string) {
	t.Helper()
	var got []string
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if s := read(t, m); s != "" {
			got = append(got, strings.Split(s, "; ")...)
			slices.Sort(got)
		}
		if strings.Join(got, "; ") == want {
			return
		}
		fd := []unix.PollFd{{Fd: int32(m.FD()), Events: unix.POLLIN}}
		_, _ = unix.Poll(fd, 100)
	}
	t.Errorf("%s: got %q, want %q", do, got, want)
}

func TestOwnChangesAreNotReportedButTheirRemovalByOthersIs(t *testing.T) {
	nettest.Enter(t)
	nettest.IP(t, "link add va type veth peer name vb")
	k, err := netcfg.Open(0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	m := open(t, 0, k.PortID())
	ifi, err := net.InterfaceByName("va")
	if err != nil {
		t.Fatal(err)
	}
	a := []netcfg.Addr{{Ifindex: ifi.Index, Prefix: netip.MustParsePrefix("192.0.2.9/32")}}
	if err := k.AddAddrs(a); err != nil {
		t.Fatal(err)
	}
	if got := read(t, m); got != "" {
		t.Errorf("own addition: %s", got)
	}
	nettest.IP(t, "addr del 192.0.2.9/32 dev va")
	if got := read(t, m); got != "va -192.0.2.9/32" {
		t.Errorf("removal by ip: %s", got)
	}
}

func TestOverrunIsMadeGoodByReadingAnew(t *testing.T) {
	nettest.Enter(t)
	nettest.IP(t, "link add va type veth peer name vb")
	nettest.IP(t, "addr add 192.0.2.1/24 dev va")
	m := open(t, 1, 0) // the kernel's least buffer
	for i := range 40 {
		nettest.IP(t, fmt.Sprintf("addr add 10.0.%d.1/24 dev va", i))
	}
	nettest.IP(t, "addr del 192.0.2.1/24 dev va")
	got := read(t, m)
	if !strings.Contains(got, "resynced") || !strings.Contains(got, "va -192.0.2.1/24") || strings.Count(got, "va +10.0.") != 40 {
		t.Errorf("after an overrun: %s", got)
	}
	if n := len(m.Link("va").Addrs); n != 40 {
		t.Errorf("%d addresses in the mirror", n)
	}
}
