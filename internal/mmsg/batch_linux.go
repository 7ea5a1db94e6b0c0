// Package mmsg sends many packets in one system call.
package mmsg

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Message is one packet. It must not change between Add and Send.
type Message struct {
	Data    []byte // the packet, not empty
	Name    []byte // the raw socket address of the destination
	Control []byte // raw ancillary data, may be empty
}

// mmsghdr is struct mmsghdr of sys/socket.h.
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// Batch collects messages. It reuses its memory, so a Batch that has grown to its working size allocates no more.
type Batch struct {
	hdrs []mmsghdr
	iovs []unix.Iovec
}

// maxBatch is UIO_MAXIOV: the kernel takes no more messages in one call.
const maxBatch = 1024

// Add puts m at the end of the batch.
func (b *Batch) Add(m *Message) {
	iov := unix.Iovec{Base: unsafe.SliceData(m.Data)}
	iov.SetLen(len(m.Data))
	b.iovs = append(b.iovs, iov)
	h := mmsghdr{hdr: unix.Msghdr{Name: unsafe.SliceData(m.Name), Namelen: uint32(len(m.Name))}}
	if len(m.Control) > 0 {
		h.hdr.Control = unsafe.SliceData(m.Control)
		h.hdr.SetControllen(len(m.Control))
	}
	b.hdrs = append(b.hdrs, h)
}

// Len returns the number of messages that wait to be sent.
func (b *Batch) Len() int { return len(b.hdrs) }

// Send hands every message to the kernel without blocking, in order, and empties the batch. It calls failed with the
// index and the error of each message that the kernel refused; the others go out all the same. EAGAIN means that the
// send buffer is full.
func (b *Batch) Send(fd int, failed func(i int, err error)) {
	for i := range b.hdrs { // only now: append may have moved the vectors
		b.hdrs[i].hdr.Iov = &b.iovs[i]
		b.hdrs[i].hdr.SetIovlen(1)
	}
	for i := 0; i < len(b.hdrs); {
		n, err := sendmmsg(fd, b.hdrs[i:min(len(b.hdrs), i+maxBatch)])
		switch {
		case err == unix.EINTR:
		case err != nil:
			failed(i, err)
			i++
		default:
			i += n
		}
	}
	clear(b.hdrs)
	clear(b.iovs)
	b.hdrs, b.iovs = b.hdrs[:0], b.iovs[:0]
}

func sendmmsg(fd int, msgs []mmsghdr) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(msgs))),
		uintptr(len(msgs)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
