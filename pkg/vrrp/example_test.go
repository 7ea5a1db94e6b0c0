package vrrp_test

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

func ExampleAdvert_Append() {
	a := vrrp.Advert{
		Version: vrrp.V3, VRID: 51, Priority: 100, Interval: time.Second,
		Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.100")},
	}
	b, err := a.Append(nil, netip.MustParseAddr("192.0.2.1"), vrrp.GroupV4())
	fmt.Printf("%x %v\n", b, err)
	// Output: 3133640100640572c0000264 <nil>
}

func ExampleParse() {
	b := []byte{0x31, 51, 100, 1, 0, 100, 0x05, 0x72, 192, 0, 2, 100}
	var a vrrp.Advert // may be used again for the next message
	err := vrrp.Parse(b, netip.MustParseAddr("192.0.2.1"), vrrp.GroupV4(), &a)
	fmt.Println(a.Version, a.VRID, a.Priority, a.Interval, a.Addrs, err)
	// Output: 3 51 100 1s [192.0.2.100] <nil>
}
