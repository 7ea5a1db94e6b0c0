package conf

import (
	"fmt"
	"strings"
	"testing"
)

// A block whose opening brace is missing is read as if it were there, as keepalived reads it, where the closing braces show that it is
// missing; and it is said. Where nothing shows it, what stands there counts.
func TestMissingBraces(t *testing.T) {
	const head = "protocol TCP\nlb_algo rr\nlb_kind NAT\n"
	const plain, other = "real_server 192.0.2.4 80 {\nweight 4\n}\n", "virtual_server 192.0.2.9 80 {\n" + head + "real_server 192.0.2.4 80 {\nweight 4\n}\n}\n"
	const missing, extra = "Missing '{' at beginning of configuration block ", "Extra '}' found"
	for _, c := range []struct{ name, text, servers, reports string }{
		{"virtual server", "virtual_server 192.0.2.1 80\n" + head + plain + "}\n" + other, "1:4*4 9:4*4", extra + "\n" + missing + "virtual_server"},
		{"real server", "virtual_server 192.0.2.1 80 {\n" + head + "real_server 192.0.2.3 80\nweight 3\n}\n" + plain + "}\n" + other, "1:3*3,4*4 9:4*4",
			extra + "\n" + missing + "real_server"},
		{"both", "virtual_server 192.0.2.1 80\n" + head + "real_server 192.0.2.3 80\nweight 3\n}\n" + plain + "}\n" + other, "1:3*3,4*4 9:4*4",
			extra + "\n" + extra + "\n" + missing + "virtual_server\n" + missing + "real_server"},
		{"checker", "virtual_server 192.0.2.1 80 {\n" + head + "real_server 192.0.2.3 80 {\nTCP_CHECK\nconnect_timeout 3\n}\nweight 3\n}\n" + plain + "}\n" + other,
			"1:3*3 checked,4*4 9:4*4", extra + "\n" + missing + "TCP_CHECK"},
		{"a keyword alone", "virtual_server 192.0.2.1 80 {\n" + head + "real_server 192.0.2.3 80 {\nweight 3\nTCP_CHECK\n}\n" + plain + "}\n" + other,
			"1:3*3,4*4 9:4*4", missing + "TCP_CHECK"},
		{"both braces", "virtual_server 192.0.2.1 80\n" + head + other, "9:4*4",
			"Unknown keyword 'protocol'\nUnknown keyword 'lb_algo'\nUnknown keyword 'lb_kind'\n" + missing + "virtual_server"},
		{"only too many", other + "}\n}\n", "9:4*4", extra + "\n" + extra},
		{"more too many than missing", "virtual_server 192.0.2.1 80\n" + head + plain + "}\n}\n" + other, "9:4*4", ""},
	} {
		cfg, ds := build(c.text, newMachine())
		var got []string
		for _, v := range cfg.VirtualServers {
			var servers []string
			for _, s := range v.Servers {
				text := fmt.Sprintf("%d*%d", s.Addr.As4()[3], s.Weight)
				if len(s.Checks) > 0 {
					text += " checked"
				}
				servers = append(servers, text)
			}
			got = append(got, fmt.Sprintf("%d:%s", v.Addr.As4()[3], strings.Join(servers, ",")))
		}
		if have := strings.Join(got, " "); have != c.servers {
			t.Errorf("%s: %s, want %s", c.name, have, c.servers)
		}
		if have := texts(ds); c.reports != "" && have != c.reports {
			t.Errorf("%s reports\n%s\nwant\n%s", c.name, have, c.reports)
		}
	}
}
