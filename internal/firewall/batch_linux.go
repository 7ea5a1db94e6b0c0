package firewall

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// batch is a transaction: the kernel carries out all of it or nothing. It stands in for the Flush of the nftables library,
// which cannot say that the marks of a map are in this machine's byte order, so that nft would show them turned round, and
// which waits for an answer to every message.
type batch struct {
	messages []netlink.Message
	err      error
}

// add appends a message of a family.
func (b *batch) add(kind uint16, flags netlink.HeaderFlags, f nftables.TableFamily, fill func(e *netlink.AttributeEncoder)) {
	e := netlink.NewAttributeEncoder()
	e.ByteOrder = binary.BigEndian
	fill(e)
	data, err := e.Encode()
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("cannot encode nftables request: %w", err)
	}
	b.messages = append(b.messages, netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(unix.NFNL_SUBSYS_NFTABLES<<8 | kind), Flags: netlink.Request | flags},
		Data:   append([]byte{byte(f), 0, 0, 0}, data...), // struct nfgenmsg
	})
}

// control returns the message that begins a transaction or ends it.
func control(kind uint16) netlink.Message {
	return netlink.Message{Header: netlink.Header{Type: netlink.HeaderType(kind), Flags: netlink.Request},
		Data: []byte{0, 0, 0, unix.NFNL_SUBSYS_NFTABLES}}
}

// commit has the kernel carry out the transaction. An error of any message comes before the answer to the last.
func (b *batch) commit(c *netlink.Conn) error {
	if b.err != nil || len(b.messages) == 0 {
		return b.err
	}
	b.messages[len(b.messages)-1].Header.Flags |= netlink.Acknowledge
	all := append([]netlink.Message{control(unix.NFNL_MSG_BATCH_BEGIN)}, b.messages...)
	if _, err := c.SendMessages(append(all, control(unix.NFNL_MSG_BATCH_END))); err != nil {
		return err
	}
	if err := c.SetReadDeadline(time.Now().Add(answerTime)); err != nil {
		return err
	}
	_, err := c.Receive()
	return err
}

func nested(e *netlink.AttributeEncoder, attr uint16, fill func(e *netlink.AttributeEncoder)) {
	e.Nested(attr, func(n *netlink.AttributeEncoder) error {
		fill(n)
		return nil
	})
}

func (b *batch) addTable(t *nftables.Table) {
	b.add(unix.NFT_MSG_NEWTABLE, netlink.Create, t.Family, func(e *netlink.AttributeEncoder) { e.String(unix.NFTA_TABLE_NAME, t.Name) })
}

func (b *batch) delTable(t *nftables.Table) {
	b.add(unix.NFT_MSG_DELTABLE, 0, t.Family, func(e *netlink.AttributeEncoder) { e.String(unix.NFTA_TABLE_NAME, t.Name) })
}

func (b *batch) addChain(c *nftables.Chain) {
	b.add(unix.NFT_MSG_NEWCHAIN, netlink.Create, c.Table.Family, func(e *netlink.AttributeEncoder) {
		e.String(unix.NFTA_CHAIN_TABLE, c.Table.Name)
		e.String(unix.NFTA_CHAIN_NAME, c.Name)
		nested(e, unix.NFTA_CHAIN_HOOK, func(e *netlink.AttributeEncoder) {
			e.Uint32(unix.NFTA_HOOK_HOOKNUM, uint32(*c.Hooknum))
			e.Uint32(unix.NFTA_HOOK_PRIORITY, uint32(*c.Priority))
		})
		e.Uint32(unix.NFTA_CHAIN_POLICY, uint32(*c.Policy))
		e.String(unix.NFTA_CHAIN_TYPE, string(c.Type))
	})
}

func (b *batch) addRule(r *nftables.Rule) {
	b.add(unix.NFT_MSG_NEWRULE, netlink.Create|netlink.Append, r.Table.Family, func(e *netlink.AttributeEncoder) {
		e.String(unix.NFTA_RULE_TABLE, r.Table.Name)
		e.String(unix.NFTA_RULE_CHAIN, r.Chain.Name)
		nested(e, unix.NFTA_RULE_EXPRESSIONS, func(e *netlink.AttributeEncoder) {
			for _, x := range r.Exprs {
				data, err := expr.Marshal(byte(r.Table.Family), x)
				if err != nil && b.err == nil {
					b.err = err
				}
				e.Bytes(unix.NLA_F_NESTED|unix.NFTA_LIST_ELEM, data)
			}
		})
	})
}

