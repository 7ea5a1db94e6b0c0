package vrrp_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// FuzzParse: no input makes Parse panic, and what it accepts survives the way back.
func FuzzParse(f *testing.F) {
	for _, m := range messages() {
		b := octets(f, m.octets)
		f.Add(b, m.src.Is6())
		f.Add(b[:len(b)-1], m.src.Is6())
		f.Add(append(slices.Clone(b), 0, 1), m.src.Is6())
	}
	f.Add([]byte{0x31, 1, 1, 0xff, 0xff, 0xff, 0, 0}, false) // reserved bits set, 255 addresses missing
	f.Fuzz(func(t *testing.T, b []byte, v6 bool) {
		src, dst := netip.MustParseAddr("10.0.0.1"), vrrp.GroupV4()
		if v6 {
			src, dst = netip.MustParseAddr("fe80::1"), vrrp.GroupV6()
		}
		if h, err := vrrp.ParseHeader(b); err == nil && len(b) >= h.Size(v6) && h.Version == vrrp.V2 {
			vrrp.Password(b, h)
		}
		var a vrrp.Advert
		if vrrp.Parse(b, src, dst, &a) != nil {
			return
		}
		again, err := a.Append(nil, src, dst)
		if err != nil {
			if a.Interval == 0 { // may be received, not sent
				return
			}
			t.Fatalf("cannot encode %+v: %v", a, err)
		}
		var c vrrp.Advert
		if err := vrrp.Parse(again, src, dst, &c); err != nil {
			t.Fatalf("%x: %v", again, err)
		}
		if !slices.Equal(a.Addrs, c.Addrs) {
			t.Errorf("%v became %v", a.Addrs, c.Addrs)
		}
		a.Addrs, c.Addrs = nil, nil
		if a.Version != c.Version || a.VRID != c.VRID || a.Priority != c.Priority || a.Interval != c.Interval ||
			a.Auth != c.Auth || a.Password != c.Password {
			t.Errorf("%+v became %+v", a, c)
		}
	})
}
