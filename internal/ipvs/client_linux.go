package ipvs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/lvs"
)

// Linux is the table of the kernel. It speaks generic netlink itself, as a batch of messages in one system call is what
// makes thousands of servers quick.
type Linux struct {
	conn   *netlink.Conn
	raw    syscall.RawConn
	family uint16
	seq    uint32  // of the last change or list that was asked for
	msgs   encoder // the changes of a batch
	answer []byte  // a datagram of a list
}

var _ Client = (*Linux)(nil)

// ErrNoIPVS means that the kernel has no IPVS and it cannot be loaded.
var ErrNoIPVS = errors.New("the kernel has no IPVS: the module ip_vs is missing or cannot be loaded (modprobe ip_vs)")

// Open connects to the table of a network namespace, empty for this process's own, and loads the module when that is
// needed. The error is or wraps ErrNoIPVS when there is no such thing.
func Open(namespace string) (*Linux, error) {
	config := &netlink.Config{}
	if namespace != "" {
		f, err := os.Open(filepath.Join("/run/netns", namespace))
		if err != nil {
			return nil, fmt.Errorf("cannot find network namespace of IPVS: %w", err)
		}
		defer f.Close()
		config.NetNS = int(f.Fd())
	}
	family, err := findFamily(config)
	if err != nil {
		return nil, err
	}
	conn, err := netlink.Dial(unix.NETLINK_GENERIC, config)
	if err != nil {
		return nil, fmt.Errorf("cannot open netlink for IPVS: %w", err)
	}
	_ = conn.SetOption(netlink.CapAcknowledge, true) // answers without what was asked: old kernels send it along
	_ = conn.SetReadBuffer(leastReadBuffer)
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("cannot use netlink for IPVS: %w", err)
	}
	return &Linux{conn: conn, raw: raw, family: family}, nil
}

// leastReadBuffer holds the answers to a batch of changes, in bytes.
const leastReadBuffer = 1 << 20

// SetReadBuffer enlarges the receive buffer.
func (l *Linux) SetReadBuffer(bytes int, force bool) error {
	if bytes <= leastReadBuffer {
		return nil
	}
	opt := unix.SO_RCVBUF
	if force {
		opt = unix.SO_RCVBUFFORCE
	}
	var err error
	outer := l.raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, opt, bytes) })
	if err = errors.Join(outer, err); err != nil {
		return fmt.Errorf("cannot set the receive buffer of IPVS: %w", err)
	}
	return nil
}

// findFamily asks for the number of the family, which loads the module in most kernels, and loads it otherwise.
func findFamily(config *netlink.Config) (uint16, error) {
	c, err := genetlink.Dial(config)
	if err != nil {
		return 0, fmt.Errorf("cannot open generic netlink: %w", err)
	}
	defer c.Close()
	f, err := c.GetFamily("IPVS")
	if errors.Is(err, os.ErrNotExist) {
		_ = exec.Command("modprobe", "-q", "ip_vs").Run()
		f, err = c.GetFamily("IPVS")
	}
	if errors.Is(err, os.ErrNotExist) {
		return 0, ErrNoIPVS
	}
	if err != nil {
		return 0, fmt.Errorf("cannot ask for IPVS: %w", err)
	}
	return f.ID, nil
}

// Close closes the connection.
func (l *Linux) Close() error { return l.conn.Close() }

