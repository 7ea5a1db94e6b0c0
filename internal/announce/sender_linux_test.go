package announce

import (
	"bytes"
	"encoding/hex"
	"net"
	"net/netip"
	"testing"

	"github.com/mdlayher/ndp"
)

var hw = net.HardwareAddr{0x4a, 0x72, 0x0f, 0x8f, 0x15, 0x22}

// TestGratuitousARPIsTheOneOfKeepalived compares with a capture of Debian's keepalived.
func TestGratuitousARPIsTheOneOfKeepalived(t *testing.T) {
	m, err := gratuitousARP(3, netip.MustParseAddr("10.9.0.100"), hw)
	if err != nil {
		t.Fatal(err)
	}
	want := "00010800060400014a720f8f15220a090064ffffffffffff0a090064"
	if got := hex.EncodeToString(m.Data); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNeighborAdvertisementTellsEveryNodeToReplaceWhatItHas(t *testing.T) {
	addr, allNodes := netip.MustParseAddr("2001:db8::100"), netip.MustParseAddr("ff02::1")
	for _, router := range []bool{false, true} {
		m, err := neighborAdvertisement(3, addr, hw, router)
		if err != nil {
			t.Fatal(err)
		}
		header, body := m.Data[:40], m.Data[40:]
		want := append([]byte{0x60, 0, 0, 0, 0, byte(len(body)), 58, 255}, append(addr.AsSlice(), allNodes.AsSlice()...)...)
		if !bytes.Equal(header, want) {
			t.Errorf("header % x, want % x", header, want)
		}
		if sum := icmpSum(addr, allNodes, body); sum != 0xffff {
			t.Errorf("checksum is wrong: %#x", sum)
		}
		msg, err := ndp.ParseMessage(body)
		if err != nil {
			t.Fatal(err)
		}
		na, ok := msg.(*ndp.NeighborAdvertisement)
		if !ok || na.Router != router || na.Solicited || !na.Override || na.TargetAddress != addr || len(na.Options) != 1 {
			t.Errorf("got %+v", msg)
		}
	}
}

// icmpSum returns the ones' complement sum over pseudo-header and message: 0xffff when the checksum is right.
func icmpSum(src, dst netip.Addr, body []byte) uint32 {
	b := append(append(src.AsSlice(), dst.AsSlice()...), 0, 0, 0, byte(len(body)), 0, 0, 0, 58)
	b = append(b, body...)
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return sum
}

func TestInterfaceWithoutEthernetAddressIsRefused(t *testing.T) {
	if _, err := gratuitousARP(3, netip.MustParseAddr("10.9.0.100"), nil); err == nil {
		t.Error("no error")
	}
}
