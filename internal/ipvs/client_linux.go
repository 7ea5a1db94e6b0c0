package ipvs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	family uint16
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
	return &Linux{conn: conn, family: family}, nil
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
	raw, err := l.conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("cannot set the receive buffer of IPVS: %w", err)
	}
	outer := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, opt, bytes) })
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

// request returns a message of the family.
func (l *Linux) request(cmd uint8, flags netlink.HeaderFlags, attrs func(e *netlink.AttributeEncoder)) (netlink.Message, error) {
	e := netlink.NewAttributeEncoder()
	if attrs != nil {
		attrs(e)
	}
	data, err := e.Encode()
	if err != nil {
		return netlink.Message{}, fmt.Errorf("cannot encode IPVS request: %w", err)
	}
	return netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(l.family), Flags: netlink.Request | flags},
		Data:   append([]byte{cmd, 1, 0, 0}, data...), // struct genlmsghdr
	}, nil
}

func nested(e *netlink.AttributeEncoder, attr uint16, fill func(e *netlink.AttributeEncoder)) {
	e.Nested(attr, func(n *netlink.AttributeEncoder) error {
		fill(n)
		return nil
	})
}

// change returns the message of a change.
func (l *Linux) change(a lvs.Action) (netlink.Message, error) {
	cmd := map[lvs.ActionKind]uint8{lvs.AddService: cmdNewService, lvs.EditService: cmdSetService, lvs.DelService: cmdDelService,
		lvs.AddDest: cmdNewDest, lvs.EditDest: cmdSetDest, lvs.DelDest: cmdDelDest, lvs.Flush: cmdFlush}[a.Kind]
	return l.request(cmd, netlink.Acknowledge, func(e *netlink.AttributeEncoder) {
		switch a.Kind {
		case lvs.Flush:
			return
		case lvs.AddService, lvs.EditService:
			nested(e, attrService, func(n *netlink.AttributeEncoder) { encodeService(n, a.Service) })
			return
		}
		nested(e, attrService, func(n *netlink.AttributeEncoder) { encodeKey(n, a.Service.Key) })
		if a.Kind != lvs.DelService {
			nested(e, attrDest, func(n *netlink.AttributeEncoder) { encodeDest(n, a.Dest, a.Kind != lvs.DelDest) })
		}
	})
}

// batch is how many changes go in one system call: their answers fit the receive buffer.
const batch = 128

// Apply carries out the changes in batches.
func (l *Linux) Apply(changes []lvs.Action) []Failure {
	var failed []Failure
	for first := 0; first < len(changes); first += batch {
		part := changes[first:min(first+batch, len(changes))]
		failed = append(failed, l.apply(part, first)...)
	}
	return failed
}

func (l *Linux) apply(part []lvs.Action, first int) []Failure {
	var failed []Failure
	msgs := make([]netlink.Message, 0, len(part))
	index := make([]int, 0, len(part))
	for i, a := range part {
		m, err := l.change(a)
		if err != nil {
			failed = append(failed, Failure{first + i, err})
			continue
		}
		msgs, index = append(msgs, m), append(index, first+i)
	}
	if _, err := l.conn.SendMessages(msgs); err != nil {
		for _, i := range index {
			failed = append(failed, Failure{i, err})
		}
		return failed
	}
	for _, i := range index { // the kernel answers in order, one datagram each
		if _, err := l.conn.Receive(); err != nil {
			failed = append(failed, Failure{i, cause(err)})
		}
	}
	return failed
}

