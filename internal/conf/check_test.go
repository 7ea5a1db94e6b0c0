package conf

import (
	"reflect"
	"testing"
)

// What TCP_CHECK and PING_CHECK share stays empty, whatever they are given, and whatever they are compared with.
func TestNothingIsWrittenToWhatCheckersShare(t *testing.T) {
	keywords := "connect_ip 192.0.2.7\nconnect_port 8\nbindto 192.0.2.8\nbind_port 9\nfwmark 3\nconnect_timeout 2\nretry 2\n" +
		"delay_loop 3\ndelay_before_retry 2\nwarmup 1\nalpha\nlog_all_failures\n"
	c, _ := build("virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 80 {\nTCP_CHECK {\n"+keywords+"}\nPING_CHECK {\n"+keywords+
		"}\nMISC_CHECK {\nmisc_path /bin/true\nmisc_timeout 4\n}\n}\n}\n", newMachine())
	checks := c.VirtualServers[0].Servers[0].Checks
	if len(checks) != 3 {
		t.Fatalf("%d checkers", len(checks))
	}
	for _, a := range checks {
		for _, b := range checks {
			if a.Same(b) != (a == b) || a.SameProbe(b) != (a == b) {
				t.Errorf("%s and %s", a.Kind, b.Kind)
			}
		}
	}
	if !reflect.ValueOf(noSpecifics).IsZero() {
		t.Errorf("%+v", noSpecifics)
	}
}
