package conf

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// instance reads one instance of lines; interface, VRID and an address are given when the lines do not speak of them.
func instance(t *testing.T, global, lines string) (*Instance, syntax.Diagnostics) {
	t.Helper()
	text := "global_defs {\nenable_script_security\nscript_user root\n" + global + "\n}\nvrrp_instance V {\n"
	for word, l := range map[string]string{"interface": "interface eth0", "virtual_router_id": "virtual_router_id 5",
		"_ipaddress": "virtual_ipaddress {\n192.0.2.1\n}"} {
		if !strings.Contains(lines, word) {
			text += l + "\n"
		}
	}
	c, ds := build(text+lines+"\n}\n", newMachine("eth0", "eth1"))
	if len(c.Instances) != 1 {
		t.Fatalf("%d instances\n%v", len(c.Instances), ds)
	}
	return c.Instances[0], ds
}

// What keywords of an instance do to each other, with the report that the user gets.
func TestInstanceKeywordsSettle(t *testing.T) {
	for _, c := range []struct {
		name, global, lines string
		report              string // all that is reported; empty: nothing
		holds               func(i *Instance) bool
	}{
		{"defaults", "", "", "", func(i *Instance) bool {
			return i.Priority == 100 && i.Version == 2 && i.AdvertInterval == time.Second && i.DownAdverts == 3 && i.Preempt && i.Accept &&
				!i.WantMaster && i.UnicastTTL == 255 && i.MulticastGroup == netip.MustParseAddr("224.0.0.18") &&
				i.Announce == Announce{5 * time.Second, 5, 0, 1, 5 * time.Second, 5}
		}},
		{"master without priority owns the address", "", "state MASTER", "", func(i *Instance) bool { return i.Priority == 255 && i.WantMaster }},
		{"bad priority", "", "state MASTER\npriority 300",
			"number '300' outside range [1, 255]\n(V) Priority not valid! must be between 1 & 255. Using default 100",
			func(i *Instance) bool { return i.Priority == 100 }},
		{"unknown state", "", "state FOO", "(V) unknown state 'FOO', defaulting to BACKUP", func(i *Instance) bool { return !i.WantMaster }},
		{"backup after master", "", "state MASTER\nstate BACKUP\npriority 9", "(V) state previously set as MASTER - ignoring BACKUP", func(i *Instance) bool { return i.WantMaster }},
		{"last value wins", "", "priority 1\npriority 2", "", func(i *Instance) bool { return i.Priority == 2 }},
		{"a bad value leaves the one before", "", "advert_int 2\nadvert_int x", "invalid number 'x'", func(i *Instance) bool { return i.AdvertInterval == 2*time.Second }},
		{"nopreempt and master", "", "state MASTER\npriority 9\nnopreempt", "(V) Warning - nopreempt will not work with initial state MASTER - clearing", func(i *Instance) bool { return i.Preempt }},
		{"nopreempt and owner", "", "priority 255\nnopreempt", "(V) nopreempt is incompatible with priority 255. resetting nopreempt", func(i *Instance) bool { return i.Preempt }},
		{"preempt after nopreempt", "", "nopreempt\npreempt", "", func(i *Instance) bool { return i.Preempt }},
		{"preempt_delay and nopreempt", "", "nopreempt\npreempt_delay 5", "(V) preempt_delay is incompatible with nopreempt mode - resetting", func(i *Instance) bool { return i.PreemptDelay == 0 && !i.Preempt }},
		{"preempt_delay and master", "", "state MASTER\npriority 9\npreempt_delay 5", "(V) Warning - preempt delay will not work with initial state MASTER - clearing", func(i *Instance) bool { return i.PreemptDelay == 0 }},
		{"owner starts as master", "", "priority 255\nstate BACKUP", "", func(i *Instance) bool { return i.WantMaster }},
		{"version 2 takes whole seconds", "", "advert_int 1.4", "(V) VRRPv2 advertisement interval 1.400000s must be an integer. rounding", func(i *Instance) bool { return i.AdvertInterval == time.Second }},
		{"version 2 takes no less than a second", "", "advert_int 0.1", "(V) VRRPv2 advertisement interval 0.100000s must be an integer. rounding", func(i *Instance) bool { return i.AdvertInterval == time.Second }},
		{"version 3 takes hundredths", "", "version 3\nadvert_int 0.015", "(V) VRRPv3 advertisement interval 0.015000s must be in units of 10ms - rounding", func(i *Instance) bool { return i.AdvertInterval == 20*time.Millisecond }},
		{"version 3 takes up to 40.95 s", "", "version 3\nadvert_int 41", "(V) VRRPv3 advertisement interval 41.00s is out of range. Must be less than 40.96s. Setting to 40.95s", func(i *Instance) bool { return i.AdvertInterval == 40950*time.Millisecond }},
		{"version of global_defs", "vrrp_version 3", "", "", func(i *Instance) bool { return i.Version == 3 }},
		{"the first address decides on the family", "", "virtual_ipaddress {\nfe80::1\n192.0.2.1\n}", "(V): address family must match VRRP instance [192.0.2.1] - ignoring",
			func(i *Instance) bool {
				return i.Family == IPv6 && i.Version == 3 && len(i.Addrs) == 1 && i.MulticastGroup == netip.MustParseAddr("ff02::12")
			}},
		{"native_ipv6", "", "native_ipv6\nvirtual_ipaddress {\nfe80::1\n}", "", func(i *Instance) bool { return i.Family == IPv6 && i.Version == 3 }},
		{"excluded addresses of any family", "", "virtual_ipaddress {\n192.0.2.1\n}\nvirtual_ipaddress_excluded {\n2001:db8::1/64\n}", "",
			func(i *Instance) bool { return len(i.ExcludedAddrs) == 1 && i.Family == IPv4 }},
		{"no address", "", "virtual_ipaddress {\n}", "(V) No VIP specified; at least one is sensible", nil},
		{"no address on purpose", "", "virtual_ipaddress {\n}\nno_virtual_ipaddress", "", nil},
		{"more addresses than an advert holds", "", "virtual_ipaddress {\n" + manyAddrs(300) + "}",
			"(V) Number of VIPs (300) exceeds maximum/space available in packet (max 255 addresses) - excess moved to eVIPs",
			func(i *Instance) bool {
				return len(i.Addrs) == 255 && len(i.ExcludedAddrs) == 45 && i.ExcludedAddrs[0].Dev == "eth0"
			}},
		{"password", "", "authentication {\nauth_type PASS\nauth_pass 123456789\n}", "Truncating auth_pass to 8 characters",
			func(i *Instance) bool { return i.Auth == Auth{AuthPass, [8]byte([]byte("12345678"))} }},
		{"version 3 has no password", "", "version 3\nauthentication {\nauth_type PASS\nauth_pass 1\n}", "(V) VRRP version 3 does not support authentication. Ignoring.",
			func(i *Instance) bool { return i.Auth == Auth{} }},
		{"unicast", "", "unicast_src_ip 192.0.2.9\nunicast_peer {\n192.0.2.8\n192.0.2.7 min_ttl 254 max_ttl 255\n}", "",
			func(i *Instance) bool {
				return i.Unicast && len(i.Peers) == 2 && i.Peers[0].MaxTTL == 255 && i.Peers[1].MinTTL == 254 && i.CheckSource && i.SourceAddr == netip.MustParseAddr("192.0.2.9") && !i.MulticastGroup.IsValid()
			}},
		{"unicast words without peers", "", "unicast_src_ip 192.0.2.9", "(V) A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is deprecated - please update your configuration.",
			func(i *Instance) bool { return !i.Unicast && i.MulticastGroup.IsValid() }},
		{"unicast_ttl without peers", "", "unicast_ttl 5", "(V): Cannot use unicast_ttl without unicast peers - resetting", func(i *Instance) bool { return i.UnicastTTL == 255 }},
		{"source with prefix length", "", "mcast_src_ip 192.0.2.9/24", "", func(i *Instance) bool { return i.SourceAddr == netip.MustParseAddr("192.0.2.9") }},
		{"malformed source", "", "mcast_src_ip x", "Configuration error: VRRP instance[V] malformed src address[x]. Skipping...", nil},
		{"strict", "vrrp_strict", "", "", func(i *Instance) bool {
			return i.Strict && !i.Accept && i.LowerPrioNoAdvert && i.Announce.LowerPrioRepeat == 0
		}},
		{"strict and state", "vrrp_strict", "state MASTER\npriority 9", "(V) State MASTER must match being address owner", func(i *Instance) bool { return !i.WantMaster }},
		{"strict and password", "vrrp_strict", "authentication {\nauth_type PASS\nauth_pass 1\n}", "(V) Strict mode does not support authentication. Ignoring.", func(i *Instance) bool { return i.Auth == Auth{} }},
		{"strict and preempt_delay", "vrrp_strict", "preempt_delay 3", "(V) preempt_delay is incompatible with strict mode - resetting", func(i *Instance) bool { return i.PreemptDelay == 0 }},
		{"not strict after all", "vrrp_strict", "strict_mode off", "", func(i *Instance) bool { return !i.Strict && i.Accept }},
		{"announcements of global_defs", "vrrp_garp_master_repeat 2\nvrrp_garp_master_delay 1\nvrrp_garp_lower_prio_repeat 0", "garp_master_delay 3", "",
			func(i *Instance) bool { return i.Announce == Announce{3 * time.Second, 2, 0, 1, time.Second, 0} }},
		{"announcements at least once", "", "garp_master_repeat 0", "(V): garp_master_repeat must be greater than 0, setting to 1", func(i *Instance) bool { return i.Announce.Repeat == 1 }},
		{"timer_expired_backup", "", "nopreempt\ntimer_expired_backup", "", func(i *Instance) bool { return i.TimerExpiredBackup == 254 }},
		{"own interface tracked", "", "interface eth0\ntrack_interface {\neth0\neth1\n}", "(V) Ignoring track_interface eth0 since own interface", nil},
		{"unknown script tracked", "", "track_script {\nx\n}", "(V) track script x not found, ignoring...", nil},
		{"notify once", "", "notify \"/bin/true a\"\nnotify \"/bin/true b\"", "(V) notify script already specified - ignoring /bin/true b",
			func(i *Instance) bool { return i.Notify.Any.Argv[1] == "a" }},
		{"notify that is not there", "", "notify /no/such", "", func(i *Instance) bool { return i.Notify.Any == nil }},
		{"surplus words", "", "priority 9 10 11", "", func(i *Instance) bool { return i.Priority == 9 }},
		{"a block after a value", "", "priority 9 {\nstate MASTER\n}", "Unexpected '{' - ignoring", func(i *Instance) bool { return i.Priority == 9 && !i.WantMaster }},
		{"an unknown block is skipped whole", "", "foo {\npriority 9\nbar {\n}\n}\npriority 7", "Unknown keyword 'foo'", func(i *Instance) bool { return i.Priority == 7 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			i, ds := instance(t, c.global, c.lines)
			if got := texts(ds); got != c.report {
				t.Errorf("reports\n%s\nwant\n%s", got, c.report)
			}
			if c.holds != nil && !c.holds(i) {
				t.Errorf("got %+v", i)
			}
		})
	}
}

