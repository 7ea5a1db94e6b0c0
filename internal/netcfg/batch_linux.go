package netcfg

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// ItemError is one part of a batch that the kernel refused.
type ItemError struct {
	Index int // in the slice that was handed over
	Err   error
}

// ItemErrors are the failures of one batch.
type ItemErrors []ItemError

// Error names the first failure and how many there are.
func (e ItemErrors) Error() string {
	s := fmt.Sprintf("part %d: %v", e[0].Index+1, e[0].Err)
	if len(e) > 1 {
		s += fmt.Sprintf(" (and %d more)", len(e)-1)
	}
	return s
}

// encoder appends the request for the part at i of a batch.
type encoder func(b []byte, i int, flags uint16, seq uint32) []byte

// items sends n requests in batches. The errors in fine are none.
func (l *Linux) items(n int, encode encoder, fine ...syscall.Errno) error {
	var failed ItemErrors
	for first := 0; first < n; first += maxBatch {
		size := min(n-first, maxBatch)
		errs, err := l.exchange(size, func(b []byte, i int, flags uint16, seq uint32) []byte {
			return encode(b, first+i, flags, seq)
		}, fine)
		if err != nil {
			return err
		}
		for _, e := range errs {
			failed = append(failed, ItemError{first + e.Index, e.Err})
		}
	}
	if failed != nil {
		return failed
	}
	return nil
}

// exchange sends one batch of n requests and collects the answers. Only the last request asks for an answer in any case:
// the kernel works a batch off in order and reports failures by itself, so that answer ends the exchange.
func (l *Linux) exchange(n int, encode encoder, fine []syscall.Errno) (ItemErrors, error) {
	l.out = l.out[:0]
	first := l.seq + 1
	for i := range n {
		flags := uint16(unix.NLM_F_REQUEST)
		if i == n-1 {
			flags |= unix.NLM_F_ACK
		}
		l.seq++
		l.out = encode(l.out, i, flags, l.seq)
	}
	if err := unix.Sendto(l.fd, l.out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("cannot send to netlink: %w", err)
	}
	var failed ItemErrors
	for {
		size, err := l.receive()
		if err != nil {
			return failed, err
		}
		msgs, err := syscall.ParseNetlinkMessage(l.in[:size])
		if err != nil {
			return failed, fmt.Errorf("cannot read netlink answer: %w", err)
		}
		for _, m := range msgs {
			i := m.Header.Seq - first
			if m.Header.Type != unix.NLMSG_ERROR || i >= uint32(n) || len(m.Data) < 4 {
				continue // late answers of an exchange that was given up
			}
			if errno := answer(m.Data); errno != 0 && !contains(fine, errno) {
				failed = append(failed, ItemError{int(i), errno})
			}
			if m.Header.Seq == l.seq {
				return failed, nil
			}
		}
	}
}
