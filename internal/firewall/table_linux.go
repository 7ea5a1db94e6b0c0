package firewall

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// Linux is nftables of the kernel: for each family a table with a chain "in", which has a map from addresses and ports to
// marks for each protocol.
type Linux struct {
	namespace string
	log       func(text string)
	settings  conf.MarkTable
	families  map[conf.Family]*family // what was made; nil: not known
	started   bool
}

// family is what was made in a table.
type family struct {
	table *nftables.Table
	maps  map[conf.Protocol]*filled
}

// filled is a map and what is in it.
type filled struct {
	set     *nftables.Set
	members map[lvs.Marked]bool
}

var _ Kernel = (*Linux)(nil)

// New returns the firewall of a network namespace, empty for this process's own.
func New(namespace string, log func(text string)) *Linux {
	return &Linux{namespace: namespace, log: log}
}

const (
	// answerTime is how long the kernel has to carry out a transaction.
	answerTime = 5 * time.Second
	// bufferSize holds a transaction with tens of thousands of members, in bytes.
	bufferSize = 8 << 20
)

// open connects to the firewall.
func (l *Linux) open() (*netlink.Conn, error) {
	config := &netlink.Config{}
	if l.namespace != "" {
		f, err := os.Open(filepath.Join("/run/netns", l.namespace))
		if err != nil {
			return nil, fmt.Errorf("cannot find network namespace of nftables: %w", err)
		}
		defer f.Close()
		config.NetNS = int(f.Fd())
	}
	c, err := netlink.Dial(unix.NETLINK_NETFILTER, config)
	if err != nil {
		return nil, fmt.Errorf("cannot open nftables: %w", err)
	}
	_ = c.SetOption(netlink.CapAcknowledge, true) // answers without what was asked
	_ = c.SetWriteBuffer(bufferSize)              // what the system allows
	return c, nil
}

// Apply puts a marking in force.
func (l *Linux) Apply(m *lvs.Marking) error {
	c, err := l.open()
	if err != nil {
		return err
	}
	defer c.Close()
	b := &batch{}
	if l.families == nil || l.settings != m.Table {
		if err := l.clear(c, b, m.Table.Table); err != nil {
			return err
		}
	}
	l.settings = m.Table
	l.fill(b, m)
	if err := b.commit(c); err != nil {
		l.families = nil // of a change of others, as likely as not: begin anew
		return fmt.Errorf("cannot set nftables table %s: %w", m.Table.Table, err)
	}
	return nil
}

// fill puts into the transaction what leads to the marking.
func (l *Linux) fill(b *batch, m *lvs.Marking) {
	by := map[conf.Family]map[conf.Protocol][]lvs.Marked{}
	for _, one := range m.Members {
		f := conf.IPv4
		if one.First.Is6() {
			f = conf.IPv6
		}
		if by[f] == nil {
			by[f] = map[conf.Protocol][]lvs.Marked{}
		}
		by[f][one.Protocol] = append(by[f][one.Protocol], one)
	}
	for _, f := range []conf.Family{conf.IPv4, conf.IPv6} {
		l.fillFamily(b, f, by[f])
	}
}
