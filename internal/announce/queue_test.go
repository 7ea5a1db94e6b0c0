package announce

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func target(owner int32, ifindex int, last byte) Target {
	return Target{Owner: owner, Ifindex: ifindex, Addr: netip.AddrFrom4([4]byte{10, 0, 0, last})}
}

func show(ts []Target) string {
	var s []string
	for _, t := range ts {
		s = append(s, fmt.Sprintf("%d:%v", t.Ifindex, t.Addr.As4()[3]))
	}
	return strings.Join(s, " ")
}

func TestEveryAddressIsAnnouncedBeforeAnyIsRepeated(t *testing.T) {
	var q Queue
	q.Add(2, target(1, 3, 1), target(1, 3, 2), target(1, 3, 3))
	if got := show(q.Advance(time.Unix(100, 0), 100, nil)); got != "3:1 3:2 3:3 3:1 3:2 3:3" {
		t.Error(got)
	}
	if !q.Empty() {
		t.Error("something is left")
	}
}

func TestLimitLeavesTheRestForTheNextTurn(t *testing.T) {
	var q Queue
	now := time.Unix(100, 0)
	q.Add(1, target(1, 3, 1), target(1, 3, 2))
	if got := show(q.Advance(now, 1, nil)); got != "3:1" {
		t.Error(got)
	}
	if d := q.Deadline(); d.IsZero() || d.After(now) {
		t.Errorf("deadline %v", d)
	}
	if got := show(q.Advance(now, 1, nil)); got != "3:2" {
		t.Error(got)
	}
}

func TestPacingIsPerInterface(t *testing.T) {
	q := Queue{Interval: func(ifindex int, _ bool) time.Duration {
		if ifindex == 3 {
			return time.Second
		}
		return 0
	}}
	now := time.Unix(100, 0)
	q.Add(1, target(1, 3, 1), target(1, 3, 2), target(1, 4, 8), target(1, 4, 9))
	if got := show(q.Advance(now, 100, nil)); got != "3:1 4:8 4:9" {
		t.Error(got)
	}
	if d := q.Deadline(); !d.Equal(now.Add(time.Second)) {
		t.Errorf("deadline %v", d)
	}
	if got := show(q.Advance(now.Add(999*time.Millisecond), 100, nil)); got != "" {
		t.Error(got)
	}
	if got := show(q.Advance(now.Add(time.Second), 100, nil)); got != "3:2" {
		t.Error(got)
	}
}

func TestInterfacesOfOneLaneArePacedTogether(t *testing.T) {
	q := Queue{Lane: func(ifindex int) int { return ifindex % 2 }, Interval: func(lane int, _ bool) time.Duration {
		return time.Duration(lane) * time.Second
	}}
	now := time.Unix(100, 0)
	q.Add(1, target(1, 3, 1), target(1, 5, 2), target(1, 4, 3), target(1, 6, 4), target(1, 3, 5))
	for i, want := range []string{"3:1 4:3 6:4", "5:2", "3:5", ""} {
		if got := show(q.Advance(now.Add(time.Duration(i)*time.Second), 100, nil)); got != want {
			t.Errorf("after %d s: %s, want %s", i, got, want)
		}
	}
}

func TestCancelForgetsOneOwnerOnly(t *testing.T) {
	var q Queue
	q.Add(3, target(1, 3, 1), target(2, 3, 2))
	q.Cancel(1)
	if got := show(q.Advance(time.Unix(1, 0), 100, nil)); got != "3:2 3:2 3:2" {
		t.Error(got)
	}
}

func TestNothingIsAddedForCountZero(t *testing.T) {
	var q Queue
	q.Add(0, target(1, 3, 1))
	if !q.Empty() {
		t.Error("not empty")
	}
}