// cause returns the number of the error when the kernel has given one.
func cause(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// dump asks for a list, and hands the attribute of each element to each.
func (l *Linux) dump(cmd uint8, attr uint16, fill func(e *netlink.AttributeEncoder), each func(d *netlink.AttributeDecoder) error) error {
	m, err := l.request(cmd, netlink.Dump, fill)
	if err != nil {
		return err
	}
	answers, err := l.conn.Execute(m)
	if err != nil {
		return fmt.Errorf("cannot read the IPVS table: %w", cause(err))
	}
	for _, a := range answers {
		if len(a.Data) < 4 {
			continue
		}
		d, err := netlink.NewAttributeDecoder(a.Data[4:])
		if err != nil {
			return fmt.Errorf("cannot decode the IPVS table: %w", err)
		}
		for d.Next() {
			if d.Type() == attr {
				d.Nested(each)
			}
		}
		if err := d.Err(); err != nil {
			return fmt.Errorf("cannot decode the IPVS table: %w", err)
		}
	}
	return nil
}

// Dump reads the whole table.
func (l *Linux) Dump() ([]lvs.Programmed, error) {
	var out []lvs.Programmed
	err := l.dump(cmdGetService, attrService, nil, func(d *netlink.AttributeDecoder) error {
		s, err := decodeService(d)
		out = append(out, lvs.Programmed{Service: s})
		return err
	})
	for i := 0; i < len(out) && err == nil; i++ {
		out[i].Dests, err = l.dests(out[i].Service.Key)
		runtime.Gosched() // the checks go on meanwhile
	}
	return out, err
}

func (l *Linux) dests(k lvs.ServiceKey) ([]lvs.Dest, error) {
	var out []lvs.Dest
	err := l.dump(cmdGetDest, attrDest, func(e *netlink.AttributeEncoder) {
		nested(e, attrService, func(n *netlink.AttributeEncoder) { encodeKey(n, k) })
	}, func(d *netlink.AttributeDecoder) error {
		dest, err := decodeDest(d, k.Family)
		out = append(out, dest)
		return err
	})
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) {
		return nil, nil // the service has gone meanwhile
	}
	return out, err
}

// execute carries out one request.
func (l *Linux) execute(cmd uint8, attrs func(e *netlink.AttributeEncoder)) error {
	m, err := l.request(cmd, netlink.Acknowledge, attrs)
	if err != nil {
		return err
	}
	_, err = l.conn.Execute(m)
	return cause(err)
}

// SetTimeouts sets the timeouts of connections, in whole seconds.
func (l *Linux) SetTimeouts(tcp, tcpFin, udp time.Duration) error {
	err := l.execute(cmdSetConfig, func(e *netlink.AttributeEncoder) {
		e.Uint32(attrTimeoutTCP, uint32(tcp/time.Second))
		e.Uint32(attrTimeoutTCPFin, uint32(tcpFin/time.Second))
		e.Uint32(attrTimeoutUDP, uint32(udp/time.Second))
	})
	if err != nil {
		return fmt.Errorf("cannot set the timeouts of IPVS: %w", err)
	}
	return nil
}

// StartSync starts a sync daemon.
func (l *Linux) StartSync(s Sync) error {
	err := l.execute(cmdNewDaemon, func(e *netlink.AttributeEncoder) {
		nested(e, attrDaemon, func(n *netlink.AttributeEncoder) { encodeDaemon(n, s) })
	})
	if err != nil {
		return fmt.Errorf("cannot start the IPVS sync daemon on %s: %w", s.Daemon.Interface, err)
	}
	return nil
}

// StopSync stops a sync daemon.
func (l *Linux) StopSync(master bool) error {
	err := l.execute(cmdDelDaemon, func(e *netlink.AttributeEncoder) {
		nested(e, attrDaemon, func(n *netlink.AttributeEncoder) { n.Uint32(daemonState, daemonStateOf(master)) })
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

func encodeDaemon(e *netlink.AttributeEncoder, s Sync) {
	e.Uint32(daemonState, daemonStateOf(s.Master))
	e.String(daemonIface, s.Daemon.Interface)
	e.Uint32(daemonSyncID, uint32(s.ID))
	if s.Daemon.MaxLen != 0 {
		e.Uint16(daemonMaxLen, s.Daemon.MaxLen)
	}
	if s.Daemon.Port != 0 {
		e.Uint16(daemonPort, s.Daemon.Port)
	}
	if s.Daemon.TTL != 0 {
		e.Uint8(daemonTTL, s.Daemon.TTL)
	}
	switch g := s.Daemon.Group; {
	case g.Is4():
		e.Bytes(daemonGroup, g.AsSlice())
	case g.Is6():
		e.Bytes(daemonGroup6, g.AsSlice())
	}
}
