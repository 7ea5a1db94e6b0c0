//go:build guest

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// contest is one configuration that both daemons run: start, servers 2 and 3 die one after the other, return, reload with
// a change, stop. After each step the kernel's table is the same, but for what is meant to differ.
type contest struct {
	name    string
	service string // lines of the virtual server
	server  string // lines of each real server
	text    string // in place of the two: the whole configuration
	change  []string
	before  []string          // commands for ipvsadm before the start: what someone else has put there
	only    []string          // the steps in their order; nil: those of steps
	differs map[string]string // step: why it is meant to differ
}

const pair = "sorry_server 127.0.0.9 80\n"

// still are the steps where no server dies.
var still = []string{"start", "reload", "stop"}

// atWork are the steps where the reload comes while nothing lives.
var atWork = []string{"start", "one down", "both down", "reload", "one up", "both up", "stop"}

// oneServer returns a real server as config writes it.
func oneServer(host string) string {
	return "real_server " + host + " 8080 {\n\nTCP_CHECK {\nretry 0\nconnect_timeout 2\n}\n}\n"
}

func tunnelled(how string) string {
	return "virtual_server 10.0.0.1 8080 {\nprotocol TCP\nlb_algo wlc\nlb_kind TUN type " + how + "\n@SERVERS@}\n"
}

// impossibleTunnels has a server for each way in which the options of a tunnel do not go together.
func impossibleTunnels() string {
	text := "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind DR\n"
	for i, how := range []string{"TUN type gre remcsum", "TUN type gue", "TUN foo", "TUN type foo", "TUN type gue port 0", "TUN csum", "NAT type gue",
		"TUN type gre port 5", "TUN type gue port 6080 type gre", "TUN port 5 type gue", "NAT nocsum"} {
		text += fmt.Sprintf("real_server 127.0.0.%d 80 {\nlvs_method %s\n}\n", i+2, how)
	}
	return text + "}\n"
}

