package conf

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// global reads lines of global_defs.
func global(lines string) (Global, string) {
	c, ds := build("global_defs {\n"+lines+"\n}\n", newMachine("eth0"))
	return c.Global, texts(ds)
}

func TestGlobalKeywords(t *testing.T) {
	for _, c := range []struct {
		lines, report string
		holds         func(g Global) bool
	}{
		{"", "", func(g Global) bool {
			return g.ChildWaitTime == 5*time.Second && g.Umask == 0o177 && !g.UmaskSet && g.DefaultInterface == "eth0" && g.StartupTimeout == 10*time.Second
		}},
		{"router_id x", "", func(g Global) bool { return g.RouterID == "x" }},
		{"router_id", "routerid name missing - ignoring", nil},
		{"process_names", "", func(g Global) bool {
			return g.ProcessNames == ProcessNames{"", "keepalived_vrrp", "keepalived_lvs", "keepalived_bfd"}
		}},
		{"vrrp_process_name v\nprocess_names", "", func(g Global) bool { return g.ProcessNames.VRRP == "v" }},
		{"process_name 1234567890123456", "process name '1234567890123456' is too long, truncating to 15 characters", func(g Global) bool { return g.ProcessNames.Parent == "123456789012345" }},
		{"umask 022", "", func(g Global) bool { return g.Umask == 0o22 && g.UmaskSet }},
		{"umask IWGRP | IRWXO", "", func(g Global) bool { return g.Umask == 0o27 }},
		{"umask 01000", "umask '01000' is out of range", func(g Global) bool { return !g.UmaskSet }},
		{"umask x", "Unable to parse umask 'x'", nil},
		{"vrrp_priority -5\nvrrp_no_swap\nvrrp_rt_priority 50\nvrrp_cpu_affinity 0 1\nvrrp_rlimit_rttime 1", "", func(g Global) bool {
			p := g.VRRPProcess
			return p.Nice == -5 && p.NoSwap && p.RTPriority == 50 && slices.Equal(p.CPUAffinity, []int{0, 1}) && p.RTTimeLimit == 2*time.Microsecond
		}},
		{"vrrp_rt_priority 100", "vrrp process real-time priority 100 greater than maximum 99 - setting to maximum", func(g Global) bool { return g.VRRPProcess.RTPriority == 99 }},
		{"vrrp_cpu_affinity 2", "number '2' outside range [0, 1]", nil},
		{"vrrp_garp_interval 0.5\nvrrp_gna_interval 0.25", "", func(g Global) bool { return g.GARPInterval == time.Second/2 && g.GNAInterval == time.Second/4 }},
		{"vrrp_garp_interval 0", "number '0' outside range [0.000001, 4294.967295]\nvrrp_garp_interval '0' is invalid", nil},
		{"vrrp_startup_delay 1.5\nvrrp_delay_after_boot 60", "", func(g Global) bool {
			return g.StartupDelay == 1500*time.Millisecond && g.DelayAfterBoot == time.Minute
		}},
		{"log_unknown_vrids\ndynamic_interfaces", "", func(g Global) bool { return g.LogUnknownVRIDs && g.DynamicIfaces }},
		{"script_user nobody", "", func(g Global) bool { return g.ScriptUser.Name == "nobody" }},
		{"script_user nosuch", "Error setting global script uid/gid", func(g Global) bool { return g.ScriptUser.Name == "" }},
		{"smtp_server mail.example.com 26", "Invalid smtp server mail.example.com 26", nil},
		{"smtp_server 192.0.2.1", "", nil},
		{"notification_email {\n}", "Warning - empty notification_email block", nil},
		{"lvs_sync_daemon eth0 maxlen 120000", "Invalid lvs_sync_daemon maxlen (120000) - ignoring", nil},
		{"lvs_sync_daemon eth0 inst nosuch", "", func(g Global) bool { return g.LVS.Sync == nil }},
		{"lvs_sync_daemon eth0 id 3", "", func(g Global) bool { return g.LVS.Sync.IDSet && g.LVS.Sync.ID == 3 }},
		{"lvs_netlink_cmd_rcv_bufs 9\nlvs_netlink_cmd_rcv_bufs_force\nlvs_netlink_monitor_rcv_bufs 8\nlvs_netlink_monitor_rcv_bufs_force off", "", func(g Global) bool {
			return g.LVS.CommandRcvBuf == 9 && g.LVS.CommandRcvBufForce && g.LVS.MonitorRcvBuf == 8 && !g.LVS.MonitorRcvBufForce
		}},
		{"nftables_counters", "", func(g Global) bool { return g.LVS.Marks == MarkTable{"", -1, 1000, true} }},
		{"nftables_ipvs\nnftables_ipvs_priority -5\nnftables_ipvs_start_fwmark 7", "", func(g Global) bool {
			return g.LVS.Marks == MarkTable{"keepalived_ipvs", -5, 7, false}
		}},
		{"nftables_ipvs a\nnftables_ipvs b", "ipvs nftables already specified - ignoring", func(g Global) bool { return g.LVS.Marks.Table == "a" }},
		{"nftables_ipvs " + strings.Repeat("a", 256), "ipvs nftables table name too long - ignoring", func(g Global) bool { return g.LVS.Marks.Table == "" }},
		{"vrrp_mcast_group4 10.0.0.1", "Configuration error: Cannot parse vrrp_mcast_group4 '10.0.0.1'. Using default", nil},
		{"vrrp_iptables", "iptables not supported, using nftables instead. Please replace 'vrrp_iptables and 'vrrp_ipsets' with 'nftables' config option", nil},
	} {
		g, report := global(c.lines)
		if report != c.report {
			t.Errorf("%s: reports\n%s\nwant\n%s", c.lines, report, c.report)
		}
		if c.holds != nil && !c.holds(g) {
			t.Errorf("%s: got %+v", c.lines, g)
		}
	}
}

