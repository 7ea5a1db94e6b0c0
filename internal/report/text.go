package report

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// WriteStats writes the counters of the instances as text.
func WriteStats(w io.Writer, instances []Instance) error {
	var b bytes.Buffer
	for i := range instances {
		s := &instances[i].Stats
		fmt.Fprintf(&b, `VRRP Instance: %s
  Advertisements:
    Received: %d
    Sent: %d
  Became master: %d
  Released master: %d
  Packet Errors:
    Length: %d
    TTL: %d
    Invalid Type: %d
    Advertisement Interval: %d
    Address List: %d
  Authentication Errors:
    Invalid Type: %d
    Type Mismatch: %d
    Failure: %d
  Authentication Extension Errors:
    Missing: %d
    Malformed: %d
    Unknown Key: %d
    Invalid HMAC: %d
    Stale: %d
    Replay: %d
  Priority Zero:
    Received: %d
    Sent: %d
`, instances[i].Conf.Name, s.AdvertsReceived, s.AdvertsSent, s.BecameMaster, s.ReleasedMaster, s.LengthErrors, s.TTLErrors,
			s.TypeErrors, s.IntervalErrors, s.AddressErrors, s.UnknownAuth, s.AuthMismatch, s.AuthFailures, s.TrailerMissing,
			s.TrailerMalformed, s.TrailerUnknownKey, s.TrailerWrongHMAC, s.TrailerStale, s.TrailerReplayed,
			s.PriorityZeroReceived, s.PriorityZeroSent)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// WriteData writes configuration and state of the instances for a person, with the keys that programs look for.
func WriteData(w io.Writer, global *conf.Global, instances []Instance) error {
	var b bytes.Buffer
	writeGlobal(&b, global)
	fmt.Fprintf(&b, "------< VRRP Topology >------\n")
	for i := range instances {
		writeInstance(&b, &instances[i])
	}
	_, err := w.Write(b.Bytes())
	return err
}

func line(b *bytes.Buffer, key, value string, given bool) {
	if given {
		fmt.Fprintf(b, " %s = %s\n", key, value)
	}
}

func writeInstance(b *bytes.Buffer, in *Instance) {
	c, st := in.Conf, &in.Status
	fmt.Fprintf(b, " VRRP Instance = %s\n   VRRP Version = %d\n   State = %s\n   Wantstate = %s\n", c.Name, c.Version, st.State, st.State)
	fmt.Fprintf(b, "   Last transition = %s\n", stamp(st.LastTransition))
	fmt.Fprintf(b, "   Interface = %s\n", c.Interface)
	if st.Source.IsValid() {
		fmt.Fprintf(b, "   Using src_ip = %s\n", st.Source)
	}
	if st.Master.IsValid() {
		fmt.Fprintf(b, "   Master router = %s\n   Master priority = %d\n", st.Master, st.MasterPriority)
	}
	if !c.Unicast {
		fmt.Fprintf(b, "   Multicast address %s\n", c.MulticastGroup)
	}
	writeAnnounce(b, &c.Announce)
	fmt.Fprintf(b, "   Down timer adverts = %d\n", c.DownAdverts)
	fmt.Fprintf(b, "   Send advert after receive lower priority advert = %t\n", !c.LowerPrioNoAdvert)
	fmt.Fprintf(b, "   Send advert after receive higher priority advert = %t\n", c.HigherPrioAdvert)
	fmt.Fprintf(b, "   Virtual Router ID = %d\n   Priority = %d\n   Effective priority = %d\n", c.VRID, c.Priority, st.Priority)
	fmt.Fprintf(b, "   Advert interval = %s\n", interval(c))
	fmt.Fprintf(b, "   Accept = %s\n   Preempt = %s\n", enabled(c.Accept), enabled(c.Preempt))
	if c.PreemptDelay > 0 {
		fmt.Fprintf(b, "   Preempt delay = %g secs\n", c.PreemptDelay.Seconds())
	}
	if c.Auth.Type == conf.AuthPass {
		fmt.Fprint(b, "   Authentication type = SIMPLE_PASSWORD\n   Password = ********\n")
	}
	writeAddresses(b, fmt.Sprintf("Virtual IP (%d):", len(c.Addrs)), addresses(c.Addrs, c.Interface, st.Held))
	writeAddresses(b, "Virtual IP Excluded :", addresses(c.ExcludedAddrs, c.Interface, st.Held))
	writePeers(b, c)
	writeScripts(b, &c.Notify)
}

func writeAnnounce(b *bytes.Buffer, a *conf.Announce) {
	fmt.Fprintf(b, "   Gratuitous ARP delay = %d\n   Gratuitous ARP repeat = %d\n", whole(a.Delay), a.Repeat)
	fmt.Fprintf(b, "   Gratuitous ARP refresh = %d\n   Gratuitous ARP refresh repeat = %d\n", whole(a.Refresh), a.RefreshRepeat)
	fmt.Fprintf(b, "   Gratuitous ARP lower priority delay = %d\n   Gratuitous ARP lower priority repeat = %d\n",
		whole(a.LowerPrioDelay), a.LowerPrioRepeat)
}

func writeAddresses(b *bytes.Buffer, title string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "   %s\n", title)
	for _, a := range list {
		fmt.Fprintf(b, "     %s\n", a)
	}
}

func writePeers(b *bytes.Buffer, c *conf.Instance) {
	if len(c.Peers) == 0 {
		return
	}
	fmt.Fprint(b, "   Unicast Peer :\n")
	for _, p := range c.Peers {
		fmt.Fprintf(b, "     %s min_ttl %d max_ttl %d\n", p.Addr, p.MinTTL, p.MaxTTL)
	}
}

func writeScripts(b *bytes.Buffer, n *conf.Notify) {
	for _, s := range []struct {
		what   string
		script *conf.Script
	}{
		{"Backup state transition", n.Backup}, {"Master state transition", n.Master}, {"Fault state transition", n.Fault},
		{"Stop state transition", n.Stop}, {"Deleted state transition", n.Deleted}, {"Generic state transition", n.Any},
		{"Master rx lower pri", n.MasterRxLowerPrio},
	} {
		if s.script != nil {
			fmt.Fprintf(b, "   %s script = %s\n", s.what, command(s.script))
		}
	}
}

func interval(c *conf.Instance) string {
	if c.Version == 2 {
		return fmt.Sprintf("%d sec", whole(c.AdvertInterval))
	}
	return fmt.Sprintf("%d milli-sec", c.AdvertInterval.Milliseconds())
}

func enabled(on bool) string {
	if on {
		return "enabled"
	}
	return "disabled"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "0 (never)"
	}
	return fmt.Sprintf("%d.%06d (%s)", t.Unix(), t.Nanosecond()/1000, t.Format(time.ANSIC))
}
