package conf

import (
	"fmt"
	"testing"
	"time"
)

// The sizes are those that Debian's keepalived shows for the instances of one socket.
func TestReceiveBuffersOfInstances(t *testing.T) {
	const v2 = "version 2\nvirtual_ipaddress {\n192.0.2.1\n192.0.2.2\n}"
	const v3 = "version 3\nvirtual_ipaddress {\n192.0.2.1\n}"
	const v6 = "virtual_ipaddress {\nfe80::1\n2001:db8::1\n}"
	for _, c := range []struct {
		global, lines string
		want          int
		report        string
	}{
		{"", v2, 0, ""},
		{"", v2 + "\nkernel_rx_buf_size 7000", 7000, ""},
		{"vrrp_rx_bufs_policy 9000\nvrrp_rx_bufs_multiplier 5", v2, 9000, ""},
		{"vrrp_rx_bufs_policy mtu", v2, 4500, ""},
		{"vrrp_rx_bufs_policy MTU\nvrrp_rx_bufs_multiplier 5", v2, 7500, ""},
		{"vrrp_rx_bufs_policy MTU", v2 + "\nkernel_rx_buf_size 7000", 7000, ""},
		{"vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_multiplier 5", v2, 44 * 5, ""},
		{"vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_multiplier 5", v3, 32 * 5, ""},
		{"vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_multiplier 1", v6, 40 + 8 + 32, ""},
		{"vrrp_rx_bufs_policy ADVERT\nvrrp_rx_bufs_multiplier 1", v2 + "\nauthentication {\nauth_type AH\nauth_pass x\n}", 44 + 24, ""},
		{"vrrp_rx_bufs_policy MTU ADVERT", v2, 4500, "Cannot set both vrrp_rx_bufs_policy MTU and ADVERT, ignoring ADVERT"},
		{"vrrp_rx_bufs_policy MTU\nvrrp_rx_bufs_policy 77", v2, 77, "Cannot set vrrp_rx_bufs_policy size and policy, ignoring policy"},
		{"vrrp_rx_bufs_policy foo", v2, 0, "invalid number 'foo'\nInvalid vrrp_rx_bufs_policy foo"},
		{"vrrp_rx_bufs_multiplier 0", v2, 0, "number '0' outside range [1, 4294967295]\nInvalid vrrp_rx_bufs_multiplier 0"},
	} {
		got, ds := instance(t, c.global, c.lines)
		if got.RxBuf != c.want || texts(ds) != c.report {
			t.Errorf("%s, %s: %d, %q; want %d, %q", c.global, c.lines, got.RxBuf, texts(ds), c.want, c.report)
		}
	}
}

func TestAutomaticPriority(t *testing.T) {
	for _, c := range []struct {
		line   string
		most   int
		delay  time.Duration
		report string
	}{
		{"", 0, time.Second, ""},
		{"max_auto_priority", 99, time.Second, ""},
		{"max_auto_priority -1", -1, time.Second, ""},
		{"max_auto_priority 20\nmin_auto_priority_delay 500", 20, 500 * time.Microsecond, ""},
		{"max_auto_priority 100", 0, time.Second, "number '100' outside range [-1, 99]\nmax_auto_priority '100' must be in [0, 99] (or -1 to disable) - ignoring"},
		{"min_auto_priority_delay 0", 0, time.Second, "number '0' outside range [1, 10000000]\nmin_auto_priority_delay '0' must be in [1, 10000000] - ignoring"},
	} {
		cfg, ds := build("global_defs {\n"+c.line+"\n}\n", newMachine())
		if g := &cfg.Global; g.MaxAutoPriority != c.most || g.MinAutoPriorityDelay != c.delay || texts(ds) != c.report {
			t.Errorf("%s: %d, %v, %q", c.line, g.MaxAutoPriority, g.MinAutoPriorityDelay, texts(ds))
		}
	}
}

// tables is a machine with files of iproute2.
type tables struct {
	*machine
	files map[string]uint32
}

func (m tables) Named(file, name string) (uint32, bool) {
	n, ok := m.files[file+" "+name]
	return n, ok
}

func TestNamesOfIproute2(t *testing.T) {
	m := tables{newMachine("eth0"), map[string]uint32{"rt_tables x": 1, "/etc/iproute2/rt_tables x": 2, "/usr/share/iproute2/rt_tables x": 3,
		"/usr/lib/iproute2/rt_tables x": 4, "/my/etc/rt_tables x": 5, "/my/usr/rt_tables x": 6, "/my/usr/rt_tables y": 7}}
	for _, c := range []struct {
		lines, name string
		want        uint32
	}{
		{"", "x", 1}, {"iproute_etc_dir /my/etc", "x", 5}, {"iproute_usr_dir /my/usr", "x", 2}, {"iproute_usr_dir /my/usr", "y", 7},
		{"iproute_etc_dir /none\niproute_usr_dir /my/usr", "x", 6}, {"iproute_etc_dir /none", "x", 3},
	} {
		cfg := buildOn(t, fmt.Sprintf("global_defs {\n%s\n}\nstatic_routes {\n10.0.0.0/8 dev eth0 table %s\n}\n", c.lines, c.name), m)
		if len(cfg.StaticRoutes) != 1 || cfg.StaticRoutes[0].Table != c.want {
			t.Errorf("%s, %s: %+v", c.lines, c.name, cfg.StaticRoutes)
		}
	}
}

func buildOn(t *testing.T, text string, h Host) *Config {
	t.Helper()
	cfg, ds := Build(loaded(text), h)
	if len(ds) > 0 {
		t.Errorf("%v", ds)
	}
	return cfg
}
