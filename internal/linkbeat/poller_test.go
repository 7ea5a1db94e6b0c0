package linkbeat

import (
	"fmt"
	"slices"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// driver is an interface that can be asked in some ways.
type driver struct {
	ways  []conf.LinkPoll
	up    bool
	gone  bool
	asked conf.LinkPoll
}

// Link answers as a driver does.
func (d *driver) Link(_ string, how conf.LinkPoll) (bool, error) {
	d.asked = how
	switch {
	case d.gone:
		return false, errNoDevice
	case how != conf.PollIOCTL && !slices.Contains(d.ways, how):
		return false, fmt.Errorf("%w: EOPNOTSUPP", errUnsupported)
	}
	return d.up, nil
}

func TestAnInterfaceIsPolledInTheFirstWayThatItsDriverSupports(t *testing.T) {
	mii, eth, ioctl := conf.PollMII, conf.PollEthtool, conf.PollIOCTL
	for _, c := range []struct {
		want conf.LinkPoll
		ways []conf.LinkPoll
		how  conf.LinkPoll
		log  string
	}{
		{conf.PollAny, []conf.LinkPoll{mii, eth}, mii, ""},
		{conf.PollAny, []conf.LinkPoll{eth}, eth, ""},
		{conf.PollAny, nil, ioctl, ""},
		{eth, []conf.LinkPoll{mii, eth}, eth, ""},
		{ioctl, []conf.LinkPoll{mii, eth}, ioctl, ""},
		{mii, []conf.LinkPoll{eth}, eth, "(e): Configured linkbeat type MII not supported, using ETHTOOL"},
		{eth, []conf.LinkPoll{mii}, mii, "(e): Configured linkbeat type ETHTOOL not supported, using MII"},
		{eth, nil, ioctl, "(e): Configured linkbeat type ETHTOOL not supported, using IOCTL"},
	} {
		log := ""
		d := &driver{ways: c.ways, up: true}
		b := beat{name: "e", want: c.want}
		for range 3 {
			b.look(d, func(s string) { log += s })
		}
		if d.asked != c.how || log != c.log || !b.up {
			t.Errorf("%v of %v: by %v (up: %t), %q; want %v, %q", c.want, c.ways, d.asked, b.up, log, c.how, c.log)
		}
	}
}

func TestOnlyChangesAreReported(t *testing.T) {
	d := &driver{ways: []conf.LinkPoll{conf.PollMII}}
	b := beat{name: "e"}
	look := func(what string, changed, up bool) {
		t.Helper()
		if got := b.look(d, func(string) {}); got != changed || b.up != up {
			t.Errorf("%s: changed %t, up %t", what, got, b.up)
		}
	}
	look("the first look", true, false)
	look("nothing new", false, false)
	d.up = true
	look("the link comes", true, true)
	d.gone = true
	look("the interface goes", true, false)
	look("it is still away", false, false)
	d.gone, d.ways = false, []conf.LinkPoll{conf.PollEthtool}
	look("another comes in its place", true, true)
	if d.asked != conf.PollEthtool {
		t.Errorf("it is asked by %v", d.asked)
	}
}
