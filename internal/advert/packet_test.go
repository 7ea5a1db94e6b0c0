package advert

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestHeaderIsReadAsItWasWritten(t *testing.T) {
	src, dst := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.18")
	b := append(appendIPv4(nil, src, dst, 255, 3), "abc"...)
	var got Packet
	if err := parseIPv4(b, &got); err != nil {
		t.Fatal(err)
	}
	want := Packet{Src: src, Dst: dst, TTL: 255, TotalLen: 3, Payload: []byte("abc")}
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); d != "" {
		t.Error(d)
	}
}

func TestOptionsAreSkipped(t *testing.T) {
	b := appendIPv4(nil, netip.IPv4Unspecified(), netip.IPv4Unspecified(), 1, 6)
	b[0] = 0x46
	b = append(b, 1, 1, 1, 1, 'a', 'b')
	var got Packet
	if err := parseIPv4(b, &got); err != nil || string(got.Payload) != "ab" || got.TotalLen != 2 {
		t.Errorf("%v, payload %q, total %d", err, got.Payload, got.TotalLen)
	}
}

func TestBrokenHeaderIsRefused(t *testing.T) {
	good := appendIPv4(nil, netip.IPv4Unspecified(), netip.IPv4Unspecified(), 1, 0)
	longHeader := append([]byte{}, good...)
	longHeader[0] = 0x4f
	shortHeader := append([]byte{}, good...)
	shortHeader[0] = 0x44
	six := append([]byte{}, good...)
	six[0] = 0x65
	for name, tc := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":                {nil, ErrShortPacket},
		"cut off":              {good[:19], ErrShortPacket},
		"header past the end":  {longHeader, ErrShortPacket},
		"header length 16":     {shortHeader, ErrShortPacket},
		"IPv6 on this socket?": {six, ErrNotIPv4},
	} {
		if err := parseIPv4(tc.b, new(Packet)); err != tc.want {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}
