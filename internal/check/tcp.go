package check

import (
	"context"

	"golang.org/x/sys/unix"
)

// tcpCheck connects, and nothing more.
type tcpCheck struct{ endpoint }

// Check connects.
func (t *tcpCheck) Check(ctx context.Context) (int, error) {
	rest, err := t.begin()
	if rest == nil {
		return 0, err
	}
	return 0, rest(ctx)
}

// begin connects as far as that goes without waiting. What is left, if anything, waits.
func (t *tcpCheck) begin() (rest func(ctx context.Context) error, outcome error) {
	fd, pending, err := t.connect(unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	if !pending {
		closeNow(fd)
		return nil, nil
	}
	return func(ctx context.Context) error {
		c := newConn(ctx, fd, false, t.patience)
		defer c.Close()
		return reason(c.finish(&t.endpoint))
	}, nil
}
