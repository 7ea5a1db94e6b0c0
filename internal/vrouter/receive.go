package vrouter

import (
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// adverTTL is the TTL of adverts: "A VRRP Router receiving a packet with the TTL not equal to 255 MUST discard the
// packet." (RFC 9568 section 5.1.1.3)
const adverTTL = 255

// receive checks a packet and hands the advert in it to the function of the state.
func (m *machine) receive(now time.Time, p *Packet) {
	if m.state != Backup && m.state != Master {
		return
	}
	h, err := vrrp.ParseHeader(p.Payload)
	r := TooShort
	if err == nil {
		r = m.check(p, h)
	}
	if r != Accepted {
		m.refuse(r, p, h)
		return
	}
	m.refused = Accepted
	if r := m.checkAddrs(p, h); r != Accepted {
		m.refuse(r, p, h)
	}
	m.stats.AdvertsReceived++
	a := heard{Header: h, src: p.Src.WithZone("")}
	if m.state == Master {
		m.masterReceive(now, a)
	} else {
		m.backupReceive(now, a)
	}
}

// check returns why the packet is to be refused. The order is that of keepalived, which decides what is counted and
// logged when several things are wrong.
func (m *machine) check(p *Packet, h vrrp.Header) Reject {
	if r := m.checkFrame(p, h); r != Accepted {
		return r
	}
	if m.cfg.Version == 2 {
		if r := m.checkV2(p, h); r != Accepted {
			return r
		}
	}
	switch {
	case h.Type != vrrp.TypeAdvertisement:
		// "A packet with unknown type MUST be discarded." (RFC 9568 section 5.2.2)
		return WrongType
	case p.TotalLen != h.Size(m.isV6()):
		return IPLength
	case !m.checksumOK(p):
		return WrongChecksum
	case p.Multicast == m.cfg.Unicast:
		return CastMismatch
	case m.cfg.OwnerIgnoreAdverts && m.isOwner():
		return IgnoredByOwner
	}
	return m.checkPeer(p)
}

// checkFrame checks what comes before the meaning of the message.
func (m *machine) checkFrame(p *Packet, h vrrp.Header) Reject {
	// The length is that of the packet's own version, so that another version is reported as that.
	size := h.Size(m.isV6())
	wantAH := m.cfg.Version == 2 && m.cfg.Auth.Type == conf.AuthAH
	switch {
	case p.AH && !wantAH:
		return UnexpectedAH
	case !p.AH && wantAH:
		return MissingAH
	case len(p.Payload) < size:
		// "MUST verify that the received packet contains the complete VRRP packet" (RFC 9568 section 7.1)
		return TooShort
	case len(p.Payload) > size && !m.isPadded(p, size):
		return TooLong
	case p.Multicast && p.TTL != adverTTL:
		return WrongTTL
	case uint8(h.Version) != m.cfg.Version:
		return WrongVersion
	case h.VRID != m.cfg.VRID:
		return WrongVRID
	}
	return Accepted
}

// minFrame is what an Ethernet frame carries at least; shorter packets are padded to it.
const minFrame = 46

// isPadded tells whether the packet may be longer than its message, of the given size, by mere padding.
func (m *machine) isPadded(p *Packet, size int) bool {
	return p.TotalLen == size || len(p.Payload)+m.headerLen() <= minFrame
}

// checkV2 checks what only version 2 has.
func (m *machine) checkV2(p *Packet, h vrrp.Header) Reject {
	auth := conf.AuthType(h.Auth)
	switch {
	case auth > conf.AuthAH:
		return UnknownAuth
	case auth != m.cfg.Auth.Type:
		return AuthMismatch
	case auth == conf.AuthPass && vrrp.Password(p.Payload, h) != m.cfg.Auth.Pass:
		return WrongPassword
	case h.Interval != m.cfg.AdvertInterval:
		// "MUST verify that the Adver Interval in the packet is the same as the locally configured for this virtual
		// router. If the above check fails, the receiver MUST discard the packet" (RFC 3768 section 7.1)
		return IntervalMismatch
	}
	return Accepted
}

// checkPeer checks the sender of a unicast advert.
func (m *machine) checkPeer(p *Packet) Reject {
	if !m.cfg.Unicast {
		return Accepted
	}
	peer := m.peer(p.Src)
	switch {
	case peer == nil && m.cfg.CheckSource:
		return NotAPeer
	case peer != nil && (p.TTL < peer.MinTTL || p.TTL > peer.MaxTTL):
		return PeerTTL
	}
	return Accepted
}

// peer returns the unicast peer with address a, or nil.
func (m *machine) peer(a netip.Addr) *conf.Peer {
	for i := range m.cfg.Peers {
		if m.cfg.Peers[i].Addr.WithZone("") == a.WithZone("") {
			return &m.cfg.Peers[i]
		}
	}
	return nil
}

// checkAddrs compares the addresses with ours: "MAY verify that [...] the IPvX address(es) associated with the VRID are
// valid." (RFC 9568 section 7.1)
func (m *machine) checkAddrs(p *Packet, h vrrp.Header) Reject {
	switch {
	case m.cfg.SkipCheckAddrs && m.master.IsValid() && p.Src.WithZone("") == m.master:
		return Accepted
	case int(h.Count) != len(m.cfg.Addrs):
		return AddressCount
	case m.missing(p, h).IsValid():
		return AddressMissing
	}
	return Accepted
}

// missing returns an address of ours that is not in the packet, or the zero Addr.
func (m *machine) missing(p *Packet, h vrrp.Header) netip.Addr {
	for i := range m.cfg.Addrs {
		// As a rule both sides have the same order.
		ours := m.cfg.Addrs[i].Prefix.Addr()
		if i < int(h.Count) && vrrp.Addr(p.Payload, i, m.isV6()) == ours {
			continue
		}
		if !m.contains(p, h, ours) {
			return ours
		}
	}
	return netip.Addr{}
}

func (m *machine) contains(p *Packet, h vrrp.Header, a netip.Addr) bool {
	for i := range int(h.Count) {
		if vrrp.Addr(p.Payload, i, m.isV6()) == a {
			return true
		}
	}
	return false
}

func (m *machine) isV6() bool { return m.cfg.Family == conf.IPv6 }

// headerLen returns the length of the IP header, which log lines count in; that of IPv6 is not received.
func (m *machine) headerLen() int {
	if m.isV6() {
		return 0
	}
	return 20
}