// cause returns the number of the error when the kernel has given one.
func cause(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// dump asks for a list, and hands the attribute of each element to each.
func (l *Linux) dump(cmd uint8, attr uint16, fill func(e *encoder), each func(d *decoder) error) error {
	if l.answer == nil {
		l.answer = make([]byte, answerSize)
	}
	l.msgs.out = l.msgs.out[:0]
	l.message(cmd, unix.NLM_F_REQUEST|unix.NLM_F_DUMP, fill)
	err := l.send()
	for more := true; more && err == nil; {
		var n int
		if n, err = l.receive(); err == nil {
			more, err = elements(l.answer[:n], l.seq, attr, each)
		}
	}
	if err != nil {
		return fmt.Errorf("cannot read the IPVS table: %w", err)
	}
	return nil
}

// answerSize is the most that the kernel puts into one datagram of a list.
const answerSize = 32 << 10

// receive waits for a datagram. The kernel answers at once: to wait is for the case that it does not.
func (l *Linux) receive() (n int, err error) {
	outer := l.raw.Read(func(fd uintptr) bool {
		n, _, err = unix.Recvfrom(int(fd), l.answer, unix.MSG_DONTWAIT)
		return !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	})
	return n, errors.Join(outer, err)
}

// elements hands over what a datagram has of a list that is the answer to seq. It tells whether more will come.
func elements(b []byte, seq uint32, attr uint16, each func(d *decoder) error) (more bool, err error) {
	for len(b) >= unix.NLMSG_HDRLEN {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.NLMSG_HDRLEN || size > len(b) {
			return false, errMessage
		}
		body := b[unix.NLMSG_HDRLEN:size]
		kind, answers := binary.NativeEndian.Uint16(b[4:]), binary.NativeEndian.Uint32(b[8:])
		b = b[min((size+3)&^3, len(b)):]
		switch {
		case answers != seq: // something else, which came late
		case kind == unix.NLMSG_DONE || kind == unix.NLMSG_ERROR:
			if len(body) >= 4 {
				if errno := -int32(binary.NativeEndian.Uint32(body)); errno != 0 {
					return false, unix.Errno(errno)
				}
			}
			return false, nil
		case len(body) >= genericHeader:
			d := decoder{rest: body[genericHeader:]}
			for d.next() {
				if d.kind != attr {
					continue
				}
				if err := each(&decoder{rest: d.value}); err != nil {
					return false, err
				}
			}
			if d.err != nil {
				return false, d.err
			}
		}
	}
	return true, nil
}

var errMessage = errors.New("a message does not fit its datagram")

// Walk reads the whole table.
func (l *Linux) Walk(each func(lvs.Programmed)) error {
	var services []lvs.Service
	err := l.dump(cmdGetService, attrService, nil, func(d *decoder) error {
		s, err := decodeService(d)
		services = append(services, s)
		return err
	})
	var dests []lvs.Dest
	for i := 0; i < len(services) && err == nil; i++ {
		if dests, err = l.appendDests(dests[:0], services[i].Key); err == nil {
			each(lvs.Programmed{Service: services[i], Dests: dests})
		}
		runtime.Gosched() // the checks go on meanwhile
	}
	return err
}

func (l *Linux) appendDests(out []lvs.Dest, k lvs.ServiceKey) ([]lvs.Dest, error) {
	err := l.dumpDests(k, func(d *decoder) error {
		dest, err := decodeDest(d, k.Family)
		out = append(out, dest)
		return err
	})
	return out, err
}

// dumpDests hands over the destinations of a service; none when that has gone meanwhile.
func (l *Linux) dumpDests(k lvs.ServiceKey, each func(d *decoder) error) error {
	err := l.dump(cmdGetDest, attrDest, func(e *encoder) {
		at := e.open(attrService)
		encodeKey(e, k)
		e.close(at)
	}, each)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// ServiceStats reads the counters of all services.
func (l *Linux) ServiceStats() (map[lvs.ServiceKey]Stats, error) {
	out := map[lvs.ServiceKey]Stats{}
	err := l.dump(cmdGetService, attrService, nil, func(d *decoder) error {
		k, s, err := decodeServiceStats(d)
		out[k] = s
		return err
	})
	return out, err
}

// DestStats reads the counters of a service's destinations.
func (l *Linux) DestStats(k lvs.ServiceKey) (map[lvs.DestKey]DestStats, error) {
	out := map[lvs.DestKey]DestStats{}
	err := l.dumpDests(k, func(d *decoder) error {
		key, s, err := decodeDestStats(d, k.Family)
		out[key] = s
		return err
	})
	return out, err
}

// execute carries out one request.
func (l *Linux) execute(cmd uint8, fill func(e *encoder)) error {
	l.msgs.out = l.msgs.out[:0]
	l.message(cmd, unix.NLM_F_REQUEST|unix.NLM_F_ACK, fill)
	if failed := l.exchange(l.seq); len(failed) > 0 {
		return failed[0].Err
	}
	return nil
}

// SetTimeouts sets the timeouts of connections, in whole seconds.
func (l *Linux) SetTimeouts(tcp, tcpFin, udp time.Duration) error {
	err := l.execute(cmdSetConfig, func(e *encoder) {
		e.uint32(attrTimeoutTCP, uint32(tcp/time.Second))
		e.uint32(attrTimeoutTCPFin, uint32(tcpFin/time.Second))
		e.uint32(attrTimeoutUDP, uint32(udp/time.Second))
	})
	if err != nil {
		return fmt.Errorf("cannot set the timeouts of IPVS: %w", err)
	}
	return nil
}

// StartSync starts a sync daemon.
func (l *Linux) StartSync(s Sync) error {
	err := l.execute(cmdNewDaemon, func(e *encoder) {
		at := e.open(attrDaemon)
		encodeDaemon(e, s)
		e.close(at)
	})
	if err != nil {
		return fmt.Errorf("cannot start the IPVS sync daemon on %s: %w", s.Daemon.Interface, err)
	}
	return nil
}

// StopSync stops a sync daemon.
func (l *Linux) StopSync(master bool) error {
	err := l.execute(cmdDelDaemon, func(e *encoder) {
		at := e.open(attrDaemon)
		e.uint32(daemonState, daemonStateOf(master))
		e.close(at)
	})
	if err != nil {
		return fmt.Errorf("cannot stop the IPVS sync daemon: %w", err)
	}
	return nil
}

func daemonStateOf(master bool) uint32 {
	if master {
		return daemonMaster
	}
	return daemonBackup
}

func encodeDaemon(e *encoder, s Sync) {
	e.uint32(daemonState, daemonStateOf(s.Master))
	e.string(daemonIface, s.Daemon.Interface)
	e.uint32(daemonSyncID, uint32(s.ID))
	if s.Daemon.MaxLen != 0 {
		e.uint16(daemonMaxLen, s.Daemon.MaxLen)
	}
	if s.Daemon.Port != 0 {
		e.uint16(daemonPort, s.Daemon.Port)
	}
	if s.Daemon.TTL != 0 {
		e.uint8(daemonTTL, s.Daemon.TTL)
	}
	switch g := s.Daemon.Group; {
	case g.Is4():
		e.bytes(daemonGroup, g.AsSlice())
	case g.Is6():
		e.bytes(daemonGroup6, g.AsSlice())
	}
}
