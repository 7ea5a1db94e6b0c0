package lvs

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// TestAtlasGivesEachPlaceOnce claims areas at random: each address and port belongs to the first that has claimed it, and
// to no two areas.
func TestAtlasGivesEachPlaceOnce(t *testing.T) {
	const hosts, ports = 12, 6
	r := rand.New(rand.NewPCG(1, 2))
	host := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}) }
	for range 500 {
		a := newAtlas()
		var owner [hosts][ports]uint32
		for step, mark := 0, uint32(1); step < 8; step, mark = step+1, mark+1 {
			first, low := r.IntN(hosts), r.IntN(ports)
			claim := Area{host(first), host(first + r.IntN(hosts-first)), uint16(low), uint16(low)}
			if step > 5 { // what is for all ports comes last
				claim.Low, claim.High = 0, ports-1
			}
			free, rival := a.claim(conf.TCP, claim, mark)
			var got [hosts][ports]int
			shared := false
			for h := range hosts {
				for p := range ports {
					here := Area{host(h), host(h), uint16(p), uint16(p)}
					for _, f := range free {
						if f.meets(here) {
							got[h][p]++
						}
					}
					want := 0
					if claim.meets(here) && owner[h][p] == 0 {
						want, owner[h][p] = 1, mark
					} else if claim.meets(here) {
						shared = true
					}
					if got[h][p] != want {
						t.Fatalf("%v: host %d port %d is %d times in %v", claim, h, p, got[h][p], free)
					}
				}
			}
			if shared != (rival != 0) {
				t.Fatalf("%v: shared %v, rival %d", claim, shared, rival)
			}
		}
	}
}
