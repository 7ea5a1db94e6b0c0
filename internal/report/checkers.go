package report

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// WriteCheckers writes configuration and state of the virtual servers and their checkers for a person, with the keys that
// programs look for.
func WriteCheckers(w io.Writer, global *conf.Global, services []lvs.ServiceStatus) error {
	var b bytes.Buffer
	writeGlobal(&b, global)
	writeSNMP(&b, &global.SNMP)
	fmt.Fprintf(&b, "------< LVS Topology >------\n")
	writeGroups(&b, services)
	for i := range services {
		writeService(&b, &services[i])
	}
	fmt.Fprintf(&b, "------< Health checkers >------\n")
	for _, s := range services {
		for _, r := range s.Servers {
			for i := range r.Checks {
				fmt.Fprintf(&b, " %s -> %s\n", s.Title, r.Title)
				writeCheck(&b, &r.Checks[i], cmp.Or(r.Conf.VirtualHost, s.Conf.VirtualHost))
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeLVS(b *bytes.Buffer, g *conf.LVS) {
	fmt.Fprintf(b, " Checkers log all failures = %t\n", g.LogAllFailures)
	for _, t := range []struct {
		name string
		d    time.Duration
	}{{"TCP timeout", g.TCPTimeout}, {"TCP FIN timeout", g.TCPFinTimeout}, {"UDP timeout", g.UDPTimeout}} {
		line(b, "LVS "+t.name, strconv.Itoa(int(t.d.Seconds())), t.d > 0)
	}
	if s := g.Sync; s != nil {
		line(b, "LVS syncd interface", s.Interface, true)
		line(b, "LVS syncd vrrp instance", s.Instance, s.Instance != "")
		line(b, "LVS syncd syncid", strconv.Itoa(int(s.ID)), s.IDSet || s.Instance == "")
	}
	how := map[conf.FlushOnStop]string{conf.FlushNothing: "disabled", conf.FlushAll: "all", conf.FlushServices: "VS"}[g.FlushOnStop]
	fmt.Fprintf(b, " LVS flush = %t\n LVS flush on stop = %s\n", g.Flush, how)
	if m := g.Marks; m.Table != "" {
		fmt.Fprintf(b, " ipvs nftables table name = %s\n ipvs nftables base chain priority = %d\n ipvs nftables start fwmark = %d\n", m.Table, m.Priority, m.First)
	}
	fmt.Fprintf(b, " nftables %s counters\n", map[bool]string{true: "with", false: "without"}[g.Marks.Counters])
}

func writeSNMP(b *bytes.Buffer, s *conf.SNMP) {
	fmt.Fprintf(b, " SNMP checker %s\n SNMP traps %s\n", enabled(s.Checker), enabled(s.Traps))
	line(b, "SNMP socket", s.Socket, s.Socket != "")
}

func writeGroups(b *bytes.Buffer, services []lvs.ServiceStatus) {
	seen := map[string]bool{}
	for _, s := range services {
		v := s.Conf
		if v.Group == "" || seen[v.Group] {
			continue
		}
		seen[v.Group] = true
		has := func(six bool) string {
			for _, m := range v.Members {
				if m.Addr.IsValid() && m.Addr.Is6() == six || !m.Addr.IsValid() && (cmp.Or(m.Family, v.Family) == conf.IPv6) == six {
					return "yes"
				}
			}
			return "no"
		}
		fmt.Fprintf(b, " ------< Virtual server group >------\n Virtual Server Group = %s, IPv4 = %s, IPv6 = %s\n", v.Group, has(false), has(true))
		for _, m := range v.Members {
			switch all := m.Addrs(); {
			case !m.Addr.IsValid():
				fmt.Fprintf(b, "   FWMARK = %d\n", m.Mark)
			case len(all) > 1:
				fmt.Fprintf(b, "   VIP Range = %s-%s, VPORT = %d\n", m.Addr, all[len(all)-1].Addr, m.Port)
			default:
				fmt.Fprintf(b, "   VIP = %s, VPORT = %d\n", m.Addr, m.Port)
			}
		}
	}
}

func writeService(b *bytes.Buffer, s *lvs.ServiceStatus) {
	v := s.Conf
	b.WriteString(" ------< Virtual server >------\n")
	switch {
	case v.Group != "":
		fmt.Fprintf(b, " VS GROUP = %s\n", s.Title)
	case v.Addr.IsValid():
		fmt.Fprintf(b, " VS VIP = %s, VPORT = %d\n", v.Addr, v.Port)
	default:
		fmt.Fprintf(b, " VS FWMARK = %d\n", v.Mark)
	}
	line(b, "  VirtualHost", v.VirtualHost, v.VirtualHost != "")
	if v.SNMPName != "" {
		fmt.Fprintf(b, "   SNMP name = '%s'\n", v.SNMPName)
	}
	family := "inet"
	if v.Family == conf.IPv6 {
		family = "inet6"
	}
	fmt.Fprintf(b, "   Address family = %s\n   connection timeout = %f\n   delay_loop = %f\n   lvs_sched = %s\n", family,
		or(v.Timing.Connect, 5*time.Second), or(v.Timing.Loop, time.Minute), v.Scheduler)
	for _, f := range flagsOf(v.Scheduler) {
		fmt.Fprintf(b, "   %s = %s\n", f.name, enabled(v.SchedFlags&f.flag != 0))
	}
	fmt.Fprintf(b, "   One packet scheduling = %s\n", enabled(v.OnePacket))
	if v.Persistent > 0 {
		fmt.Fprintf(b, "   persistence timeout = %d\n", int(v.Persistent.Seconds()))
	}
	switch {
	case v.Netmask == 0:
	case v.Family == conf.IPv6:
		fmt.Fprintf(b, "   persistence granularity = %d\n", v.Netmask)
	default:
		fmt.Fprintf(b, "   persistence granularity = %s\n", netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, v.Netmask))))
	}
	protocol := "none"
	if v.Protocol != conf.NoProtocol {
		protocol = strings.ToUpper(v.Protocol.String())
	}
	fmt.Fprintf(b, "   protocol = %s\n   alpha is %s\n   omega is %s\n", protocol, onOff(v.Alpha), onOff(v.Omega))
	writeRetries(b, v.Timing)
	fmt.Fprintf(b, "   Inhibit on failure is %s\n   quorum = %d, hysteresis = %d\n", onOff(v.Inhibit), v.Quorum, v.Hysteresis)
	writeScript(b, "   Quorum up", v.QuorumUp)
	writeScript(b, "   Quorum down", v.QuorumDown)
	if v.HASuspend {
		b.WriteString("   Using HA suspend\n")
	}
	fmt.Fprintf(b, "   Using smtp notification = %s\n   default forwarding method = %s\n", yes(v.SMTPAlert), method(v.Method, v.Tunnel))
	if c := v.Sorry; c != nil {
		fmt.Fprintf(b, "   sorry server = [%s]:%s:%d\n     forwarding method = %s\n     Inhibit on failure is %s\n", c.Addr, v.Protocol, c.Port,
			method(c.Method, c.Tunnel), onOff(v.SorryInhibit))
	}
	fmt.Fprintf(b, "   alive = 1\n   quorum_state_up = %d\n", number(s.Quorum)) // "alive": it is in the kernel's table
	for i := range s.Servers {
		writeServer(b, &s.Servers[i])
	}
}

type schedFlag struct {
	name string
	flag conf.SchedFlags
}

// flagsOf returns the flags of a scheduler under the names that it gives them.
func flagsOf(scheduler string) []schedFlag {
	if scheduler == "sh" || scheduler == "mh" {
		return []schedFlag{{scheduler + "-port", conf.SchedFlag2}, {scheduler + "-fallback", conf.SchedFlag1}}
	}
	return []schedFlag{{"flag-1", conf.SchedFlag1}, {"flag-2", conf.SchedFlag2}, {"flag-3", conf.SchedFlag3}}
}

func writeServer(b *bytes.Buffer, r *lvs.ServerStatus) {
	c, failed := r.Conf, 0
	for _, k := range r.Checks {
		if !k.Up {
			failed++
		}
	}
	fmt.Fprintf(b, "   ------< Real server >------\n   RIP = %s, RPORT = %d, WEIGHT = %d EFF WEIGHT = %d\n   forwarding method = %s\n   Alpha is %s\n",
		c.Addr, c.Port, c.Weight, r.Weight, method(c.Method, c.Tunnel), onOff(c.Alpha))
	fmt.Fprintf(b, "   connection timeout = %f\n   connection limit range = %d -> %d\n   Delay loop = %f\n", or(c.Timing.Connect, 5*time.Second),
		c.Lower, c.Upper, or(c.Timing.Loop, time.Minute))
	writeRetries(b, *c.Timing)
	fmt.Fprintf(b, "   Inhibit on failure is %s\n", onOff(c.Inhibit))
	writeScript(b, "     RS up", c.NotifyUp)
	writeScript(b, "     RS down", c.NotifyDown)
	line(b, "   VirtualHost", "'"+c.VirtualHost+"'", c.VirtualHost != "")
	line(b, "  SNMP name", c.SNMPName, c.SNMPName != "")
	fmt.Fprintf(b, "   Using smtp notification = %s\n   initial weight = %d\n   effective weight = %d\n   alive = %d\n   num failed checkers = %d\n   RS set = %d\n",
		yes(c.SMTPAlert), c.Weight, r.Weight, number(r.Up), failed, number(r.InPool))
}

// or returns a time in seconds, what is used by default where it was not given.
func or(d, usual time.Duration) float64 {
	if d < 0 {
		d = usual
	}
	return d.Seconds()
}

// writeRetries writes what was said of how checkers are repeated, beyond their loop.
func writeRetries(b *bytes.Buffer, t conf.Timing) {
	if t.Retry >= 0 {
		fmt.Fprintf(b, "   Retry count = %d\n", t.Retry)
	}
	if t.BeforeRetry >= 0 {
		fmt.Fprintf(b, "   Retry delay = %f\n", t.BeforeRetry.Seconds())
	}
	if t.Warmup >= 0 {
		fmt.Fprintf(b, "   Warmup = %f\n", t.Warmup.Seconds())
	}
}

// writeCheck writes a checker whose server is asked in the name of a virtual host, unless the checker names another one.
func writeCheck(b *bytes.Buffer, k *lvs.CheckStatus, host string) {
	c := k.Conf
	fmt.Fprintf(b, "   Enabled = %s\n   Up = %s\n   Has run = %s\n   Current weight = %d\n", yes(!k.Resting), yes(k.Up), yes(k.HasRun), k.Adjust)
	if c.Kind != "FILE_CHECK" {
		fmt.Fprintf(b, "   Alpha = %s\n   Delay loop = %d us\n   Warmup = %d us\n   Retries = %d\n", yes(c.Alpha), c.Timing.Loop.Microseconds(),
			c.Timing.Warmup.Microseconds(), c.Timing.Retry)
		if c.Timing.Retry > 0 {
			fmt.Fprintf(b, "   Delay before retry = %d us\n", c.Timing.BeforeRetry.Microseconds())
		}
	}
	fmt.Fprintf(b, "   Log all failures = %s\n", yes(c.LogAll))
	if c.Kind != "MISC_CHECK" && c.Kind != "FILE_CHECK" {
		fmt.Fprintf(b, "   Connection\n     Dest = [%s]:%d\n", c.Target, c.Port)
		if c.Bind.IsValid() {
			fmt.Fprintf(b, "     Bind to = [%s]:%d\n", c.Bind, c.BindPort)
		}
		if c.BindLink != "" {
			fmt.Fprintf(b, "     Bind i/f = %s\n", c.BindLink)
		}
		if c.Mark != 0 {
			fmt.Fprintf(b, "     Mark = %d\n", c.Mark)
		}
		fmt.Fprintf(b, "     Timeout = %f\n", c.Timing.Connect.Seconds())
	}
	fmt.Fprintf(b, "   Keepalive method = %s", c.Kind)
	switch c.Kind {
	case "HTTP_GET", "SSL_GET":
		fmt.Fprintf(b, ", http protocol %s\n", c.HTTPVersion)
		line(b, "  Virtualhost", c.VirtualHost, c.VirtualHost != host)
		fmt.Fprintf(b, "   Enable SNI %s\n   Fast recovery %s\n", set(c.SNI), set(c.FastRecovery))
		for _, u := range c.URLs {
			writeURL(b, u, c.VirtualHost)
		}
	case "DNS_CHECK":
		fmt.Fprintf(b, "\n   Type = %s\n   Name = %s\n", conf.DNSTypeName(c.DNSType), c.Name)
	case "SMTP_CHECK":
		fmt.Fprintf(b, "\n   helo = %s\n", c.HELO)
	case "MISC_CHECK":
		fmt.Fprintf(b, "\n   script = %s\n   timeout = %d\n   dynamic = %s\n", quote(c.Script.Argv), int(c.ScriptTimeout.Seconds()), strings.ToUpper(yes(c.Dynamic)))
	case "FILE_CHECK":
		reverse := ""
		if c.Reverse {
			reverse = " reverse"
		}
		fmt.Fprintf(b, "\n     Tracked file = %s\n     Weight = %d%s\n", c.Name, c.Weight, reverse)
	case "UDP_CHECK":
		b.WriteString("\n")
		if len(c.Payload) > 0 {
			fmt.Fprintf(b, "   Payload len = %d\n", len(c.Payload))
		} else {
			b.WriteString("   Payload specified = no\n")
		}
		fmt.Fprintf(b, "   Require reply = %s\n", yes(c.NeedReply))
		if c.NeedReply {
			fmt.Fprintf(b, "     Min reply length = %d\n     Max reply length = %d\n", c.MinReply, c.MaxReply)
			if len(c.Reply) > 0 {
				fmt.Fprintf(b, "     Reply data len = %d\n     Reply data mask = %s\n", len(c.Reply), yes(slices.ContainsFunc(c.ReplyMask, func(b byte) bool { return b != 0xff })))
			}
		}
	default:
		b.WriteString("\n")
	}
}

// writeURL writes a url of a checker with a virtual host.
func writeURL(b *bytes.Buffer, u *conf.URL, host string) {
	fmt.Fprintf(b, "   Checked url = %s\n", u.Path)
	if u.Digest != "" {
		fmt.Fprintf(b, "     digest = %s\n", u.Digest)
	}
	b.WriteString("     HTTP Status Code(s)\n")
	codes := u.Codes
	if len(codes) == 0 {
		codes = []conf.CodeRange{{First: 200, Last: 299}}
	}
	for _, c := range codes {
		text := strconv.Itoa(c.First)
		if c.Last != c.First {
			text += "-" + strconv.Itoa(c.Last)
		}
		fmt.Fprintf(b, "       %s\n", text)
	}
	if u.VirtualHost != host {
		fmt.Fprintf(b, "     Virtual host = %s\n", u.VirtualHost)
	}
	if u.Regex != "" {
		fmt.Fprintf(b, "     Regex = \"%s\"\n", u.Regex)
		line(b, "    Regex min offset", strconv.Itoa(u.MinOffset), u.MinOffset > 0)
		line(b, "    Regex max offset", strconv.Itoa(u.MaxOffset), u.MaxOffset > 0)
		line(b, "    Regex options", strings.Join(u.RegexOptions, " "), len(u.RegexOptions) > 0)
	}
}

func writeScript(b *bytes.Buffer, what string, s *conf.Script) {
	if s != nil {
		fmt.Fprintf(b, "%s notify script = %s\n", what, quote(s.Argv))
	}
}

func quote(argv []string) string { return "'" + strings.Join(argv, "' '") + "'" }

func yes(b bool) string   { return map[bool]string{true: "yes", false: "no"}[b] }
func onOff(b bool) string { return map[bool]string{true: "ON", false: "OFF"}[b] }

func number(b bool) int { return map[bool]int{true: 1}[b] }

func set(b bool) string { return map[bool]string{true: "set", false: "unset"}[b] }

func method(m conf.Forwarding, t conf.Tunnel) string {
	if m != conf.TUN {
		return map[conf.Forwarding]string{conf.NAT: "NAT", conf.DR: "DR"}[m]
	}
	text := "TUN, type = " + [...]string{conf.IPIP: "IPIP", conf.GUE: "GUE", conf.GRE: "GRE"}[t.Type]
	if t.Port != 0 {
		text += fmt.Sprintf(", port = %d", t.Port)
	}
	switch {
	case t.Flags&conf.TunnelCsum != 0:
		text += ", checksum"
	case t.Flags&conf.TunnelRemCsum != 0:
		text += ", remote checksum"
	}
	return text
}
