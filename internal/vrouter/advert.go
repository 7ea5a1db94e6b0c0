package vrouter

import (
	"net/netip"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// addrList holds the addresses of the advert that is being encoded.
type addrList []netip.Addr

// AppendAdvert appends the VRRP message that a SendAdvert action of instance id asks for, as sent to dst: the multicast
// group or one of the peers. It fails for an unknown id, and for what vrrp.Advert.Append refuses. The same arguments give
// the same octets until the configuration, or Source or OldChecksum of the Status changes.
func (s *Set) AppendAdvert(b []byte, id ID, priority uint8, dst netip.Addr) ([]byte, error) {
	m := s.lookup(id)
	if m == nil {
		return b, ErrUnknownID
	}
	s.addr = s.addr[:0]
	for i := range m.cfg.Addrs {
		s.addr = append(s.addr, m.cfg.Addrs[i].Prefix.Addr())
	}
	a := vrrp.Advert{
		Version:  vrrp.Version(m.cfg.Version),
		VRID:     m.cfg.VRID,
		Priority: priority,
		Interval: m.cfg.AdvertInterval,
		Addrs:    s.addr,
	}
	if m.cfg.Version == 2 {
		a.Auth, a.Password = vrrp.AuthType(m.cfg.Auth.Type), m.cfg.Auth.Pass
	}
	src, dst := m.pseudo(m.source, dst)
	return a.Append(b, src, dst)
}

// pseudo returns the addresses that go into the pseudo-header of the checksum of our own adverts.
func (m *machine) pseudo(src, dst netip.Addr) (netip.Addr, netip.Addr) {
	switch {
	case m.isV6():
		return src, dst
	case m.cfg.ChecksumAsV2:
		return netip.Addr{}, netip.Addr{}
	case m.cfg.Unicast && m.oldSum:
		// Before 1.3.7 keepalived took the multicast group for the destination of unicast adverts.
		return src, vrrp.GroupV4()
	}
	return src, dst
}

// checksumOK tells whether the checksum is right in one of the ways that peers compute it.
func (m *machine) checksumOK(p *Packet) bool {
	switch {
	case vrrp.ChecksumOK(p.Payload, p.Src, p.Dst):
		return true
	case m.cfg.Version == 2 || m.isV6():
		return false
	case m.cfg.ChecksumAsV2:
		return vrrp.ChecksumOK(p.Payload, netip.Addr{}, netip.Addr{})
	case !m.cfg.Unicast || m.cfg.OldUnicastChecksum == conf.OldChecksumNever,
		!vrrp.ChecksumOK(p.Payload, p.Src, vrrp.GroupV4()):
		return false
	}
	if !m.oldSum {
		m.oldSum = true
		m.log(Info, "Setting unicast VRRPv3 checksum to old version")
	}
	return true
}
