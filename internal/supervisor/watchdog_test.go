package supervisor

import (
	"testing"
	"time"
)

// A child that owes more than its threshold hangs, once; while it takes in a configuration it has a minute.
func TestWatchdog(t *testing.T) {
	count := func(every time.Duration, busy bool) int {
		w := watchdog{threshold: 5}
		for n := 1; n < 1000; n++ {
			if w.tick(every, busy) {
				if w.tick(every, busy) {
					t.Error("it is to be ended twice")
				}
				return n
			}
		}
		return 0
	}
	for _, c := range []struct {
		every time.Duration
		busy  bool
		want  int
	}{{time.Second, false, 6}, {time.Second, true, 61}, {time.Minute, true, 6}, {200 * time.Millisecond, true, 301}} {
		if got := count(c.every, c.busy); got != c.want {
			t.Errorf("every %v, busy %t: hangs after %d, want %d", c.every, c.busy, got, c.want)
		}
	}
	w := watchdog{threshold: 1}
	w.tick(time.Second, false)
	w.reset()
	if w.tick(time.Second, false) {
		t.Error("a sign of life does not count")
	}
}