func manyAddrs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "10.0.%d.%d\n", i/250, i%250+1)
	}
	return b.String()
}

// What keeps the VRRP child from running (exit code CONFIG), and what does not.
func TestFatalErrors(t *testing.T) {
	const vips = "virtual_ipaddress {\n192.0.2.1\n}\n"
	for _, c := range []struct{ name, text, want string }{
		{"fine", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n" + vips + "}", ""},
		{"an ordinary error", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\npriority x\n" + vips + "}", ""},
		{"no VRID", "vrrp_instance A {\ninterface eth0\n" + vips + "}", "(A) the virtual router id must be set"},
		{"bad VRID", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 256\n" + vips + "}", "(A) the virtual router id must be set"},
		{"no interface", "vrrp_instance A {\nvirtual_router_id 1\n" + vips + "}", "(A) Unknown interface!"},
		{"unicast without interface and source", "vrrp_instance A {\nvirtual_router_id 1\nunicast_peer {\n192.0.2.9\n}\n" + vips + "}", "(A): Unicast instances must have unicast_src_ip or interface"},
		{"unicast without interface", "vrrp_instance A {\nvirtual_router_id 1\nunicast_src_ip 192.0.2.8\nunicast_peer {\n192.0.2.9\n}\n" + vips + "}", ""},
		{"interface missing", "vrrp_instance A {\ninterface eth9\nvirtual_router_id 1\n" + vips + "}", "Non-existent interface specified in configuration"},
		{"interface missing, dynamic", "global_defs {\ndynamic_interfaces\n}\nvrrp_instance A {\ninterface eth9\nvirtual_router_id 1\n" + vips + "}", ""},
		{"no address, version 3", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nversion 3\n}", "(A) No VIP specified; at least one is required"},
		{"strict unicast", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nstrict_mode\nunicast_peer {\n192.0.2.9\n}\n" + vips + "}", "(A) Unicast peers are not supported in strict mode"},
		{"same VRID", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n" + vips + "}\nvrrp_instance B {\ninterface eth0\nvirtual_router_id 1\n" + vips + "}", "A and B both use VRID 1 with IPv4 on interface eth0"},
		{"same VRID elsewhere", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n" + vips + "}\nvrrp_instance B {\ninterface eth1\nvirtual_router_id 1\n" + vips + "}", ""},
		{"same VRID, other family", "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\n" + vips + "}\nvrrp_instance B {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\nfe80::1\n}\n}", ""},
		{"parameter missing", "vrrp_instance A {\ninterface eth0\nvirtual_router_id\n" + vips + "}", "*** Configuration line starting `virtual_router_id` is missing a parameter after keyword `virtual_router_id` at word position 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, ds := build(c.text+"\n", newMachine("eth0", "eth1"))
			d, fatal := ds.Fatal(syntax.VRRPChild)
			if d.Text != c.want || fatal != (c.want != "") {
				t.Errorf("got %q, want %q\n%s", d.Text, c.want, texts(ds))
			}
		})
	}
}

