package vrrp_test

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// message is a row that holds both ways: the advert encodes to the octets, the octets decode to the advert.
type message struct {
	name     string
	src, dst netip.Addr
	advert   vrrp.Advert
	octets   string
}

func messages() []message {
	a4, a6 := addrs("10.0.0.1", "10.0.0.2"), addrs("fe80::1", "fe80::2")
	return []message{
		{
			name: "v2", src: a4[0], dst: vrrp.GroupV4(),
			advert: vrrp.Advert{
				Version: vrrp.V2, VRID: 51, Priority: 100, Interval: time.Second, Addrs: addrs("10.0.0.100"),
			},
			octets: "21336401 0001 7066 0a000064 0000000000000000",
		},
		{
			name: "v2 with password and two addresses", src: a4[0], dst: vrrp.GroupV4(),
			advert: vrrp.Advert{
				Version: vrrp.V2, VRID: 255, Priority: 255, Interval: 255 * time.Second,
				Auth: vrrp.AuthPass, Password: [8]byte{'1', '2', '3', '4'}, Addrs: addrs("10.0.0.100", "10.0.0.101"),
			},
			octets: "21ffff02 01ff 63cf 0a000064 0a000065 3132333400000000",
		},
		{
			name: "v2 resigning without addresses", src: a4[0], dst: vrrp.GroupV4(),
			advert: vrrp.Advert{Version: vrrp.V2, VRID: 1, Interval: 2 * time.Second},
			octets: "21010000 0002 defc 0000000000000000",
		},
		{
			name: "v3 IPv4", src: a4[0], dst: vrrp.GroupV4(),
			advert: vrrp.Advert{
				Version: vrrp.V3, VRID: 51, Priority: 100, Interval: time.Second, Addrs: addrs("10.0.0.100"),
			},
			octets: "31336401 0064 7573 0a000064",
		},
		{
			name: "v3 IPv4 unicast", src: a4[0], dst: a4[1],
			advert: vrrp.Advert{
				Version: vrrp.V3, VRID: 51, Priority: 100, Interval: 40950 * time.Millisecond, Addrs: addrs("10.0.0.100"),
			},
			octets: "31336401 0fff 3be9 0a000064",
		},
		{
			name: "v3 IPv4 without pseudo-header",
			advert: vrrp.Advert{
				Version: vrrp.V3, VRID: 51, Priority: 100, Interval: 10 * time.Millisecond, Addrs: addrs("10.0.0.100"),
			},
			octets: "31336401 0001 6066 0a000064",
		},
		{
			name: "v3 IPv6", src: a6[0], dst: vrrp.GroupV6(),
			advert: vrrp.Advert{
				Version: vrrp.V3, VRID: 7, Priority: 254, Interval: time.Second, Addrs: addrs("fe80::100", "2001:db8::1"),
			},
			octets: "3107fe02 0064 a527 fe800000000000000000000000000100 20010db8000000000000000000000001",
		},
	}
}

func addrs(list ...string) []netip.Addr {
	var as []netip.Addr
	for _, s := range list {
		as = append(as, netip.MustParseAddr(s))
	}
	return as
}

