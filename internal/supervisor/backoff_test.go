package supervisor

import (
	"testing"
	"time"
)

func TestRestartsAreSpacedOutUntilAChildHasLivedLong(t *testing.T) {
	var b backoff
	for i, step := range []struct{ lived, want int }{
		{0, 1}, {1, 2}, {59, 4}, {0, 8}, {0, 16}, {0, 32}, {0, 60}, {0, 60}, {60, 0}, {5, 1}, {3600, 0},
	} {
		if got := b.next(time.Duration(step.lived) * time.Second); got != time.Duration(step.want)*time.Second {
			t.Errorf("death %d after %d s: delay %v, want %d s", i, step.lived, got, step.want)
		}
	}
}
