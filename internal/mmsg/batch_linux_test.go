package mmsg

import (
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// udpPair returns a sending socket, a receiving one and the raw address of the latter.
func udpPair(t *testing.T) (tx, rx int, name []byte) {
	t.Helper()
	var fds [2]int
	for i := range fds {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		fds[i] = fd
	}
	if err := unix.Bind(fds[1], &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fds[1])
	if err != nil {
		t.Fatal(err)
	}
	return fds[0], fds[1], rawInet4(uint16(sa.(*unix.SockaddrInet4).Port), [4]byte{127, 0, 0, 1})
}

func rawInet4(port uint16, addr [4]byte) []byte {
	b := make([]byte, unix.SizeofSockaddrInet4)
	binary.NativeEndian.PutUint16(b, unix.AF_INET)
	binary.BigEndian.PutUint16(b[2:], port)
	copy(b[4:], addr[:])
	return b
}

func TestSendKeepsOrderAndReportsEachFailure(t *testing.T) {
	tx, rx, name := udpPair(t)
	var b Batch
	for i := range 20 {
		m := &Message{Data: fmt.Appendf(nil, "message %d", i), Name: name}
		if i == 5 || i == 6 || i == 19 {
			m.Name = rawInet4(1, [4]byte{255, 255, 255, 255}) // broadcast is not allowed on this socket
		}
		b.Add(m)
	}
	var failed []int
	b.Send(tx, func(i int, err error) { failed = append(failed, i) })
	if fmt.Sprint(failed) != "[5 6 19]" {
		t.Errorf("failed messages %v", failed)
	}
	if b.Len() != 0 {
		t.Errorf("%d messages left", b.Len())
	}
	buf := make([]byte, 64)
	for i := range 19 {
		if i == 5 || i == 6 {
			continue
		}
		n, err := unix.Read(rx, buf)
		if want := fmt.Sprintf("message %d", i); err != nil || string(buf[:n]) != want {
			t.Fatalf("got %q, %v, want %q", buf[:max(n, 0)], err, want)
		}
	}
}

func TestWarmBatchDoesNotAllocate(t *testing.T) {
	tx, rx, name := udpPair(t)
	var b Batch
	m := &Message{Data: []byte("x"), Name: name}
	buf := make([]byte, 8)
	ignore := func(int, error) {}
	allocs := testing.AllocsPerRun(100, func() {
		for range 8 {
			b.Add(m)
		}
		b.Send(tx, ignore)
		for range 8 {
			_, _ = unix.Read(rx, buf)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations per batch", allocs)
	}
}
