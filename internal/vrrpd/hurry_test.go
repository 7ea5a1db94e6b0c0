package vrrpd

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func TestPriorityRisesByOneForEachDelay(t *testing.T) {
	for _, c := range []struct {
		most, configured, now int
		late                  time.Duration
		want                  int
	}{
		{0, 0, 0, time.Hour, 0}, {-1, 0, 0, time.Hour, 0}, {3, 0, 0, time.Second - 1, 0}, {3, 0, 0, time.Second, 1}, {3, 0, 2, time.Second, 3},
		{3, 0, 3, time.Hour, 0}, {50, 20, 0, time.Second, 21}, {50, 20, 21, time.Second, 22}, {10, 20, 0, time.Second, 0},
	} {
		g := &conf.Global{MaxAutoPriority: c.most, MinAutoPriorityDelay: time.Second, VRRPProcess: conf.Process{RTPriority: c.configured}}
		if got := raised(g, c.now, c.late); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
