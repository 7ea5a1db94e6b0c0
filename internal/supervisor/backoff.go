package supervisor

import "time"

const (
	// settled is how long a child must have lived to be restarted at once.
	settled  = 60 * time.Second
	maxDelay = 60 * time.Second
)

// backoff spaces out the restarts of a child that keeps dying: at once after a long life, else after 1, 2, 4 ... 60 s.
type backoff struct{ last time.Duration }

// next returns how long to wait before the restart of a child that has lived as long as given.
func (b *backoff) next(lived time.Duration) time.Duration {
	switch {
	case lived >= settled:
		b.last = 0
	case b.last == 0:
		b.last = time.Second
	default:
		b.last = min(2*b.last, maxDelay)
	}
	return b.last
}
