package transcript

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// flight is one packet on its way to one router.
type flight struct {
	at     time.Time // of arrival
	seq    uint64
	to     *Router
	dev    string
	packet vrouter.Packet
}

// flightHeap is a binary heap of packets, the first to arrive on top.
type flightHeap []flight

func (h flightHeap) less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].seq < h[j].seq
	}
	return h[i].at.Before(h[j].at)
}

func (h *flightHeap) push(f flight) {
	*h = append(*h, f)
	s := *h
	for i := len(s) - 1; i > 0 && s.less(i, (i-1)/2); i = (i - 1) / 2 {
		s[i], s[(i-1)/2] = s[(i-1)/2], s[i]
	}
}

func (h *flightHeap) pop() flight {
	s := *h
	top, last := s[0], len(s)-1
	s[0], s[last] = s[last], flight{}
	s = s[:last]
	*h = s
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return top
		}
		if child+1 < last && s.less(child+1, child) {
			child++
		}
		if !s.less(child, i) {
			return top
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
}
