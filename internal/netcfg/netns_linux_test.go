package netcfg

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

func vethIndex(t *testing.T) int {
	t.Helper()
	nettest.Enter(t)
	nettest.IP(t, "link add va type veth peer name vb")
	nettest.IP(t, "link set va up")
	ifi, err := net.InterfaceByName("va")
	if err != nil {
		t.Fatal(err)
	}
	return ifi.Index
}

func openLinux(t *testing.T) *Linux {
	t.Helper()
	l, err := Open(0, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func TestAddressStandsAsAsked(t *testing.T) {
	index := vethIndex(t)
	l := openLinux(t)
	p := netip.MustParsePrefix("192.0.2.10/24")
	addrs := []Addr{
		{Ifindex: index, Prefix: p, Label: "va:9", Broadcast: BroadcastOf(p)},
		{Ifindex: index, Prefix: netip.MustParsePrefix("198.51.100.1/32"), Scope: 253},
		{Ifindex: index, Prefix: netip.MustParsePrefix("203.0.113.1/32"), Peer: netip.MustParsePrefix("203.0.113.2/32")},
		{Ifindex: index, Prefix: netip.MustParsePrefix("2001:db8::1/128"), Flags: 2 /* nodad */, PreferredLft: 0},
		{Ifindex: index, Prefix: netip.MustParsePrefix("2001:db8::2/64"), Flags: 0x202, PreferredLft: LftForever},
	}
	if err := l.AddAddrs(addrs); err != nil {
		t.Fatal(err)
	}
	got := nettest.IP(t, "-o addr show dev va")
	for _, want := range []string{
		"192.0.2.10/24 brd 192.0.2.255 scope global va:9",
		"198.51.100.1/32 scope link",
		"203.0.113.1 peer 203.0.113.2/32",
		"2001:db8::1/128 scope global nodad deprecated",
		"2001:db8::2/64 scope global nodad noprefixroute",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if err := l.AddAddrs(addrs); err != nil {
		t.Errorf("adding again: %v", err)
	}
	for range 2 {
		if err := l.DelAddrs(addrs); err != nil {
			t.Errorf("deleting: %v", err)
		}
	}
	if got := nettest.IP(t, "-o -4 addr show dev va"); got != "" {
		t.Errorf("left behind: %s", got)
	}
}

func TestThousandAddressesGoInBatchesAndFailuresAreNamed(t *testing.T) {
	index := vethIndex(t)
	l := openLinux(t)
	var addrs []Addr
	for i := range 1000 {
		a := Addr{Ifindex: index, Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 32)}
		if i == 300 || i == 700 {
			a.Ifindex = 9999
		}
		addrs = append(addrs, a)
	}
	err := l.AddAddrs(addrs)
	var failed AddrErrors
	if !errors.As(err, &failed) || len(failed) != 2 || failed[0].Addr != addrs[300] || failed[1].Addr != addrs[700] {
		t.Errorf("error %v", err)
	}
	if n := strings.Count(nettest.IP(t, "-o -4 addr show dev va"), "\n"); n != 998 {
		t.Errorf("%d addresses", n)
	}
	if err := l.DelAddrs(addrs); err != nil {
		t.Error(err)
	}
}

func TestLocalIGMPIsSilencedAndRestored(t *testing.T) {
	nettest.Enter(t)
	is := func(what, want string) {
		t.Helper()
		if b, err := os.ReadFile(localReports); err != nil || strings.TrimSpace(string(b)) != want {
			t.Errorf("%s: %s, %v, want %s", what, b, err, want)
		}
	}
	for _, before := range []string{"1", "0"} {
		if err := os.WriteFile(localReports, []byte(before), 0); err != nil {
			t.Fatal(err)
		}
		undo, err := SilenceIGMP()
		if err != nil {
			t.Fatal(err)
		}
		is("silenced", "0")
		if err := undo(); err != nil {
			t.Error(err)
		}
		is("restored", before)
	}
}
