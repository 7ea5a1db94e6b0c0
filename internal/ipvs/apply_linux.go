package ipvs

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/lvs"
)

// batch is how many changes go in one system call: the answers fit the receive buffer if all are refused.
const batch = 128

// Apply carries out changes in batches.
func (l *Linux) Apply(acts []lvs.Action) (failed []Failure) {
	part := make([]int, 0, batch)
	for i := range acts {
		if acts[i].Kind.InKernel() {
			part = append(part, i)
		}
		if len(part) == batch || i == len(acts)-1 && len(part) > 0 {
			failed = append(failed, l.apply(acts, part)...)
			part = part[:0]
		}
	}
	l.msgs.out = nil // a start may be the last of many changes
	return failed
}

// apply sends the changes, of which part holds the indexes, in one datagram, which the kernel has worked through when the call
// returns. It answers those that it refuses, in order, and the last one in any case since that asks for it.
func (l *Linux) apply(acts []lvs.Action, part []int) []Failure {
	l.msgs.out = l.msgs.out[:0]
	from := l.seq + 1
	for i, index := range part {
		flags := uint16(unix.NLM_F_REQUEST)
		if i == len(part)-1 {
			flags |= unix.NLM_F_ACK
		}
		a := &acts[index]
		l.message(command(a.Kind), flags, func(e *encoder) { encodeChange(e, a) })
	}
	failed := l.exchange(from)
	for i := range failed {
		failed[i].Index = part[failed[i].Index]
	}
	return failed
}

// exchange sends the messages, of which the first has the number from, and returns which the kernel has refused, counted from 0.
func (l *Linux) exchange(from uint32) (failed []Failure) {
	if err := l.send(); err != nil {
		for i := range int(l.seq-from) + 1 {
			failed = append(failed, Failure{i, cause(err)})
		}
		return failed
	}
	_ = l.raw.Control(func(fd uintptr) { failed = l.answers(int(fd), from) })
	return failed
}

// send hands the messages to the kernel, which has worked through them when that returns.
func (l *Linux) send() error {
	var err error
	outer := l.raw.Control(func(fd uintptr) {
		err = unix.Sendto(int(fd), l.msgs.out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	})
	return errors.Join(outer, err)
}

// genericHeader is the size of struct genlmsghdr.
const genericHeader = 4

// message appends a message.
func (l *Linux) message(cmd uint8, flags uint16, fill func(e *encoder)) {
	l.seq++
	e := &l.msgs
	start := len(e.out)
	e.out = binary.NativeEndian.AppendUint32(e.out, 0) // struct nlmsghdr: its length, once that is known
	e.out = binary.NativeEndian.AppendUint16(e.out, l.family)
	e.out = binary.NativeEndian.AppendUint16(e.out, flags)
	e.out = binary.NativeEndian.AppendUint32(e.out, l.seq)
	e.out = binary.NativeEndian.AppendUint32(e.out, 0)
	e.out = append(e.out, cmd, familyVersion, 0, 0)
	if fill != nil {
		fill(e)
	}
	binary.NativeEndian.PutUint32(e.out[start:], uint32(len(e.out)-start))
}

// answers reads the answers to the messages up to l.seq, the first of which has the number from.
func (l *Linux) answers(fd int, from uint32) (failed []Failure) {
	last := l.seq - from
	buf := make([]byte, 512)
	for {
		n, _, err := unix.Recvfrom(fd, buf, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil { // answers are lost: the comparison that follows a failure shows what has come of it
			return append(failed, Failure{int(last), err})
		}
		seq, errno, ok := decodeAnswer(buf[:n])
		index := seq - from // of an earlier one it is beyond all
		if !ok || index > last {
			continue // to something else
		}
		if errno != 0 {
			failed = append(failed, Failure{int(index), errno})
		}
		if index == last {
			return failed
		}
	}
}

// decodeAnswer reads a message of type NLMSG_ERROR: what it answers, and the error, 0 for none.
func decodeAnswer(b []byte) (seq uint32, errno unix.Errno, ok bool) {
	if len(b) < unix.NLMSG_HDRLEN+4 || binary.NativeEndian.Uint16(b[4:]) != unix.NLMSG_ERROR {
		return 0, 0, false
	}
	return binary.NativeEndian.Uint32(b[8:]), unix.Errno(-int32(binary.NativeEndian.Uint32(b[unix.NLMSG_HDRLEN:]))), true
}
