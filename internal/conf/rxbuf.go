package conf

import (
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// rxPolicy says how large the receive buffer of an instance is that does not say so itself.
type rxPolicy struct {
	bytes       int64 // 0: not given
	mtu, advert bool
	multiplier  int64 // of MTU and ADVERT
}

// readBufsPolicy reads MTU, ADVERT or a number of bytes.
func (b *builder) readBufsPolicy(p *rxPolicy, l entry) {
	for _, w := range l.Words[1:] {
		switch strings.ToUpper(w.Text) {
		case "MTU":
			p.mtu = true
		case "ADVERT":
			p.advert = true
		default:
			n, ok := b.unsigned(w, 0, maxUint)
			if !ok {
				b.err(w, syntax.GeneralError, "Invalid vrrp_rx_bufs_policy "+w.Text)
				return
			}
			p.bytes = n
		}
	}
	if p.bytes > 0 && (p.mtu || p.advert) {
		b.report(l.Directive, syntax.GeneralError, "Cannot set vrrp_rx_bufs_policy size and policy, ignoring policy")
		p.mtu, p.advert = false, false
	}
	if p.mtu && p.advert {
		b.report(l.Directive, syntax.GeneralError, "Cannot set both vrrp_rx_bufs_policy MTU and ADVERT, ignoring ADVERT")
		p.advert = false
	}
}

// finishRxBuf settles the receive buffer of an instance that has no kernel_rx_buf_size.
func (b *builder) finishRxBuf(t *instanceBlock) {
	p := &b.defaults.rxBufs
	size := int64(0)
	switch {
	case t.RxBuf > 0:
		return
	case p.mtu:
		size = int64(b.mtu(t)) * p.multiplier
	case p.advert:
		size = int64(advertSize(t.Instance)) * p.multiplier
	default:
		size = p.bytes
	}
	t.RxBuf = int(min(size, maxInt))
}

// mtu returns the MTU of an instance's interface; that of Ethernet when there is none yet.
func (b *builder) mtu(t *instanceBlock) int {
	const ethernet = 1500
	if link, _ := b.link(t.Interface); link.MTU > 0 {
		return link.MTU
	}
	return ethernet
}

// advertSize returns the length of an instance's adverts in bytes, with the headers of IP and AH (RFC 9568 section 5.1 and
// RFC 2338 section 5.3).
func advertSize(t *Instance) int {
	const header4, header6, vrrp, auth, ah = 20, 40, 8, 8, 24
	if t.Family == IPv6 {
		return header6 + vrrp + 16*len(t.Addrs)
	}
	n := header4 + vrrp + 4*len(t.Addrs)
	if t.Version == 2 {
		n += auth
	}
	if t.Auth.Type == AuthAH {
		n += ah
	}
	return n
}
