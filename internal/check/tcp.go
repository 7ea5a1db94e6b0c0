package check

import "context"

// tcpCheck connects, and nothing more.
type tcpCheck struct{ endpoint }

// Check connects.
func (t tcpCheck) Check(ctx context.Context) (int, error) {
	c, err := t.dial(ctx, "tcp")
	if err != nil {
		return 0, err
	}
	return 0, c.Close()
}