func contests() []contest {
	return []contest{
		{name: "plain", change: []string{"lb_algo rr", "lb_algo wrr"}},
		{name: "weights", server: "weight 3", change: []string{"weight 3", "weight 5"}},
		{name: "default weight", service: "weight 4", change: []string{"weight 4", "weight 7"}},
		{name: "sorry server", service: pair, change: []string{"127.0.0.3 8080", "127.0.0.4 8080"}},
		{name: "sorry server inhibited", service: pair + "sorry_server_inhibit"},
		{name: "sorry server by DR", service: pair + "sorry_server_lvs_method DR"},
		{name: "inhibit", service: "inhibit_on_failure", change: []string{"weight 1", "weight 2"}},
		{name: "inhibit one", server: "inhibit_on_failure"},
		{name: "inhibit and sorry", service: "inhibit_on_failure\n" + pair},
		{name: "alpha", service: "alpha"},
		{name: "alpha with sorry", service: "alpha\n" + pair},
		{name: "quorum", service: "quorum 2\n" + pair},
		{name: "quorum with hysteresis", service: "quorum 3\nhysteresis 1\n" + pair, server: "weight 2"},
		{name: "quorum without sorry", service: "quorum 2"},
		{name: "quorum changed", service: "quorum 1\n" + pair, change: []string{"quorum 1", "quorum 2"}},
		{name: "omega", service: "omega\nquorum_down /bin/true"},
		{name: "persistent", service: "persistence_timeout 60", change: []string{"timeout 60", "timeout 90"}},
		{name: "persistent by network", service: "persistence_timeout 60\npersistence_granularity 255.255.255.0"},
		{name: "sh with port", service: "lb_algo sh\nsh-port\nsh-fallback"},
		{name: "mh with port", service: "lb_algo mh\nmh-port"},
		{name: "flags", service: "flag-1\nflag-3"},
		{name: "direct routing", text: "virtual_server 10.0.0.1 8080 {\nprotocol TCP\nlb_algo wlc\nlb_kind DR\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"},
		{name: "tunnel", text: "virtual_server 10.0.0.1 8080 {\nprotocol TCP\nlb_algo wlc\nlb_kind TUN\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"},
		{name: "gue", text: "virtual_server 10.0.0.1 8080 {\nprotocol TCP\nlb_algo wlc\nlb_kind TUN type gue port 6080 csum\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"},
		{name: "gre", text: "virtual_server 10.0.0.1 8080 {\nprotocol TCP\nlb_algo wlc\nlb_kind TUN type gre\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"},
		{name: "mark", text: "virtual_server fwmark 9 {\ndelay_loop 1\nwarmup 0\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 {\nMISC_CHECK {\nmisc_path /bin/false\n}\n}\nreal_server 127.0.0.3 {\n}\n}\n"},
		{name: "mark with ports", text: "virtual_server fwmark 9 {\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\nsorry_server 127.0.0.9 81\n@SERVERS@}\n"},
		{name: "mark with ports by DR", text: "virtual_server fwmark 9 {\nlb_algo rr\nlb_kind DR\ndelay_loop 1\nwarmup 0\nsorry_server 127.0.0.9 81\n@SERVERS@}\n"},
		{name: "group of marks by DR", text: "virtual_server_group G {\nfwmark 5\nfwmark 6\n}\nvirtual_server group G {\nprotocol TCP\nlb_algo rr\nlb_kind DR\ndelay_loop 1\nwarmup 0\nsorry_server 127.0.0.9 81\n@SERVERS@}\n"},
		{name: "ports that do not match", text: "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind DR\ndelay_loop 1\nwarmup 0\nsorry_server 127.0.0.9 81\n@SERVERS@}\n"},
		{name: "families that do not match", text: "virtual_server fwmark 9 {\nlb_algo rr\nlb_kind NAT\nsorry_server fd00::9 80\nreal_server 127.0.0.2 80 {\n}\nreal_server fd00::2 80 {\n}\n}\n", only: still},
		{name: "UDP one packet", text: "virtual_server 10.0.0.1 53 {\nprotocol UDP\nlb_algo rr\nlb_kind NAT\nops\nreal_server 127.0.0.2 53 {\n}\nreal_server 127.0.0.3 53 {\nweight 0\n}\n}\n"},
		{name: "SCTP", text: "virtual_server 10.0.0.1 99 {\nprotocol SCTP\nlb_algo lc\nlb_kind NAT\nreal_server 127.0.0.2 99 {\n}\n}\n"},
		{name: "IPv6", text: "virtual_server fd00::1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\npersistence_timeout 50\npersistence_granularity 64\nreal_server fd00::2 80 {\n}\nreal_server fd00::3 80 {\nweight 4\n}\n}\n"},
		{name: "group", text: "virtual_server_group G {\n10.0.0.1-3 80\n10.0.1.1 443\n}\nvirtual_server group G {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"},
		{name: "group with mark", text: "virtual_server_group G {\n10.0.0.1-2 80\nfwmark 5\n}\nvirtual_server group G {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"},
		{name: "group that changes", text: "virtual_server_group G {\n10.0.0.1-3 80\n}\nvirtual_server group G {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n",
			change: []string{"10.0.0.1-3", "10.0.0.2-4"}, differs: map[string]string{
				"reload": "keepalived 2.2.7 leaves an empty 10.0.0.1:80 behind",
				"stop":   "keepalived 2.2.7 leaves an empty 10.0.0.1:80 behind"}},
		{name: "server added", change: []string{"real_server 127.0.0.2", "real_server 127.0.0.7 8080 {\n}\nreal_server 127.0.0.2"}},
		{name: "service moved", change: []string{"10.0.0.1", "10.0.0.2"}},
		{name: "inhibit dropped", service: "inhibit_on_failure", change: []string{"inhibit_on_failure", ""}},
		{name: "HTTP", text: "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\nreal_server 127.0.0.2 8080 {\nHTTP_GET {\nretry 0\nconnect_timeout 2\nurl {\npath /\nstatus_code 200\n}\n}\n}\nreal_server 127.0.0.3 8080 {\nHTTP_GET {\nretry 1\ndelay_before_retry 0.5\nurl {\npath /\ndigest eff5bc1ef8ec9d03e640fc4370f5eacd\n}\n}\n}\n}\n"},
		{name: "two urls and fast_recovery", text: "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n" +
			"real_server 127.0.0.2 8080 {\nHTTP_GET {\nretry 0\nconnect_timeout 2\nurl {\npath /a\nstatus_code 200\n}\nurl {\npath /b\n}\n}\n}\n" +
			"real_server 127.0.0.3 8080 {\nHTTP_GET {\nfast_recovery\nconnect_timeout 2\ndelay_before_retry 0.5\nurl {\npath /a\n}\nurl {\npath /b\n}\n}\n}\n}\n"},
		{name: "servers that cannot be asked", text: "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n" +
			"real_server 127.0.0.2 8080 {\nTCP_CHECK {\nbindto 192.0.2.7\n}\n}\nreal_server 127.0.0.4 8080 {\nHTTP_GET {\nbind_if nosuch0\nurl {\npath /\n}\n}\n}\n" +
			"real_server 127.0.0.5 53 {\nDNS_CHECK {\nbindto 192.0.2.7\n}\n}\nreal_server 127.0.0.6 53 {\nUDP_CHECK {\nbindto 192.0.2.7\n}\n}\n" +
			"real_server 127.0.0.3 8080 {\nTCP_CHECK {\nconnect_timeout 2\n}\n}\n}\n",
			only: []string{"start", "both down", "both up", "stop"}},
		{name: "three virtual servers with SSL_GET and digests", text: distribution, only: []string{"start", "stop"}},
		{name: "sorry server removed", service: pair, change: []string{pair, ""}},
		{name: "sorry server removed at work", service: pair, change: []string{pair, ""}, only: atWork},
		{name: "sorry server removed without quorum", service: "quorum 2\n" + pair, change: []string{pair, ""}, only: []string{"start", "one down", "reload", "one up", "stop"},
			differs: map[string]string{
				"reload": "keepalived 2.2.7 forgets the server that lives",
				"one up": "keepalived 2.2.7 forgets the server that lives"}},
		{name: "sorry server changed at work", service: pair, change: []string{"127.0.0.9", "127.0.0.10"}, only: atWork},
		{name: "inhibited sorry server removed", service: pair + "sorry_server_inhibit", change: []string{pair + "sorry_server_inhibit", ""}, only: atWork},
		{name: "inhibition dropped", service: "inhibit_on_failure", change: []string{"inhibit_on_failure", ""}, only: atWork},
		{name: "inhibition added", change: []string{"lb_algo rr\n", "lb_algo rr\ninhibit_on_failure\n"}, only: atWork},
		{name: "quorum lowered", service: "quorum 2\n" + pair, change: []string{"quorum 2", "quorum 1"}, only: []string{"start", "one down", "reload", "one up", "stop"}},
		{name: "dead server removed", change: []string{oneServer("127.0.0.2"), ""}, only: []string{"start", "one down", "reload", "both down", "both up", "stop"}},
		{name: "weight of a dead server", server: "weight 2", change: []string{"weight 2", "weight 5"}, only: []string{"start", "one down", "reload", "one up", "stop"}},
		{name: "suspended", service: "ha_suspend\n" + pair, change: []string{"lb_algo rr", "lb_algo wrr"},
			only: []string{"start", "one down", "here", "gone", "both down", "one up", "reload", "here again", "both up", "gone again", "stop"}},
		{name: "sorry server added", change: []string{"lb_algo rr\n", "lb_algo rr\n" + pair}},
		{name: "server removed", change: []string{oneServer("127.0.0.3"), ""}},
		{name: "checker changed", change: []string{"connect_timeout 2", "connect_timeout 1"}},
		{name: "mh with fallback", service: "lb_algo mh\nmh-port\nmh-fallback", only: still},
		{name: "sh hashed", service: "lb_algo sh\nsh-fallback", change: []string{"sh-fallback", "sh-port"}, only: still},
		{name: "thresholds", server: "uthreshold 100\nlthreshold 50", change: []string{"uthreshold 100", "uthreshold 200"}, only: still},
		{name: "weight 0", server: "weight 0", change: []string{"weight 0", "weight 1"}, only: still},
		{name: "persistence engine", text: "virtual_server 10.0.0.1 5060 {\nprotocol UDP\nlb_algo rr\nlb_kind NAT\npersistence_engine sip\npersistence_timeout 60\nreal_server 127.0.0.2 5060 {\n}\n}\n", only: still},
		{name: "one packet and engine", text: "virtual_server 10.0.0.1 5060 {\nprotocol UDP\nlb_algo rr\nlb_kind NAT\nops\npersistence_engine sip\npersistence_timeout 60\nreal_server 127.0.0.2 5060 {\n}\n}\n", only: still},
		{name: "mark of IPv6", text: "virtual_server fwmark 9 {\nip_family inet6\nlb_algo rr\nlb_kind NAT\npersistence_timeout 60\npersistence_granularity 48\nreal_server fd00::2 {\n}\n}\n", only: still},
		{name: "IPv6 group", text: "virtual_server_group G {\nfd00::1-3 80\nfd00:1::9 443\n}\nvirtual_server group G {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server fd00::2 80 {\n}\n}\n", only: still},
		{name: "group without translation", text: "virtual_server_group G {\n10.0.0.1-2 80\n10.0.0.3 81\nfwmark 5\n}\nvirtual_server group G {\nprotocol TCP\nlb_algo rr\nlb_kind DR\n@SERVERS@}\n", only: []string{"start", "stop"}},
		{name: "both protocols of a group", text: "virtual_server_group G {\n10.0.0.1-2 53\n}\nvirtual_server group G {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 53 {\n}\n}\n" +
			"virtual_server group G {\nprotocol UDP\nlb_algo wrr\nlb_kind NAT\nreal_server 127.0.0.3 53 {\n}\n}\n", only: still},
		{name: "IPv6 servers of IPv4 by tunnel", text: "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind TUN\nreal_server fd00::2 80 {\n}\nreal_server 127.0.0.2 80 {\n}\n}\n", only: still},
		{name: "gue without checksum", text: tunnelled("gue port 6080 remcsum"), change: []string{"remcsum", "nocsum"}, only: still},
		{name: "gre with checksum", text: tunnelled("gre csum"), only: still},
		{name: "methods of servers", text: "virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 80 {\nlvs_method DR\n}\nreal_server 127.0.0.3 80 {\nlvs_method TUN type gre\n}\nreal_server 127.0.0.4 8080 {\n}\n}\n",
			change: []string{"lvs_method DR", "lvs_method NAT"}, only: still},
		{name: "tunnels that cannot be", text: impossibleTunnels(), only: still},
		{name: "opening braces that are missing", text: "virtual_server 10.0.0.1 80\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 80\nweight 2\n}\n" +
			"real_server 127.0.0.3 80 {\nweight 3\n}\n}\nvirtual_server 10.0.0.2 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.3 80 {\nweight 3\n}\n}\n",
			change: []string{"weight 3", "weight 4"}, only: still},
		{name: "numbered files", text: "track_file F {\nfile /dev/null\n}\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 80 {\nweight 7\nFILE_CHECK {\ntrack_file F\n}\n}\n}\n", only: still},
		{name: "others' service", before: []string{"-A -t 10.0.0.9:99 -s lc", "-a -t 10.0.0.9:99 -r 127.0.0.66:99 -m"}, only: still},
		{name: "others' destination in our service", before: []string{"-A -t 10.0.0.1:80 -s lc", "-a -t 10.0.0.1:80 -r 127.0.0.66:99 -m"},
			change: []string{"lb_algo rr", "lb_algo wrr"}, only: still, differs: map[string]string{
				"start":  "keepalived 2.2.7 leaves scheduler and foreign destinations as they are",
				"reload": "keepalived 2.2.7 leaves foreign destinations as they are"}},
		{name: "flush at the start", text: "global_defs {\nlvs_flush\n}\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n@SERVERS@}\n",
			before: []string{"-A -t 10.0.0.9:99 -s lc", "-A -t 10.0.0.1:80 -s lc"}, only: still},
		{name: "flush all on stop", text: "global_defs {\nlvs_flush_on_stop\n}\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n@SERVERS@}\n",
			before: []string{"-A -t 10.0.0.9:99 -s lc"}, only: still},
		{name: "flush on stop", text: "global_defs {\nlvs_flush\nlvs_flush_on_stop VS\n}\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"},
	}
}

