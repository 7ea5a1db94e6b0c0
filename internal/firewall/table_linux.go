package firewall

import (
	"errors"
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

// clear removes what was made before, by this process or by one that was killed.
func (l *Linux) clear(c *netlink.Conn, b *batch, name string) error {
	for _, f := range []nftables.TableFamily{nftables.TableFamilyIPv4, nftables.TableFamilyIPv6} {
		t := &nftables.Table{Name: name, Family: f}
		there, err := has(c, t)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		if !l.started {
			suffix := map[nftables.TableFamily]string{nftables.TableFamilyIPv6: "6"}[f]
			l.log(fmt.Sprintf("Deleting old ip%s %s table", suffix, name))
		}
		b.delTable(t)
	}
	l.started, l.families = true, map[conf.Family]*family{}
	return nil
}

var errNoNFTables = errors.New("the kernel has no nftables: the module nf_tables is missing or cannot be loaded - groups get no packets")

// has tells whether there is a table of that name in its family.
func has(c *netlink.Conn, t *nftables.Table) (bool, error) {
	b := &batch{}
	b.add(unix.NFT_MSG_GETTABLE, 0, t.Family, func(e *netlink.AttributeEncoder) { e.String(unix.NFTA_TABLE_NAME, t.Name) })
	if err := c.SetReadDeadline(time.Now().Add(answerTime)); err != nil {
		return false, fmt.Errorf("cannot look for nftables table %s: %w", t.Name, err)
	}
	_, err := c.Execute(b.messages[0])
	switch {
	case errors.Is(err, unix.ENOENT):
		return false, nil
	case errors.Is(err, unix.EINVAL):
		return false, errNoNFTables
	}
	if err != nil {
		return false, fmt.Errorf("cannot look for nftables table %s: %w", t.Name, err)
	}
	return true, nil
}

// Intact tells whether the tables are there.
func (l *Linux) Intact() (bool, error) {
	c, err := l.open()
	if err != nil {
		return false, err
	}
	defer c.Close()
	for _, f := range l.families {
		there, err := has(c, f.table)
		if err != nil {
			return false, err
		}
		if !there {
			l.families = nil
			return false, nil
		}
	}
	return true, nil
}

// Remove removes the tables.
func (l *Linux) Remove() error {
	c, err := l.open()
	if err != nil {
		return err
	}
	defer c.Close()
	b := &batch{}
	for _, f := range l.families {
		if there, err := has(c, f.table); there || err != nil {
			b.delTable(f.table)
		}
	}
	l.families = nil
	if err := b.commit(c); err != nil {
		return fmt.Errorf("cannot remove nftables table %s: %w", l.settings.Table, err)
	}
	return nil
}