func octets(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAppend(t *testing.T) {
	for _, m := range messages() {
		t.Run(m.name, func(t *testing.T) {
			got, err := m.advert.Append([]byte("before"), m.src, m.dst)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("before"+string(octets(t, m.octets)), string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s\n%x", diff, got[6:])
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, m := range messages() {
		t.Run(m.name, func(t *testing.T) {
			var got vrrp.Advert
			if err := vrrp.Parse(octets(t, m.octets), m.src, m.dst, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(m.advert, got, cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestParseIgnoresPadding(t *testing.T) {
	for _, m := range messages() {
		var got vrrp.Advert
		if err := vrrp.Parse(append(octets(t, m.octets), 1, 2, 3), m.src, m.dst, &got); err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
	}
}

func TestParseRefusesEveryFlippedBit(t *testing.T) {
	for _, m := range messages() {
		b := octets(t, m.octets)
		for i := range len(b) * 8 {
			b[i/8] ^= 1 << (i % 8)
			if err := vrrp.Parse(b, m.src, m.dst, new(vrrp.Advert)); err == nil {
				t.Errorf("%s: bit %d of octet %d may be wrong", m.name, i%8, i/8)
			}
			b[i/8] ^= 1 << (i % 8)
		}
	}
}

func TestParseRefusals(t *testing.T) {
	v4, v6 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fe80::1")
	for _, tt := range []struct {
		name   string
		src    netip.Addr
		octets string
		want   error
	}{
		{"nothing", v4, "", vrrp.ErrShort},
		{"header cut off", v4, "21336401 0001 ba", vrrp.ErrShort},
		{"addresses cut off", v4, "31336401 0064 7573 0a0000", vrrp.ErrShort},
		{"authentication data cut off", v4, "21336401 0001 ba4b 0a000064 00000000000000", vrrp.ErrShort},
		{"version 1", v4, "11336401 0001 ba4b 0a000064 0000000000000000", vrrp.ErrVersion},
		{"version 4", v4, "41336401 0001 ba4b 0a000064 0000000000000000", vrrp.ErrVersion},
		{"version 2 over IPv6", v6, "21336400 0001 ba4b 0000000000000000", vrrp.ErrVersion},
		{"type 2", v4, "32336401 0064 7573 0a000064", vrrp.ErrType},
		{"checksum", v4, "31336401 0064 7574 0a000064", vrrp.ErrChecksum},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := vrrp.Parse(octets(t, tt.octets), tt.src, vrrp.GroupV4(), new(vrrp.Advert))
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAppendRefusals(t *testing.T) {
	v4, v6 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fe80::1")
	good := vrrp.Advert{Version: vrrp.V3, VRID: 1, Priority: 1, Interval: time.Second}
	for _, tt := range []struct {
		name   string
		src    netip.Addr
		change func(*vrrp.Advert)
		want   error
	}{
		{"version 1", v4, func(a *vrrp.Advert) { a.Version = 1 }, vrrp.ErrVersion},
		{"version 4", v4, func(a *vrrp.Advert) { a.Version = 4 }, vrrp.ErrVersion},
		{"version 2 over IPv6", v6, func(a *vrrp.Advert) { a.Version = vrrp.V2 }, vrrp.ErrVersion},
		{"v2, half a second", v4, func(a *vrrp.Advert) { a.Version, a.Interval = vrrp.V2, time.Second/2 }, vrrp.ErrInterval},
		{"v2, 256 s", v4, func(a *vrrp.Advert) { a.Version, a.Interval = vrrp.V2, 256*time.Second }, vrrp.ErrInterval},
		{"v3, no interval", v4, func(a *vrrp.Advert) { a.Interval = 0 }, vrrp.ErrInterval},
		{"v3, 15 ms", v4, func(a *vrrp.Advert) { a.Interval = 15 * time.Millisecond }, vrrp.ErrInterval},
		{"v3, 40.96 s", v4, func(a *vrrp.Advert) { a.Interval = 40960 * time.Millisecond }, vrrp.ErrInterval},
		{"no address", v4, func(a *vrrp.Advert) { a.Addrs = []netip.Addr{{}} }, vrrp.ErrAddrs},
		{"two families", v4, func(a *vrrp.Advert) { a.Addrs = addrs("10.0.0.1", "fe80::1") }, vrrp.ErrAddrs},
		{"the other family", v6, func(a *vrrp.Advert) { a.Addrs = addrs("10.0.0.1") }, vrrp.ErrAddrs},
		{"256 addresses", v4, func(a *vrrp.Advert) { a.Addrs = make([]netip.Addr, 256) }, vrrp.ErrAddrs},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := good
			tt.change(&a)
			b, err := a.Append([]byte("x"), tt.src, tt.src)
			if !errors.Is(err, tt.want) || string(b) != "x" {
				t.Errorf("got %q, %v, want %v", b, err, tt.want)
			}
		})
	}
}

// TestChecksumVariants: the same message in the ways that different implementations compute its checksum.
func TestChecksumVariants(t *testing.T) {
	src, dst, none := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.Addr{}
	a := vrrp.Advert{Version: vrrp.V3, VRID: 51, Priority: 100, Interval: time.Second, Addrs: addrs("10.0.0.100")}
	variants := map[string][2]netip.Addr{
		"standard": {src, dst}, "without pseudo-header": {none, none}, "with the group": {src, vrrp.GroupV4()},
	}
	for made, by := range variants {
		b, err := a.Append(nil, by[0], by[1])
		if err != nil {
			t.Fatal(err)
		}
		for asked, as := range variants {
			if got := vrrp.ChecksumOK(b, as[0], as[1]); got != (made == asked) {
				t.Errorf("made %s, asked for %s: %t", made, asked, got)
			}
		}
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	m := messages()[1]
	b, a := octets(t, m.octets), vrrp.Advert{Addrs: make([]netip.Addr, 0, 2)}
	if n := testing.AllocsPerRun(100, func() {
		if err := vrrp.Parse(b, m.src, m.dst, &a); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMAC(t *testing.T) {
	if got, want := vrrp.MAC(51, false), [6]byte{0, 0, 0x5e, 0, 1, 51}; got != want {
		t.Errorf("IPv4: %x", got)
	}
	if got, want := vrrp.MAC(51, true), [6]byte{0, 0, 0x5e, 0, 2, 51}; got != want {
		t.Errorf("IPv6: %x", got)
	}
}

func TestGroups(t *testing.T) {
	if got := vrrp.GroupV4().String() + " " + vrrp.GroupV6().String(); got != "224.0.0.18 ff02::12" {
		t.Error(got)
	}
}

func BenchmarkParse(b *testing.B) {
	m := messages()[1]
	buf, a := octets(b, m.octets), vrrp.Advert{Addrs: make([]netip.Addr, 0, 2)}
	for b.Loop() {
		if err := vrrp.Parse(buf, m.src, m.dst, &a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	m := messages()[1]
	buf := make([]byte, 0, 64)
	for b.Loop() {
		if _, err := m.advert.Append(buf, m.src, m.dst); err != nil {
			b.Fatal(err)
		}
	}
}
