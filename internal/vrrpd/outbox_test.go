package vrrpd

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func addresses(from, n int) []conf.Address {
	var as []conf.Address
	for i := range n {
		as = append(as, conf.Address{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(from + i)}), 32)})
	}
	return as
}

// take empties the outbox in pieces of limit and prints them.
func take(o *outbox, limit int) string {
	var s []string
	for !o.empty() {
		var last []string
		for _, p := range o.next(limit, nil) {
			sign := map[bool]string{true: "+", false: "-"}[p.add]
			last = append(last, fmt.Sprintf("%s%d", sign, p.addr.Prefix.Addr().As4()[3]))
		}
		s = append(s, strings.Join(last, " "))
	}
	return strings.Join(s, "; ")
}

var backup, owner = &conf.Instance{Interface: "eth0", Priority: 100}, &conf.Instance{Interface: "eth0", Priority: 255}

func TestPiecesKeepOrderAndNeverMixAddingWithRemoving(t *testing.T) {
	var o outbox
	o.add(1, backup, addresses(1, 3))
	o.add(2, backup, addresses(4, 2))
	o.del(3, backup, addresses(9, 1))
	o.add(3, backup, addresses(9, 1))
	if got := take(&o, 4); got != "+1 +2 +3 +4; +5; -9; +9" {
		t.Error(got)
	}
}

func TestRemovingForgetsWhatWasStillToBeSet(t *testing.T) {
	var o outbox
	all := addresses(1, 5)
	o.add(1, backup, all)
	o.add(2, backup, addresses(8, 1))
	first := o.next(2, nil)
	o.del(1, backup, all)
	if len(first) != 2 {
		t.Fatal(len(first))
	}
	if got := take(&o, 9); got != "+8; -1 -2 -3 -4 -5" {
		t.Error(got)
	}
}

func TestAnnouncementWaitsForTheAddition(t *testing.T) {
	var o outbox
	all := addresses(1, 2)
	if o.announce(1, all, 5) {
		t.Error("nothing is to be set, and yet the announcement waits")
	}
	o.add(1, backup, all)
	if !o.announce(1, all, 5) {
		t.Error("the announcement does not wait")
	}
	o.silence(1)
	for _, p := range o.next(9, nil) {
		if p.announce != 0 {
			t.Error("announced in spite of silence")
		}
	}
}

func TestOwnersAreKnown(t *testing.T) {
	var o outbox
	o.del(1, owner, addresses(1, 1))
	if p := o.next(9, nil); !p[0].owner {
		t.Error("an owner's addresses would be removed")
	}
}