// distribution is in the manner of the example that most distributions ship; its checks have not begun when it is looked at.
const distribution = `
global_defs {
  notification_email {
    root@localhost
  }
  smtp_server 127.0.0.1
  router_id LVS_DEVEL
}
virtual_server 192.168.200.100 443 {
  delay_loop 600
  lb_algo rr
  lb_kind NAT
  persistence_timeout 50
  protocol TCP
  real_server 192.168.201.100 443 {
    weight 1
    SSL_GET {
      url {
        path /
        digest ff20ad2481f97b1754ef3e12ecd3a9cc
      }
      url {
        path /mrtg/
        digest 9b3a0c85a887a256d6939da88aabd8cd
      }
      connect_timeout 3
      retry 3
      delay_before_retry 10
    }
  }
}
virtual_server 10.10.10.2 1358 {
  delay_loop 600
  lb_algo rr
  lb_kind NAT
  persistence_timeout 50
  protocol TCP
  sorry_server 192.168.200.200 1358
  real_server 192.168.200.2 1358 {
    weight 1
    HTTP_GET {
      url {
        path /testurl/test.jsp
        digest 640205b7b0fc66c1ea91c463fac6334d
      }
      connect_timeout 3
      retry 3
      delay_before_retry 10
    }
  }
  real_server 192.168.200.3 1358 {
    weight 1
    HTTP_GET {
      url {
        path /testurl/test.jsp
        digest 640205b7b0fc66c1ea91c463fac6334c
      }
      connect_timeout 3
      retry 3
      delay_before_retry 10
    }
  }
}
virtual_server 10.10.10.3 1358 {
  delay_loop 600
  lb_algo rr
  lb_kind NAT
  persistence_timeout 50
  protocol TCP
  real_server 192.168.200.4 1358 {
    weight 1
    HTTP_GET {
      url {
        path /testurl/test.jsp
        digest 640205b7b0fc66c1ea91c463fac6334d
      }
      connect_timeout 3
      retry 3
      delay_before_retry 10
    }
  }
  real_server 192.168.200.5 1358 {
    weight 1
    HTTP_GET {
      url {
        path /testurl/test.jsp
        digest 640205b7b0fc66c1ea91c463fac6334d
      }
      connect_timeout 3
      retry 3
      delay_before_retry 10
    }
  }
}
`

