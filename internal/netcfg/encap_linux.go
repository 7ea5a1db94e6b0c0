package netcfg

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// The attributes of lightweight tunnels (linux/lwtunnel.h, linux/mpls_iptunnel.h, linux/ila.h). Those of IPv4 and IPv6
// differ in where TTL and TOS stand only.
const (
	encapID      = 1
	encapDst     = 2
	encapSrc     = 3
	encapTTL     = 4
	encapTOS     = 5
	encapFlags   = 6
	mplsDst      = 1
	ilaLocator   = 1
	mplsBottom   = 1 << 8
	mplsLabelBit = 12
)

// appendEncap appends the tunnel of a route or of one of its gateways.
func appendEncap(b []byte, e *conf.Encap) []byte {
	if e == nil {
		return b
	}
	b = appendAttr(b, unix.RTA_ENCAP_TYPE, binary.NativeEndian.AppendUint16(nil, uint16(e.Kind)))
	start := len(b)
	b = appendAttr(b, unix.RTA_ENCAP, nil)
	switch e.Kind {
	case conf.EncapMPLS:
		b = appendAttr(b, mplsDst, labelStack(e.Labels))
	case conf.EncapILA:
		b = appendAttr(b, ilaLocator, binary.BigEndian.AppendUint64(nil, e.Locator))
	default:
		b = appendTunnel(b, e)
	}
	return closeAttr(b, start)
}

func appendTunnel(b []byte, e *conf.Encap) []byte {
	if e.ID != nil {
		b = appendAttr(b, encapID, binary.BigEndian.AppendUint64(nil, *e.ID))
	}
	if e.Dst.IsValid() {
		b = appendAttr(b, encapDst, e.Dst.AsSlice())
	}
	if e.Src.IsValid() {
		b = appendAttr(b, encapSrc, e.Src.AsSlice())
	}
	if e.TTL != nil {
		b = appendAttr(b, encapTTL, []byte{*e.TTL})
	}
	if e.TOS != nil {
		b = appendAttr(b, encapTOS, []byte{*e.TOS})
	}
	if e.Flags != nil {
		b = appendAttr(b, encapFlags, binary.BigEndian.AppendUint16(nil, *e.Flags))
	}
	return b
}

// labelStack encodes labels: "Label: Label Value, 20 bits [...] S: Bottom of Stack, 1 bit" (RFC 3032 section 2.1).
func labelStack(labels []uint32) []byte {
	var b []byte
	for i, l := range labels {
		entry := l << mplsLabelBit
		if i == len(labels)-1 {
			entry |= mplsBottom
		}
		b = binary.BigEndian.AppendUint32(b, entry)
	}
	return b
}