func TestGlobalsCountWhereverTheyStand(t *testing.T) {
	c, _ := build("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n}\nglobal_defs {\nvrrp_version 3\nvrrp_mcast_group4 224.0.0.99\n}\nuse_pid_dir\ninstance I\nchild_wait_time 9\n", newMachine("eth0"))
	if i := c.Instances[0]; i.Version != 3 || i.MulticastGroup != netip.MustParseAddr("224.0.0.99") {
		t.Errorf("got %+v", i)
	}
	if g := c.Global; !g.UsePidDir || g.InstanceName != "I" || g.ChildWaitTime != 9*time.Second {
		t.Errorf("got %+v", g)
	}
}

func TestMissingNamespaceEndsTheTest(t *testing.T) {
	_, ds := build("net_namespace nosuch\nfoo\n", newMachine())
	if ds.ExitCode() != 0 || !strings.Contains(texts(ds), "Network namespace nosuch does not exist") {
		t.Errorf("exit code %d\n%s", ds.ExitCode(), texts(ds))
	}
}

func TestNearMissesAreNamed(t *testing.T) {
	for in, want := range map[string]string{
		"vrrp_instance A {\nvirtual_ipadress {\n}\n}":                    "keepalived.conf:2:1: error: Unknown keyword 'virtual_ipadress' (did you mean virtual_ipaddress?)",
		"vrrp_instnace A {\n}":                                           "keepalived.conf:1:1: error: Unknown keyword 'vrrp_instnace' (did you mean vrrp_instance?)",
		"global_def {\n}":                                                "keepalived.conf:1:1: error: Unknown keyword 'global_def' (did you mean global_defs?)",
		"global_defs {\nrouter-id x\n}":                                  "keepalived.conf:2:1: error: Unknown keyword 'router-id' (did you mean router_id?)",
		"global_defs {\nenable_script_securty\n}":                        "keepalived.conf:2:1: error: Unknown keyword 'enable_script_securty' (did you mean enable_script_security?)",
		"global_defs {\nxyzzy\n}":                                        "keepalived.conf:2:1: error: Unknown keyword 'xyzzy'",
		"vrrp_script x {\nscript \"/bin/true\"\nfail 2\n}":               "keepalived.conf:3:1: error: Unknown keyword 'fail' (did you mean fall?)",
		"vrrp_script x {\nscript \"/bin/true\"\nvrrp_instance A {\n}\n}": "keepalived.conf:3:1: error: Unknown keyword 'vrrp_instance' (is a '}' missing before it?)",
	} {
		_, ds := build(in+"\n", newMachine("eth0"))
		if got := ds.Counted(); len(got) == 0 || got[0].String() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", in, got, want)
		}
	}
}

func TestMissingEffectsAreSaidOnceAndDoNotCount(t *testing.T) {
	text := strings.Repeat("global_defs {\nenable_snmp_vrrp\nenable_dbus\nenable_dbus\n}\n", 3)
	_, ds := build(text, newMachine())
	var said []string
	for _, d := range ds {
		if d.Severity == syntax.NoEffect {
			said = append(said, d.Text)
		}
	}
	want := []string{"global_defs/enable_snmp_vrrp has no effect yet", "global_defs/enable_dbus has no effect yet"}
	if !slices.Equal(said, want) || ds.ExitCode() != 0 {
		t.Errorf("got %q, exit code %d", said, ds.ExitCode())
	}
}
