package vrouter_test

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// many returns a started Set of 200 instances of 20 addresses each.
func many(priority uint8) *vrouter.Set {
	var insts []*conf.Instance
	for i := range 200 {
		inst := instance(priority)
		inst.VRID, inst.Addrs = uint8(i+1), nil
		for j := range 20 {
			inst.Addrs = append(inst.Addrs, conf.Address{Prefix: vip(j)})
		}
		insts = append(insts, inst)
	}
	return newSet(insts...)
}

// BenchmarkMasterSends: one advert of one of 200 masters.
func BenchmarkMasterSends(b *testing.B) {
	s := many(255)
	var acts []vrouter.Action
	now := epoch()
	sent := 0
	for b.Loop() {
		if sent == 0 {
			now = now.Add(time.Second)
			acts = s.Step(now, vrouter.Event{Kind: vrouter.Timeout}, acts[:0])
			sent = 200
		}
		sent--
	}
}

// BenchmarkBackupReceives: one advert for one of 200 backups, from the octets to the timer.
func BenchmarkBackupReceives(b *testing.B) {
	s, m := many(100), many(255)
	var packets []*vrouter.Packet
	for _, id := range s.IDs(nil) {
		buf, err := m.AppendAdvert(nil, id, 200, vrrp.GroupV4())
		if err != nil {
			b.Fatal(err)
		}
		packets = append(packets, &vrouter.Packet{
			Src: eth0(true).Addr4, Dst: vrrp.GroupV4(), TTL: 255, Multicast: true, Payload: buf, TotalLen: len(buf),
		})
	}
	now := epoch()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now = now.Add(5 * time.Millisecond)
		id := i % len(packets)
		s.Step(now, vrouter.Event{Kind: vrouter.Received, ID: vrouter.ID(id), Packet: packets[id]}, nil)
	}
	if got := s.Stats(0).AdvertsReceived; got == 0 {
		b.Error("none accepted")
	}
}

// BenchmarkClaim: 200 backups become master at once, with 4000 addresses.
func BenchmarkClaim(b *testing.B) {
	var acts []vrouter.Action
	for b.Loop() {
		s := many(100)
		acts = s.Step(s.Deadline(), vrouter.Event{Kind: vrouter.Timeout}, acts[:0])
	}
}