func TestAMissingBraceDoesNotSwallowTheRest(t *testing.T) {
	c, ds := build("vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n"+
		"vrrp_instance B {\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress {\n192.0.2.2\n}\n}\n", newMachine("eth0"))
	if len(c.Instances) != 2 || len(c.Instances[1].Addrs) != 1 || ds.ExitCode() != 5 {
		t.Errorf("%d instances, exit code %d\n%s", len(c.Instances), ds.ExitCode(), texts(ds))
	}
}

func TestAddressLines(t *testing.T) {
	for _, c := range []struct {
		line, report string
		holds        func(a Address) bool
	}{
		{"192.0.2.1", "", func(a Address) bool { return a.Prefix.Bits() == 32 && a.Dev == "eth0" && a.PreferredLft == LftForever }},
		{"192.0.2.1/24 dev eth1 label eth1:9 scope link brd +", "", func(a Address) bool {
			return a.Prefix.Bits() == 24 && a.Dev == "eth1" && a.Label == "eth1:9" && a.Scope == 253 && a.BroadcastAuto
		}},
		{"192.0.2.1/24 broadcast 192.0.2.255 no_track", "", func(a Address) bool { return a.Broadcast.IsValid() && a.NoTrack }},
		{"192.0.2.1/24 brd -", "", func(a Address) bool { return a.Broadcast == netip.MustParseAddr("192.0.2.0") }},
		{"192.0.2.1 peer 192.0.2.2", "", func(a Address) bool { return a.Peer == netip.MustParsePrefix("192.0.2.2/32") }},
		{"192.0.2.1/24 peer 192.0.2.2", "Cannot specify address prefix when specifying peer address - ignoring", func(a Address) bool { return a.Prefix.Bits() == 32 }},
		{"192.0.2.1 peer x", "Invalid peer address x", nil},
		{"192.0.2.1/33", "number '33' outside range [0, 32]\nInvalid address prefix len 33 for address 192.0.2.1/33 - using 32", func(a Address) bool { return a.Prefix.Bits() == 32 }},
		{"192.0.2.1 foo", "Unknown configuration entry 'foo' for ip address - ignoring", nil},
		{"192.0.2.1 brd", "No brd parameter specified for 192.0.2.1", nil},
		{"192.0.2.1 scope nosuch", "Invalid scope 'nosuch' specified for 192.0.2.1 - ignoring", nil},
		{"fe80::1 scope link", "Cannot specify scope for IPv6 addresses (fe80::1) - ignoring scope", func(a Address) bool { return a.PreferredLft == 0 }},
		{"fe80::1/64 label x", "Cannot specify label for IPv6 addresses (fe80::1/64) - ignoring label", func(a Address) bool { return a.Label == "" && a.PreferredLft == LftForever }},
		{"fe80::1/64 preferred_lft 60 -nodad home", "", func(a Address) bool { return a.PreferredLft == 60 && a.Flags == flagHome }},
		{"fe80::1/64", "", func(a Address) bool { return a.Flags == flagNoDAD }},
	} {
		i, ds := instance(t, "", "virtual_ipaddress {\n"+c.line+"\n}")
		if got := texts(ds); got != c.report {
			t.Errorf("%s: reports\n%s\nwant\n%s", c.line, got, c.report)
		}
		if len(i.Addrs) != 1 || c.holds != nil && !c.holds(i.Addrs[0]) {
			t.Errorf("%s: got %+v", c.line, i.Addrs)
		}
	}
	for line, report := range map[string]string{
		"x":                                "VRRP parsed invalid IP x. skipping IP...",
		"192.0.2.1 label 1234567890123456": "Address label 1234567890123456 is longer than maximum length 15 - removing address",
		"192.0.2.1 brd x":                  "VRRP is trying to assign invalid broadcast x. skipping VIP...",
	} {
		i, ds := instance(t, "", "no_virtual_ipaddress\nvirtual_ipaddress {\n"+line+"\n}")
		if texts(ds) != report || len(i.Addrs) != 0 {
			t.Errorf("%s: %s, %+v", line, texts(ds), i.Addrs)
		}
	}
}
