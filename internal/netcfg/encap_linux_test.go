package netcfg

import (
	"bytes"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func TestLabelsAreStacked(t *testing.T) {
	want := []byte{0, 0x06, 0x40, 0, 0, 0x0c, 0x81, 0} // 100, and 200 at the bottom
	if got := labelStack([]uint32{100, 200}); !bytes.Equal(got, want) {
		t.Errorf("got %x", got)
	}
}

func TestLocatorIsInNetworkOrder(t *testing.T) {
	got := appendEncap(nil, &conf.Encap{Kind: conf.EncapILA, Locator: 0x0001000200030004})
	if !bytes.HasSuffix(got, []byte{0, 1, 0, 2, 0, 3, 0, 4}) {
		t.Errorf("got %x", got)
	}
}
