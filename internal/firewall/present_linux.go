package firewall

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

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
