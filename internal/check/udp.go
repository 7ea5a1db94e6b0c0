package check

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// udpCheck sends a payload. That nothing comes back is well unless a reply is needed; a port that is closed is not.
type udpCheck struct {
	endpoint
	conf *conf.Check
}

// check sends and waits.
func (u udpCheck) check(ctx context.Context, _ int) (int, error) {
	c, err := u.dial(ctx, unix.SOCK_DGRAM, 0)
	var local LocalError
	if errors.As(err, &local) && local.What != NoSocket {
		return 0, local.Err // as in keepalived, this check alone fails without anything to send from
	}
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if _, err := c.Write(u.conf.Payload); err != nil {
		return 0, reason(err)
	}
	buf := make([]byte, 64<<10)
	n, err := c.Read(buf)
	if err = reason(err); errors.Is(err, ErrTimeout) && !u.conf.NeedReply {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return 0, u.compare(buf[:n])
}

// compare looks at a reply. As in keepalived its length is of interest only where its content is.
func (u udpCheck) compare(b []byte) error {
	k := u.conf
	if len(k.Reply) == 0 {
		return nil
	}
	if len(b) < k.MinReply || len(b) > k.MaxReply {
		return fmt.Errorf("%w: %d bytes, not %d to %d", ErrAnswer, len(b), k.MinReply, k.MaxReply)
	}
	if len(b) < len(k.Reply) {
		return fmt.Errorf("%w: %d bytes, less than the %d to compare", ErrAnswer, len(b), len(k.Reply))
	}
	for i, want := range k.Reply {
		if mask := k.ReplyMask[i]; b[i]&mask != want&mask {
			return fmt.Errorf("%w: byte %d differs", ErrAnswer, i)
		}
	}
	return nil
}
