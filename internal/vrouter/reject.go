package vrouter

import (
	"fmt"
	"time"

	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// Reject is the reason for which a packet is refused.
type Reject uint8

// The reasons, in the order in which packets are checked.
const (
	Accepted Reject = iota
	UnexpectedAH
	MissingAH
	TooShort
	TooLong
	WrongTTL
	WrongVersion
	WrongVRID
	UnknownAuth
	AuthMismatch
	WrongPassword
	IntervalMismatch
	WrongType
	IPLength
	WrongChecksum
	CastMismatch
	IgnoredByOwner
	NotAPeer
	PeerTTL

	// AddressCount and AddressMissing are counted and logged; the packet is accepted all the same.
	AddressCount
	AddressMissing
)

// String returns the name of the constant.
func (r Reject) String() string {
	names := [...]string{
		"Accepted", "UnexpectedAH", "MissingAH", "TooShort", "TooLong", "WrongTTL", "WrongVersion", "WrongVRID",
		"UnknownAuth", "AuthMismatch", "WrongPassword", "IntervalMismatch", "WrongType", "IPLength", "WrongChecksum",
		"CastMismatch", "IgnoredByOwner", "NotAPeer", "PeerTTL", "AddressCount", "AddressMissing",
	}
	if int(r) < len(names) {
		return names[r]
	}
	return fmt.Sprintf("Reject(%d)", uint8(r))
}

// rejectSet is a set of reasons.
type rejectSet uint32

// refuse counts a refusal, and logs it unless the same has been logged since the latest change of state or master.
func (m *machine) refuse(r Reject, p *Packet, h vrrp.Header) {
	m.refused = r
	m.stats.refuse(r)
	if m.told&(1<<r) != 0 {
		return
	}
	m.told |= 1 << r
	if text := m.refusal(r, p, h); text != "" {
		m.log(Info, text)
	}
}

// refusal returns the log line for r.
func (m *machine) refusal(r Reject, p *Packet, h vrrp.Header) string {
	switch r {
	case UnexpectedAH:
		return fmt.Sprintf("Received AH header but auth type not AH from %s", p.Src)
	case MissingAH:
		return fmt.Sprintf("No AH header but auth type is AH from %s", p.Src)
	case TooShort:
		return m.wrongLength("short", p, h)
	case TooLong:
		return m.wrongLength("long", p, h)
	case WrongTTL:
		return fmt.Sprintf("invalid TTL/HL from %s. Received %d and expect %d", p.Src, p.TTL, adverTTL)
	case WrongVersion:
		return fmt.Sprintf("wrong VRRP version from %s. Received %d and expect %d", p.Src, h.Version, m.cfg.Version)
	case UnknownAuth:
		return fmt.Sprintf("Invalid auth type from %s: %d", p.Src, h.Auth)
	case AuthMismatch:
		return fmt.Sprintf("received a %d auth from %s, expecting %d!", h.Auth, p.Src, m.cfg.Auth.Type)
	case WrongPassword:
		return fmt.Sprintf("received an invalid passwd from %s!", p.Src)
	case IntervalMismatch:
		return fmt.Sprintf("advertisement interval mismatch with %s mine=%d sec rcv'd=%d sec",
			p.Src, m.cfg.AdvertInterval/time.Second, h.Interval/time.Second)
	case WrongType:
		return fmt.Sprintf("Invalid packet type from %s. %d and expect %d", p.Src, h.Type, vrrp.TypeAdvertisement)
	case IPLength:
		ip := m.headerLen()
		return fmt.Sprintf("ip_tot_len mismatch against received length from %s. %d and received %d",
			p.Src, p.TotalLen+ip, h.Size(m.isV6())+ip)
	case WrongChecksum:
		return fmt.Sprintf("Invalid VRRPv%d checksum from %s", m.cfg.Version, p.Src)
	case CastMismatch:
		return fmt.Sprintf("Expected %sicast packet but received %sicast packet from %s",
			cast(!m.cfg.Unicast), cast(p.Multicast), p.Src)
	case IgnoredByOwner:
		return fmt.Sprintf("Dropping packet(s) from %s since we are address owner", p.Src)
	case NotAPeer:
		return fmt.Sprintf("unicast source address %s not a unicast peer", p.Src)
	case PeerTTL:
		peer := m.peer(p.Src)
		return fmt.Sprintf("TTL/HL %d from %s not in range [%d, %d]", p.TTL, p.Src, peer.MinTTL, peer.MaxTTL)
	case AddressCount:
		return fmt.Sprintf("expected %d VIPs but received %d", len(m.cfg.Addrs), h.Count)
	case AddressMissing:
		return fmt.Sprintf("ip address associated with VRID %d not present in advert from %s: %s",
			m.cfg.VRID, p.Src, m.missing(p, h))
	}
	return ""
}

func (m *machine) wrongLength(how string, p *Packet, h vrrp.Header) string {
	ip := m.headerLen()
	return fmt.Sprintf("vrrp packet from %s too %s, length %d and expect %d",
		p.Src, how, len(p.Payload)+ip, h.Size(m.isV6())+ip)
}

// cast returns the first half of "multicast" or "unicast".
func cast(multi bool) string {
	if multi {
		return "mult"
	}
	return "un"
}
