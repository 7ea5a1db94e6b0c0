package transcript

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// raw is a packet that a script sends by hand, right unless told otherwise.
type raw struct {
	advert   vrrp.Advert
	packet   vrouter.Packet
	kind     int    // packet type
	count    int    // of addresses as said in the header; -1: right
	sum      string // ok, bad, none (no pseudo-header) or old (pseudo-header with the group)
	cut, pad int    // octets to cut off, and to append behind the message within the IP packet
	lost     int    // octets of the IP packet that were not received
	trailer  int    // octets received behind the IP packet
}

// send ROUTER [OPTION...]: a packet as a peer of the router's first instance would send it.
// Options: from to ttl version type vrid priority interval addrs auth pass count sum cut pad lost trailer ah.
func (s *script) send(r *Router, args []string) error {
	inst := r.cfg.Instances[0]
	p := raw{kind: vrrp.TypeAdvertisement, count: -1, sum: "ok"}
	p.advert = vrrp.Advert{
		Version: vrrp.Version(inst.Version), VRID: inst.VRID, Priority: 100, Interval: inst.AdvertInterval,
		Auth: vrrp.AuthType(inst.Auth.Type), Password: inst.Auth.Pass,
	}
	for _, a := range inst.Addrs {
		p.advert.Addrs = append(p.advert.Addrs, a.Prefix.Addr())
	}
	p.packet = vrouter.Packet{Src: netip.MustParseAddr("10.0.0.9"), Dst: inst.MulticastGroup, TTL: 255}
	if inst.Unicast {
		p.packet.Dst = r.links[inst.Interface].Addr4
	}
	for _, word := range args {
		key, value, _ := strings.Cut(word, "=")
		if err := p.set(key, value); err != nil {
			return err
		}
	}
	if err := p.encode(); err != nil {
		return err
	}
	s.lan.Inject(r, inst.Interface, p.packet)
	if r.Running() {
		id := r.ids[0]
		if why := r.set.Status(id).Refused; why != vrouter.Accepted {
			s.line(s.lan.Elapsed(), s.instanceName(r, id), "refused: "+why.String())
		}
	}
	return nil
}

func (p *raw) set(key, value string) error {
	if done, err := p.setNumber(key, value); done {
		return err
	}
	var err error
	switch key {
	case "from":
		p.packet.Src, err = netip.ParseAddr(value)
	case "to":
		p.packet.Dst, err = netip.ParseAddr(value)
	case "interval":
		p.advert.Interval, err = time.ParseDuration(value)
	case "addrs":
		p.advert.Addrs = nil
		for _, a := range strings.Split(value, ",") {
			if a != "" {
				p.advert.Addrs = append(p.advert.Addrs, netip.MustParseAddr(a))
			}
		}
	case "pass":
		p.advert.Auth, p.advert.Password = vrrp.AuthPass, [8]byte{}
		copy(p.advert.Password[:], value)
	case "sum":
		p.sum = value
	case "ah":
		p.packet.AH = true
	default:
		return fmt.Errorf("unknown option %q", key)
	}
	return err
}

func (p *raw) setNumber(key, value string) (bool, error) {
	n, err := strconv.Atoi(value)
	switch key {
	case "ttl":
		p.packet.TTL = uint8(n)
	case "version":
		p.advert.Version = vrrp.Version(n)
	case "type":
		p.kind = n
	case "vrid":
		p.advert.VRID = uint8(n)
	case "priority":
		p.advert.Priority = uint8(n)
	case "auth":
		p.advert.Auth = vrrp.AuthType(n)
	case "count":
		p.count = n
	case "cut":
		p.cut = n
	case "pad":
		p.pad = n
	case "lost":
		p.lost = n
	case "trailer":
		p.trailer = n
	default:
		return false, nil
	}
	return true, err
}

// encode puts the message together, with the mistakes that were asked for.
func (p *raw) encode() error {
	src, dst := p.packet.Src, p.packet.Dst
	switch p.sum {
	case "none":
		src = netip.Addr{}
	case "old":
		dst = vrrp.GroupV4()
	}
	version := p.advert.Version
	if version != vrrp.V2 {
		p.advert.Version = vrrp.V3
	}
	if p.advert.Version == vrrp.V2 && p.advert.Interval < time.Second {
		p.advert.Interval = time.Second
	}
	b, err := p.advert.Append(nil, src, dst)
	if err != nil {
		return err
	}
	// These come before the checksum is looked at, so it need not fit.
	b[0] = byte(version)<<4 | byte(p.kind)
	if p.count >= 0 {
		b[3] = byte(p.count)
	}
	if p.sum == "bad" {
		b[6] ^= 0x55
	}
	b = append(b[:len(b)-p.cut], make([]byte, p.pad)...)
	p.packet.TotalLen = len(b)
	p.packet.Payload = append(b[:len(b)-p.lost], make([]byte, p.trailer)...)
	p.packet.Multicast = p.packet.Dst.IsMulticast()
	return nil
}

// status prints what reports would tell.
func (s *script) status(r *Router) {
	for _, id := range r.ids {
		st := r.set.Status(id)
		s.line(s.lan.Elapsed(), s.instanceName(r, id), fmt.Sprintf(
			"status: %s priority %d, master %s with priority %d every %s, holds [%s]",
			st.State, st.Priority, st.Master, st.MasterPriority, st.MasterInterval, heldBy(r, r.set.Instance(id))))
		s.line(s.lan.Elapsed(), s.instanceName(r, id), "stats:"+counters(r.set.Stats(id)))
	}
}

// counters lists the counters that are not zero.
func counters(st vrouter.Stats) string {
	var b strings.Builder
	for _, f := range strings.Fields(strings.Trim(fmt.Sprintf("%+v", st), "{}")) {
		if !strings.HasSuffix(f, ":0") {
			b.WriteString(" " + f)
		}
	}
	return b.String()
}

func heldBy(r *Router, inst *conf.Instance) string {
	var held []string
	for _, p := range r.Held() {
		for _, a := range inst.Addrs {
			if a.Prefix == p {
				held = append(held, p.String())
			}
		}
	}
	return strings.Join(held, " ")
}
