package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// WriteGlobal writes what is configured for the whole daemon, for a person, with the keys that programs look for. It is all
// that the parent has to say.
func WriteGlobal(w io.Writer, g *conf.Global) error {
	var b bytes.Buffer
	writeGlobal(&b, g)
	_, err := w.Write(b.Bytes())
	return err
}

func writeGlobal(b *bytes.Buffer, g *conf.Global) {
	fmt.Fprintf(b, "------< Global definitions >------\n")
	line(b, "Network namespace", cmp.Or(g.NetNamespace, "(default)"), true)
	line(b, "Network namespace ipvs", cmp.Or(g.LVS.NetNamespace, "(main namespace)"), true)
	line(b, "Instance name", g.InstanceName, g.InstanceName != "")
	line(b, "Router ID", g.RouterID, g.RouterID != "")
	writeFiles(b, g)
	fmt.Fprintf(b, " Dynamic interfaces = %t\n Default interface = %s\n FIFO write vrrp states on reload = %t\n", g.DynamicIfaces, g.DefaultInterface, g.FIFOStatesOnReload)
	writeLVS(b, &g.LVS)
	fmt.Fprintf(b, " Gratuitous ARP interval = %f\n Gratuitous NA interval = %f\n", g.GARPInterval.Seconds(), g.GNAInterval.Seconds())
	most := "Disabled"
	if g.MaxAutoPriority >= 0 {
		most = fmt.Sprint(g.MaxAutoPriority)
	}
	fmt.Fprintf(b, " Max auto priority = %s\n Min auto priority delay = %d usecs\n Disable local IGMP = %s\n", most,
		g.MinAutoPriorityDelay.Microseconds(), yes(g.DisableLocalIGMP))
	for _, p := range []struct {
		name string
		*conf.Process
	}{{"VRRP", &g.VRRPProcess}, {"Checker", &g.CheckerProcess}, {"BFD", &g.BFDProcess}} {
		fmt.Fprintf(b, " %s process priority = %d\n %s don't swap = %t\n %s realtime priority = %d\n", p.name, p.Nice, p.name, p.NoSwap,
			p.name, p.RTPriority)
		line(b, p.name+" realtime limit", fmt.Sprint(p.RTTimeLimit.Microseconds()), p.RTTimeLimit > 0)
	}
	security := "disabled"
	if g.ScriptSecurity {
		security = "enabled"
	}
	fmt.Fprintf(b, " Script security %s\n", security)
	writeBuffers(b, g)
	fmt.Fprintf(b, " rs_init_notifies = %d\n no_checker_emails = %d\n umask = 0%o\n", number(g.LVS.InitNotifies),
		number(g.LVS.NoCheckerEmails), g.Umask)
}

// writeBuffers writes the receive buffers of netlink sockets, in bytes; 0: our default.
func writeBuffers(b *bytes.Buffer, g *conf.Global) {
	for _, s := range []struct {
		name  string
		bytes int
		force bool
	}{
		{"vrrp_netlink_cmd_rcv_bufs", g.CommandRcvBuf, g.CommandRcvBufForce},
		{"vrrp_netlink_monitor_rcv_bufs", g.MonitorRcvBuf, g.MonitorRcvBufForce},
		{"process_monitor_rcv_bufs", g.ProcessRcvBuf, g.ProcessRcvBufForce},
		{"lvs_netlink_cmd_rcv_bufs", g.LVS.CommandRcvBuf, g.LVS.CommandRcvBufForce},
		{"lvs_netlink_monitor_rcv_bufs", g.LVS.MonitorRcvBuf, g.LVS.MonitorRcvBufForce},
	} {
		fmt.Fprintf(b, " %s = %d\n %s_force = %d\n", s.name, s.bytes, s.name, number(s.force))
	}
}

func writeFiles(b *bytes.Buffer, g *conf.Global) {
	for _, f := range []struct{ key, name string }{
		{"Temporary config directory", g.TmpConfigDir}, {"Config save directory", g.Reload.SaveDir}, {"Reload time file", g.Reload.TimeFile}, {"Reload file", g.Reload.File},
		{"State dump file", g.Dump.State}, {"Stats dump file", g.Dump.Stats}, {"JSON dump file", g.Dump.JSON},
	} {
		line(b, f.key, f.name, f.name != "")
	}
	if g.Dump.UseInstance {
		fmt.Fprintf(b, " Use instance name in data dumps\n")
	}
}
