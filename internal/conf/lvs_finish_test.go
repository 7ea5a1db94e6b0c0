package conf

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// What a checker does not say comes from the real server, the virtual server, and the defaults of its kind.
func TestCheckersInherit(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name, service, server, check string
		want                         Timing
		alpha                        bool
	}{
		{"defaults", "", "", "TCP_CHECK {\n", Timing{60 * s, s, 60 * s, 5 * s, 1}, false},
		{"defaults of HTTP", "", "", "HTTP_GET {\nurl {\npath /\n}\n", Timing{60 * s, 3 * s, 60 * s, 5 * s, 1}, false},
		{"defaults of DNS", "delay_loop 7", "", "DNS_CHECK {\n", Timing{7 * s, 7 * s, 7 * s, 5 * s, 3}, false},
		{"defaults of MISC", "", "", "MISC_CHECK {\nmisc_path /bin/true\n", Timing{60 * s, s, 60 * s, 5 * s, 0}, false},
		{"virtual server", "delay_loop 6\nretry 4\ndelay_before_retry 2\nwarmup 0\nconnect_timeout 9\nalpha", "", "TCP_CHECK {\n",
			Timing{6 * s, 2 * s, 0, 9 * s, 4}, true},
		{"real server wins", "delay_loop 6\nretry 4\nalpha", "delay_loop 3\nretry 2\nalpha off", "TCP_CHECK {\n", Timing{3 * s, s, 3 * s, 5 * s, 2}, false},
		{"checker wins", "delay_loop 6\nretry 4", "delay_loop 3\nretry 2", "TCP_CHECK {\ndelay_loop 1\nretry 0\ndelay_before_retry 0\nalpha\n",
			Timing{s, 0, s, 5 * s, 0}, true},
	} {
		cfg, _ := build("virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n"+c.service+"\nreal_server 192.0.2.2 80 {\n"+
			c.server+"\n"+c.check+"}\n}\n}\n", newMachine("eth0"))
		got := cfg.VirtualServers[0].Servers[0].Checks[0]
		if *got.Timing != c.want || got.Alpha != c.alpha {
			t.Errorf("%s: %+v alpha %t, want %+v alpha %t", c.name, *got.Timing, got.Alpha, c.want, c.alpha)
		}
		if got.Target.String() != "192.0.2.2" || got.Port != 80 {
			t.Errorf("%s: looks at [%s]:%d", c.name, got.Target, got.Port)
		}
	}
}

// A MISC_CHECK whose script is not there is left out; the server stays, as in keepalived.
func TestMissingMiscScript(t *testing.T) {
	cfg, ds := build("virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 80 {\nMISC_CHECK {\n"+
		"misc_path \"/no/such/script a b\"\nuser root\n}\nTCP_CHECK {\n}\n}\n}\n", newMachine("eth0"))
	if got := cfg.VirtualServers[0].Servers[0].Checks; len(got) != 1 || got[0].Kind != "TCP_CHECK" || ds.ExitCode() != 0 {
		t.Errorf("got %d checks, %v", len(got), ds)
	}
	if !slices.ContainsFunc(ds, func(d syntax.Diagnostic) bool {
		return d.Text == "Disabling misc script '/no/such/script' 'a' 'b' since not found/accessible"
	}) {
		t.Errorf("nothing is said of it: %v", ds)
	}
}

// In a pattern a backslash escapes what follows it, quoted or not. What the engine cannot do is left out, with a note that
// names the place; it never counts.
func TestPatterns(t *testing.T) {
	for _, c := range []struct{ line, want, note string }{
		{`regex "\\bwell\\b"`, `\bwell\b`, ""},
		{`regex "a\tb"`, "a\tb", ""},
		{`regex 'a b'`, "a b", ""},
		{`regex well$`, "well$", ""},
		{`regex "a(?R)"`, "", "8:7: regex 'a(?R)': at offset 3: (?R is not supported - the answer is checked without it"},
	} {
		cfg, ds := build("virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 80 {\nHTTP_GET {\nurl {\n"+
			c.line+"\npath /\n}\n}\n}\n}\n", newMachine("eth0"))
		if got := cfg.VirtualServers[0].Servers[0].Checks[0].URLs[0].Regex; got != c.want || ds.ExitCode() != 0 {
			t.Errorf("%s: read as %q, %v", c.line, got, ds)
		}
		var notes []string
		for _, d := range ds {
			if d.Severity == syntax.Note {
				notes = append(notes, fmt.Sprintf("%d:%d: %s", d.Pos.Line, d.Pos.Col, d.Text))
			}
		}
		if got := strings.Join(notes, "\n"); got != c.note {
			t.Errorf("%s: notes %s", c.line, got)
		}
	}
}

// A checker connects to the port that is configured, also where the service has no use for it.
func TestCheckersKeepToTheConfiguredPort(t *testing.T) {
	for service, want := range map[string]uint16{
		"192.0.2.1 80 {\nprotocol TCP\nlb_kind NAT\nreal_server 192.0.2.2 8080":                        8080,
		"192.0.2.1 80 {\nprotocol TCP\nlb_kind DR\nreal_server 192.0.2.2 8080":                         8080,
		"192.0.2.1 80 {\nprotocol TCP\nlb_kind DR\nreal_server 192.0.2.2":                              80,
		"fwmark 5 {\nlb_kind NAT\nreal_server 192.0.2.2 8080":                                          8080,
		"fwmark 5 {\nlb_kind DR\nreal_server 192.0.2.2 8080":                                           8080,
		"fwmark 5 {\nlb_kind TUN\nreal_server 192.0.2.2 8080 {\nTCP_CHECK {\nconnect_port 99\n}\n}\n#": 99,
	} {
		cfg, _ := build("virtual_server "+service+" {\nTCP_CHECK {\n}\n}\n}\n", newMachine("eth0"))
		if got := cfg.VirtualServers[0].Servers[0].Checks[0].Port; got != want {
			t.Errorf("virtual_server %s: %d, want %d", service, got, want)
		}
	}
}

// Each host block of SMTP_CHECK is a checker.
func TestSMTPHostsAreCheckers(t *testing.T) {
	cfg, _ := build("virtual_server 192.0.2.1 25 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 25 {\n"+
		"SMTP_CHECK {\nhelo_name x\nretry 5\nhost {\nconnect_ip 192.0.2.3\n}\nhost {\nconnect_port 26\nretry 2\n}\n}\n}\n}\n", newMachine("eth0"))
	cs := cfg.VirtualServers[0].Servers[0].Checks
	if len(cs) != 2 || cs[0].Target.String() != "192.0.2.3" || cs[0].Timing.Retry != 5 || cs[1].Port != 26 || cs[1].Timing.Retry != 2 || cs[1].HELO != "x" {
		t.Errorf("got %+v", cs)
	}
}