// config returns the configuration before or after the change.
func (c contest) config(changed bool) string {
	text := c.text
	if text == "" {
		algo := "lb_algo rr\n"
		if strings.Contains(c.service, "lb_algo") {
			algo = ""
		}
		text = "virtual_server 10.0.0.1 80 {\nprotocol TCP\n" + algo + "lb_kind NAT\ndelay_loop 1\nwarmup 0\n" + c.service + "\n@SERVERS@}\n"
	}
	servers := ""
	for _, host := range []string{"127.0.0.2", "127.0.0.3"} {
		servers += "real_server " + host + " 8080 {\n" + c.server + "\nTCP_CHECK {\nretry 0\nconnect_timeout 2\n}\n}\n"
	}
	text = strings.Replace(text, "@SERVERS@", servers, 1)
	if changed && c.change != nil {
		text = strings.ReplaceAll(text, c.change[0], c.change[1])
	}
	return text
}

// steps are what happens to each daemon.
func steps() []string {
	return []string{"start", "one down", "both down", "one up", "both up", "reload", "stop"}
}

// TestTableIsThatOfKeepalived runs both daemons, one after the other, in a network namespace for each configuration.
func TestTableIsThatOfKeepalived(t *testing.T) {
	for _, c := range contests() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newArena(t)
			theirs := a.run(nettest.Debian(t), c, nil)
			a.run(os.Getenv("KEEPALIVED"), c, theirs)
		})
	}
}