const (
	setConcat   = 0x80 // NFT_SET_CONCAT
	descConcat  = 2    // NFTA_SET_DESC_CONCAT
	setExpr     = 17   // NFTA_SET_EXPR
	elemKeyEnd  = 10   // NFTA_SET_ELEM_KEY_END
	hostEndian  = 1    // BYTEORDER_HOST_ENDIAN of nft
	bigEndian   = 2    // BYTEORDER_BIG_ENDIAN
	fieldLength = 1    // NFTA_SET_FIELD_LEN
)

// addMap makes a map from the fields of a key to a mark.
func (b *batch) addMap(s *nftables.Set) {
	b.add(unix.NFT_MSG_NEWSET, netlink.Create, s.Table.Family, func(e *netlink.AttributeEncoder) {
		e.String(unix.NFTA_SET_TABLE, s.Table.Name)
		e.String(unix.NFTA_SET_NAME, s.Name)
		e.Uint32(unix.NFTA_SET_ID, s.ID)
		e.Uint32(unix.NFTA_SET_FLAGS, unix.NFT_SET_INTERVAL|unix.NFT_SET_MAP|setConcat)
		e.Uint32(unix.NFTA_SET_KEY_TYPE, s.KeyType.GetNFTMagic())
		e.Uint32(unix.NFTA_SET_KEY_LEN, s.KeyType.Bytes)
		e.Uint32(unix.NFTA_SET_DATA_TYPE, s.DataType.GetNFTMagic())
		e.Uint32(unix.NFTA_SET_DATA_LEN, s.DataType.Bytes)
		nested(e, unix.NFTA_SET_DESC, func(e *netlink.AttributeEncoder) {
			nested(e, descConcat, func(e *netlink.AttributeEncoder) {
				for _, field := range nftables.ConcatSetTypeElements(s.KeyType) {
					nested(e, unix.NFTA_LIST_ELEM, func(e *netlink.AttributeEncoder) { e.Uint32(fieldLength, field.Bytes) })
				}
			})
		})
		order := userdata.AppendUint32(nil, userdata.NFTNL_UDATA_SET_KEYBYTEORDER, bigEndian)
		e.Bytes(unix.NFTA_SET_USERDATA, userdata.AppendUint32(order, userdata.NFTNL_UDATA_SET_DATABYTEORDER, hostEndian))
		if s.Counter {
			nested(e, setExpr, func(e *netlink.AttributeEncoder) { e.String(unix.NFTA_EXPR_NAME, "counter") })
		}
	})
}

// perMessage is how many members one message carries: its attribute must not exceed 64 KiB.
const perMessage = 500

// members adds members to a map, or deletes them.
func (b *batch) members(kind uint16, s *nftables.Set, list []nftables.SetElement) {
	for len(list) > 0 {
		part := list[:min(len(list), perMessage)]
		list = list[len(part):]
		b.add(kind, netlink.Create, s.Table.Family, func(e *netlink.AttributeEncoder) {
			e.String(unix.NFTA_SET_ELEM_LIST_TABLE, s.Table.Name)
			e.String(unix.NFTA_SET_ELEM_LIST_SET, s.Name)
			e.Uint32(unix.NFTA_SET_ELEM_LIST_SET_ID, s.ID)
			nested(e, unix.NFTA_SET_ELEM_LIST_ELEMENTS, func(e *netlink.AttributeEncoder) {
				for _, m := range part {
					nested(e, unix.NFTA_LIST_ELEM, func(e *netlink.AttributeEncoder) { member(e, m) })
				}
			})
		})
	}
}

func member(e *netlink.AttributeEncoder, m nftables.SetElement) {
	value := func(attr uint16, data []byte) {
		nested(e, attr, func(e *netlink.AttributeEncoder) { e.Bytes(unix.NFTA_DATA_VALUE, data) })
	}
	value(unix.NFTA_SET_ELEM_KEY, m.Key)
	value(elemKeyEnd, m.KeyEnd)
	value(unix.NFTA_SET_ELEM_DATA, m.Val)
}
