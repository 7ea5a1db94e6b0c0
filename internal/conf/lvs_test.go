package conf

import (
	"strings"
	"testing"
)

// What keepalived says of virtual servers, one case per message.
func TestVirtualServerReports(t *testing.T) {
	const good = "protocol TCP\nlb_algo rr\nlb_kind NAT\n"
	const server = "real_server 192.0.2.2 80 {\n}\n"
	vs := func(lines string) string { return "virtual_server 192.0.2.1 80 {\n" + lines + "}\n" }
	rs := func(lines string) string { return vs(good + "real_server 192.0.2.2 80 {\n" + lines + "\n}\n") }
	for _, c := range []struct{ text, report string }{
		{vs(good + server), ""},
		{vs(""), "Virtual server [192.0.2.1]:none:80 has no real servers - ignoring"},
		{vs("lb_algo rr\nlb_kind NAT\n" + server), "Virtual server [192.0.2.1]:none:80: no protocol set - defaulting to UDP"},
		{vs("protocol TCP\nlb_kind NAT\n" + server), "Virtual server [192.0.2.1]:tcp:80: no scheduler set, setting default 'wlc'"},
		{vs("protocol TCP\nlb_algo rr\n" + server), "Virtual server [192.0.2.1]:tcp:80: no forwarding method set, setting default NAT"},
		{vs("protocol AH\n" + good + server), "Unknown protocol AH - ignoring"},
		{vs(good + "lb_kind FOO\n" + server), "PARSER : unknown [FOO] routing method for virtual server."},
		{vs(good + "lb_algo foo\n" + server), "Invalid lvs_scheduler 'foo' - ignoring"},
		{vs(good + "hashed\n" + server), "hashed only applies to sh scheduler - ignoring"},
		{vs(good + "ops\n" + server), "Virtual server [192.0.2.1]:tcp:80: one packet scheduling requires UDP - resetting"},
		{vs(good + "quorum 2\n" + server), "Warning - quorum 2 for [192.0.2.1]:tcp:80 exceeds total weight of real servers 1, reducing quorum to 1"},
		{vs(good + "hysteresis 1\n" + server), "Virtual server [192.0.2.1]:tcp:80: hysteresis 1 >= quorum 1; setting hysteresis to 0"},
		{vs(good + "sorry_server_inhibit\n" + server), "Ignoring sorry_server inhibit used before or without sorry_server"},
		{vs(good + "sorry_server ::1 80\n" + server), "Address family of virtual server and sorry server ::1 don't match - skipping sorry server."},
		{vs(good + server + server), "VS [192.0.2.1]:tcp:80: real server [192.0.2.2]:tcp:80 is duplicated - removing second rs"},
		{vs("protocol TCP\nlb_algo rr\nlb_kind DR\nreal_server 192.0.2.2 81 {\n}\n"), "WARNING - virtual server [192.0.2.1]:tcp:80 and real server [192.0.2.2]:tcp:81 ports don't match - resetting"},
		{vs(good + "real_server x 80 {\n}\n" + server), "Invalid real server ip address/port x/80 - skipping"},
		{vs(good + "real_server ::1 80 {\n}\n" + server), "Address family of virtual server and real server ::1 don't match - skipping real server."},
		{"virtual_server 192.0.2.1 {\n" + good + server + "}\n", "Virtual server [192.0.2.1]:tcp:0: zero port only valid for persistent services - setting"},
		{"virtual_server x 80 {\n" + good + server + "}\n", "Invalid virtual server IP address/port x/80 - skipping"},
		{"virtual_server fwmark 5 {\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 {\n}\n}\n", ""},
		{"virtual_server fwmark 5 {\n" + good + "real_server 192.0.2.2 {\n}\n}\n", "Warning: Virtual server FWM 5: protocol specified for fwmark - protocol will be ignored"},
		{"virtual_server fwmark 5 {\nlb_algo rr\nlb_kind NAT\nsorry_server 192.0.2.9 81\n" + server + "}\n", ""},
		{"virtual_server fwmark 5 {\nlb_algo rr\nlb_kind DR\nsorry_server 192.0.2.9 81\n" + server + "}\n",
			"WARNING - fwmark virtual server FWM 5, real server [192.0.2.2]:none:80 has port specified - clearing\n" +
				"WARNING - virtual server FWM 5, sorry server has port specified - clearing"},
		{"virtual_server fwmark 5 {\nlb_algo rr\nlb_kind DR\nsorry_server ::9\nreal_server ::1 {\nlvs_method TUN\n}\nreal_server 192.0.2.2 {\n}\nreal_server ::2 {\n}\n}\n",
			"Address family of virtual server and real server ::2 don't match - skipping real server.\n" +
				"Address family of virtual server and sorry server ::9 don't match - skipping sorry server."},
		{"virtual_server_group g {\nfwmark 5\nfwmark 6\n}\nvirtual_server group g {\nprotocol TCP\nlb_algo rr\nlb_kind DR\nsorry_server 192.0.2.9 81\n" + server + "}\n",
			"Warning: Virtual server [g]:0: protocol specified for fwmark - protocol will be ignored\n" +
				"WARNING - fwmark virtual server [g]:0, real server [192.0.2.2]:none:80 has port specified - port will be ignored\n" +
				"WARNING - fwmark virtual server [g]:0, sorry server has port specified - port will be ignored"},
		{"virtual_server_group g {\n192.0.2.1-3 81\n}\nvirtual_server group g {\nprotocol TCP\nlb_algo rr\nlb_kind DR\nsorry_server 192.0.2.9 82\n" + server + "}\n",
			"virtual server [g]:0:[192.0.2.1-192.0.2.3,81] and real server [192.0.2.2]:tcp:80 ports don't match\n" +
				"WARNING - virtual server [g]:0, sorry server has port specified - port will be ignored"},
		{"virtual_server fwmark 5 {\nlb_algo rr\nlb_kind NAT\nha_suspend\nreal_server 192.0.2.2 {\n}\n}\n", "Virtual server FWM 5: cannot use ha_suspend with fwmarks - clearing ha_suspend"},
		{"virtual_server group g {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 {\n}\n}\n", "Virtual server group g specified but not configured - ignoring virtual server [g]:0"},
		{"virtual_server_group g {\n192.0.2.1 80\n::1 80\nfwmark 7\n}\n", "virtual server group g cannot have IPv4, IPv6 and fwmark without family - removing"},
		{"virtual_server_group g {\n}\n", "virtual server group g has no entries - removing"},
		{"virtual_server_group g {\nx 80\n}\n", "Invalid virtual server group IP address x /port/80 - skipping\nvirtual server group g has no entries - removing"},
		{"virtual_server_group g {\n192.0.2.1-300 80\n192.0.2.9-3\n192.0.2.1-5 80\nfwmark 7\n}\n", "Virtual server group range '192.0.2.1-300' end '300' too large\nVirtual server group range '192.0.2.9-3' end '3' less than start"},
		{rs("HTTP_GET {\n}"), "HTTP/SSL_GET checker has no urls specified - ignoring"},
		{rs("HTTP_GET {\nurl {\n}\nurl {\npath /\n}\n}"), "HTTP/SSL_GET checker url has no path - ignoring"},
		{rs("SSL_GET {\nhttp_protocol 2\nnb_get_retry 1\nurl {\npath /\nstatus_code 700 200-299\ndigest x\n}\n}"),
			"Invalid http_protocol version 2\nnb_get_retry is deprecated - please use 'retry'\nInvalid HTTP_GET status code '700'\ndigest 'x' character length should be 32 rather than 1"},
		{rs("HTTP_GET {\nurl {\npath /\nregex \"(\"\n}\n}"), "Invalid regex: '(' at offset 1: missing closing parenthesis"},
		{rs("HTTP_GET {\nurl {\npath /\nregex a b\n}\n}"), "regex takes exactly one pattern - ignoring"},
		{rs("HTTP_GET {\nurl {\npath /\nregex a\nregex_min_offset 5\nregex_max_offset 3\n}\n}"), "regex min offset 5 > regex_max_offset 3 - ignoring"},
		{rs("HTTP_GET {\nurl {\npath /\nregex a\nregex_stack 5\nregex_stack 5 3\nregex_stack 3 5\n}\n}"),
			"regex_stack requires start and max values\nregex stack start cannot exceed max value"},
		{rs("MISC_CHECK {\n}"), "No script path has been specified for MISC_CHECKER - skipping"},
		{rs("MISC_CHECK {\nmisc_path /bin/true\nuser nosuch\n}"), "Failed to set uid/gid for misc checker script '/bin/true' - removing"},
		{rs("DNS_CHECK {\ntype FOO\nname a..b\n}"), "Unknown DNS check type FOO - ignoring\nDNS_CHECK name 'a..b' has empty label - ignoring"},
		{rs("UDP_CHECK {\nmin_reply_length 256\n}"), "UDP_CHECK min_reply length 256 > max_reply_length 255 - will always fail"},
		{rs("UDP_CHECK {\npayload zz\n}"), "Invalid hex string for UDP_CHECK payload"},
		{rs("UDP_CHECK {\npayload \"zz\"\nrequire_reply 0X aa\n}"), ""},
		{rs("FILE_CHECK {\n}"), "FILE_CHECK has no track_file specified - ignoring"},
		{rs("BFD_CHECK {\nname x\n}"), "([192.0.2.2]:80) BFD_CHECK - BFD x not configured"},
		{rs("TCP_CHECK {\nbindto ::1\n}"), "bindto address ::1 does not match address family of connect_ip - skipping"},
		{rs("TCP_CHECK {\nconnect_ip x\nconnect_port 0\n}"), "Invalid connect_ip address x - ignoring\nnumber '0' outside range [1, 65535]"},
		{rs("lvs_method TUN type gre remcsum"), "gre tunnels do not support remote checksum option."},
		{rs("lvs_method TUN csum"), "ipip tunnels do not support checksum option."},
		{rs("lvs_method TUN type gue"), "gue tunnels require port, otherwise cannot have port."},
		{rs("lvs_method NAT port 5"), "gue tunnels require port, otherwise cannot have port."},
		{rs("lvs_method TUN foo"), "Invalid tunnel option foo for real server."},
		{rs("lvs_method TUN type gue port 5 remcsum"), ""},
		{rs("TCP_CHECK"), "Missing '{' at beginning of configuration block TCP_CHECK"},
	} {
		_, ds := build(c.text, newMachine("eth0"))
		if got := texts(ds); got != c.report {
			t.Errorf("%s\nreports\n%s\nwant\n%s", c.text, got, c.report)
		}
	}
}

