package ipvs

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// Save writes a table as ipvsadm -Sn does, sorted. Like ipvsadm it leaves out the thresholds.
func Save(table []lvs.Programmed) string {
	var blocks []string
	for _, p := range table {
		var lines []string
		for _, d := range p.Dests {
			lines = append(lines, "-a "+keyOption(p.Service.Key)+" -r "+destOptions(d)+"\n")
		}
		slices.Sort(lines)
		blocks = append(blocks, "-A "+keyOption(p.Service.Key)+serviceOptions(p.Service)+"\n"+strings.Join(lines, ""))
	}
	slices.Sort(blocks)
	return strings.Join(blocks, "")
}

func keyOption(k lvs.ServiceKey) string {
	if !k.Addr.IsValid() {
		s := fmt.Sprintf("-f %d", k.Mark)
		if k.Family == conf.IPv6 {
			s += " -6"
		}
		return s
	}
	option := map[conf.Protocol]string{conf.TCP: "-t ", conf.UDP: "-u ", conf.SCTP: "--sctp-service "}[k.Protocol]
	return option + netip.AddrPortFrom(k.Addr, k.Port).String()
}

func serviceOptions(s lvs.Service) string {
	out := " -s " + s.Scheduler
	if s.Persistent > 0 {
		out += fmt.Sprintf(" -p %d", int(s.Persistent.Seconds()))
	}
	if s.Netmask != 0 && s.Key.Family == conf.IPv6 {
		out += fmt.Sprintf(" -M %d", s.Netmask)
	} else if s.Netmask != 0 {
		m := s.Netmask
		out += " -M " + netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}).String()
	}
	if s.Engine != "" {
		out += " --pe " + s.Engine
	}
	if s.OnePacket {
		out += " -o"
	}
	if names := flagNames(s); names != "" {
		out += " -b " + names
	}
	return out
}

// flagNames returns the flags as ipvsadm names those of the scheduler.
func flagNames(s lvs.Service) string {
	names := []string{"flag-1", "flag-2", "flag-3"}
	if s.Scheduler == "sh" || s.Scheduler == "mh" {
		names = []string{s.Scheduler + "-fallback", s.Scheduler + "-port", "flag-3"}
	}
	var out []string
	for i, f := range []conf.SchedFlags{conf.SchedFlag1, conf.SchedFlag2, conf.SchedFlag3} {
		if s.Flags&f != 0 {
			out = append(out, names[i])
		}
	}
	return strings.Join(out, ",")
}

func destOptions(d lvs.Dest) string {
	out := d.Key.String() + [...]string{"", " -m", " -g", " -i"}[d.Method] + fmt.Sprintf(" -w %d", d.Weight)
	if d.Method != conf.TUN {
		return out
	}
	csum := " --tun-nocsum"
	switch d.Tunnel.Flags {
	case conf.TunnelCsum:
		csum = " --tun-csum"
	case conf.TunnelRemCsum:
		csum = " --tun-remcsum"
	}
	switch d.Tunnel.Type {
	case conf.GUE:
		return out + fmt.Sprintf(" --tun-type gue --tun-port %d", d.Tunnel.Port) + csum
	case conf.GRE:
		return out + " --tun-type gre" + csum
	}
	return out + " --tun-type ipip"
}
