package check

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// pingCheck sends an echo request by a datagram socket, which needs no privilege but a group in ping_group_range.
type pingCheck struct{ endpoint }

const (
	echoRequest4, echoReply4 = 8, 0
	echoRequest6, echoReply6 = 128, 129
)

// check sends the request and waits for its reply.
func (p pingCheck) check(ctx context.Context, _ int) (int, error) {
	request, reply, protocol := byte(echoRequest4), byte(echoReply4), unix.IPPROTO_ICMP
	if p.addr.Addr().Is6() {
		request, reply, protocol = echoRequest6, echoReply6, unix.IPPROTO_ICMPV6
	}
	c, err := p.dial(ctx, unix.SOCK_DGRAM, protocol)
	var local LocalError
	if errors.As(err, &local) && local.What == NoConnection {
		return 0, local.Err // as in keepalived
	}
	if err != nil {
		return 0, err
	}
	defer c.Close()
	// Type, code, checksum and identifier, which the kernel fills in, sequence number, data (RFC 792, RFC 4443 section 4.1).
	packet := append([]byte{request, 0, 0, 0, 0, 0}, make([]byte, 58)...)
	sequence := uint16(rand.Uint32())
	binary.BigEndian.PutUint16(packet[6:], sequence)
	if _, err := c.Write(packet); err != nil {
		return 0, reason(err)
	}
	buf := make([]byte, 1500)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return 0, reason(err)
		}
		if n >= 8 && buf[0] == reply && binary.BigEndian.Uint16(buf[6:]) == sequence {
			return 0, nil
		}
	}
}