// The other blocks, one case per message.
func TestOtherBlockReports(t *testing.T) {
	const a = "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n"
	for _, c := range []struct{ text, report string }{
		{a + "}\n" + a + "}\n", "vrrp instance A already defined"},
		{"vrrp_instance {\n}\n", "vrrp_instance must have a name"},
		{a + "}\nvrrp_sync_group G {\ngroup {\nA\nB\n}\n}\n", "Virtual router B specified in sync group G doesn't exist - ignoring\nSync group G has only 1 virtual router(s) - this probably isn't what you want"},
		{a + "}\nvrrp_sync_group G {\ngroup {\nB\n}\n}\n", "Virtual router B specified in sync group G doesn't exist - ignoring\nSync group G, no matching virtual router found in group declaration - removing"},
		{"vrrp_sync_group G {\n}\n", "Sync group G has no members - removing"},
		{"track_file f {\n}\n", "No file set for track_file f - ignoring"},
		{"track_file f {\nfile /no/such/f\n}\n", "realpath() error 2 (No such file or directory) for f: /no/such does not exist"},
		{"vrrp_track_process p {\n}\n", "No process set for vrrp_track_process p - removing"},
		{"bfd_instance b {\n}\n", "Configuration error: BFD instance b has no neighbor address set, disabling instance"},
		{"garp_group {\ninterface eth0\n}\n", "garp group does not have any delay set - removing"},
		{"garp_group {\ngarp_interval 1\ninterface eth0\ninterface eth0\n}\n", "garp_group already specified for eth0 - ignoring"},
		{"interface_up_down_delays {\neth9 1\n}\n", "unknown interface eth9 specified for up/down delay"},
		{"static_ipaddress x {\n192.0.2.7 dev eth0\n}\n", "Block static_ipaddress has extra parameters x ..."},
		{"static_routes {\nfoo\n}\n", "unknown route keyword foo"},
		{"static_routes {\n192.0.2.0/24 gw 192.0.2.9\n10/8 via 192.0.2.9 dev eth0 metric 5\ndefault via inet6 fe80::1\n}\n", `"gw" for routes is deprecated. Please use "via"`},
		{"static_routes {\n192.0.2.0/24 via 192.0.2.9 protocol 4\n}\n", "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol"},
		{"static_rules {\nfrom 192.0.2.1 table 100\nfrom 192.0.2.2 table main preference 7\n}\n", "Rule has no preference specified - setting to 16384. This is probably not what you want."},
		{"static_rules {\nfrom 192.0.2.1 foo\n}\n", "Unknown rule option foo"},
		{a + "auth_hmac {\nkey 1 hex:00\nactive_key 1\n}\n}\n", "key of 1 octets, must be 32 to 64 - ignoring\n(A) auth_hmac active_key is not defined"},
		{a + "auth_hmac {\nkey 1 " + strings.Repeat("k", 32) + "\nactive_key 1\nmode enforce\n}\n}\n", ""},
		{a + "use_vmac x y\n}\n", "(A) unknown use_vmac option 'y' - ignoring"},
		{a + "vmac_xmit_base\n}\n", "(A) vmac_xmit_base is only valid with a vmac"},
	} {
		_, ds := build(c.text, newMachine("eth0"))
		if got := texts(ds); got != c.report {
			t.Errorf("%s\nreports\n%s\nwant\n%s", c.text, got, c.report)
		}
	}
}