// arena is a network namespace with real servers in it.
type arena struct {
	t     *testing.T
	host  *nettest.Host
	alive map[string]net.Listener
}

func newArena(t *testing.T) *arena {
	lab := nettest.NewLab(t, "director")
	return &arena{t: t, host: lab.Hosts["director"], alive: map[string]net.Listener{}}
}

// revive has a server listen on port 8080.
func (a *arena) revive(ip string) {
	a.host.In(func() error {
		var lc net.ListenConfig
		l, err := lc.Listen(context.Background(), "tcp", ip+":8080")
		if err != nil {
			return err
		}
		a.alive[ip] = l
		go answerHTTP(l)
		return nil
	})
}

func (a *arena) kill(ip string) {
	if l := a.alive[ip]; l != nil {
		l.Close()
		delete(a.alive, ip)
	}
}

func answerHTTP(l net.Listener) {
	answerConns(l, func(c net.Conn) {
		buf := make([]byte, 4096)
		if n, err := c.Read(buf); n > 0 && err == nil {
			_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\nok\n")
		}
	})
}

// answerConns hands each connection to f.
func answerConns(l net.Listener, f func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(20 * time.Second))
			f(c)
		}()
	}
}

// table returns what ipvsadm shows, sorted.
func (a *arena) table() string {
	out, err := exec.Command("ip", "netns", "exec", a.host.NS, "ipvsadm", "-Sn").CombinedOutput()
	if err != nil {
		a.t.Fatalf("ipvsadm: %v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// settled waits until the table has not changed for a while.
func (a *arena) settled(quiet time.Duration) string {
	last, since := a.table(), time.Now()
	for time.Since(since) < quiet {
		time.Sleep(200 * time.Millisecond)
		if now := a.table(); now != last {
			last, since = now, time.Now()
		}
	}
	return last
}

// run takes a daemon through the steps and returns the table after each. With want it waits for those tables.
func (a *arena) run(program string, c contest, want map[string]string) map[string]string {
	got := map[string]string{}
	a.revive("127.0.0.2")
	a.revive("127.0.0.3")
	for _, command := range c.before {
		a.admin(command)
	}
	conf := a.host.Write("k.conf", c.config(false))
	pid := a.host.Dir + "/k.pid"
	p := a.host.Start(program, "-n", "-l", "-G", "-f", conf, "-p", pid, "-c", a.host.Dir+"/c.pid", "-r", a.host.Dir+"/v.pid")
	list := c.only
	if list == nil {
		list = steps()
	}
	for _, step := range list {
		switch step {
		case "one down":
			a.kill("127.0.0.2")
		case "both down":
			a.kill("127.0.0.3")
		case "one up":
			a.revive("127.0.0.2")
		case "both up":
			a.revive("127.0.0.3")
		case "here", "here again":
			a.host.IP("addr add 10.0.0.1/32 dev lo")
		case "gone", "gone again":
			a.host.IP("addr del 10.0.0.1/32 dev lo")
		case "reload":
			a.host.Write("k.conf", c.config(true))
			a.signal(pid, syscall.SIGHUP)
		case "stop":
			a.signal(pid, syscall.SIGTERM)
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			p.Wait(ctx)
			cancel()
		}
		got[step] = a.after(step, c, want)
	}
	for ip := range a.alive {
		a.kill(ip)
	}
	a.admin("-C")
	return got
}

// admin runs ipvsadm.
func (a *arena) admin(command string) {
	a.t.Helper()
	nettest.Run(a.t, append([]string{"ip", "netns", "exec", a.host.NS, "ipvsadm"}, strings.Fields(command)...)...)
}

// after returns the table after a step, when it is the wanted one or has settled.
func (a *arena) after(step string, c contest, want map[string]string) string {
	if want == nil {
		return a.settled(2500 * time.Millisecond)
	}
	got := a.table()
	for end := time.Now().Add(20 * time.Second); got != want[step] && time.Now().Before(end); got = a.table() {
		time.Sleep(200 * time.Millisecond)
		if c.differs[step] != "" && time.Until(end) < 15*time.Second {
			break
		}
	}
	switch diff := cmp.Diff(want[step], got); {
	case diff != "" && c.differs[step] != "":
		a.t.Logf("%s: differs, as is meant: %s", step, c.differs[step])
	case diff != "":
		a.t.Errorf("%s (-keepalived +ours):\n%s", step, diff)
	}
	return got
}

func (a *arena) signal(pidFile string, sig syscall.Signal) {
	var pid int
	nettest.Eventually(a.t, 10*time.Second, "pid file", func() bool {
		b, err := os.ReadFile(pidFile)
		if err != nil {
			return false
		}
		_, err = fmt.Sscan(string(b), &pid)
		return err == nil
	})
	if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		a.t.Fatal(err)
	}
}
