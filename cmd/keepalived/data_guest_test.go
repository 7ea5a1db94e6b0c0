//go:build guest

package main

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// dumped has much of what the data of the checker child tells.
const dumped = `virtual_server_group G {
 10.0.0.7-9 80
 10.0.1.1 81
}
virtual_server 10.0.0.1 53 {
 protocol UDP
 lb_algo wrr
 lb_kind NAT
 delay_loop 1
 warmup 0
 retry 2
 delay_before_retry 0.5
 connect_timeout 1
 quorum_up /bin/true
 quorum 2
 hysteresis 1
 sorry_server 127.0.0.99 53
 persistence_timeout 60
 snmp_name web
 real_server 127.0.0.2 8080 {
  weight 3
  snmp_name one
  notify_down "/bin/true a"
  TCP_CHECK {
   bindto 127.0.0.1
  }
 }
 real_server 127.0.0.3 53 {
  inhibit_on_failure
  HTTP_GET {
   url {
    path /x
    status_code 200 300-302
    virtualhost foo
   }
  }
 }
 real_server 127.0.0.4 53 {
  uthreshold 9
  alpha
  TCP_CHECK {
  }
 }
}
virtual_server fwmark 5 {
 lb_algo mh
 mh-port
 lb_kind DR
 virtualhost www.example.org
 persistence_timeout 60
 persistence_granularity 255.255.255.0
 real_server 127.0.0.6 {
  lvs_method TUN type gue port 5555 csum
  virtualhost own.example.org
  warmup 0
  delay_before_retry 4
  HTTP_GET {
   http_protocol 1.1
   enable_sni
   fast_recovery
   connect_port 8080
   bind_if lo
   fwmark 3
   url {
    path /
    digest 0123456789abcdef0123456789abcdef
    regex ab+c
    regex_min_offset 3
   }
  }
  MISC_CHECK {
   misc_path /bin/true
   misc_timeout 7
   misc_dynamic
  }
  DNS_CHECK {
   type MX
   name example.org
  }
  UDP_CHECK {
   payload 00 ff 10
   require_reply 01 X2
   min_reply_length 3
   max_reply_length 200
  }
  UDP_CHECK {
   alpha
  }
 }
}
virtual_server group G {
 protocol TCP
 lb_algo sh
 sh-port
 lb_kind DR
 omega
 real_server 127.0.0.5 80 {
  smtp_alert off
 }
}
`

// What programs read of the data of the checker child is what Debian's keepalived writes.
func TestDataIsThatOfKeepalived(t *testing.T) {
	t.Parallel()
	want, got := data(t, nettest.Debian(t)), data(t, os.Getenv("KEEPALIVED"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-keepalived +ours):\n%s", diff)
	}
}

// ofKeepalived are beginnings of lines that say how keepalived's own memory looks, or what stands elsewhere.
var ofKeepalived = []string{"System is", "reloaded", "Alive:", "Hashed", "previous effective", "Retries iterations", "Default delay", "Failed URL",
	"uid:gid", "Last ran", "Last status", "Regex options", "Regex ref count"}

// data returns the topology and the checkers as a daemon writes them, without the lines of ofKeepalived.
func data(t *testing.T, program string) []string {
	a := newArena(t)
	a.revive("127.0.0.2")
	conf := a.host.Write("k.conf", dumped)
	p := a.host.Start("env", "TMPDIR="+a.host.Dir, program, "-n", "-l", "-G", "-D", "-f", conf, "-p", a.host.Dir+"/k.pid", "-c", a.host.Dir+"/c.pid")
	for _, line := range []string{"TCP connection to [127.0.0.2]:udp:8080 success", "Disabling service [127.0.0.3]", "TCP_CHECK on service [127.0.0.4]:udp:53 failed"} {
		nettest.Eventually(t, 30*time.Second, line, func() bool { return strings.Contains(p.Output(), line) })
	}
	a.signal(a.host.Dir+"/k.pid", syscall.SIGUSR1)
	var text string
	nettest.Eventually(t, 20*time.Second, "data", func() bool {
		b, _ := os.ReadFile(a.host.Dir + "/keepalived_check.data")
		text = string(b)
		return strings.Contains(text, "Health checkers") && strings.Count(text, "Keepalive method") == 8
	})
	p.Kill()
	_, text, _ = strings.Cut(text, "------< LVS Topology >------\n")
	var lines []string
	for line := range strings.Lines(text) {
		word := strings.TrimSpace(line)
		if !slices.ContainsFunc(ofKeepalived, func(s string) bool { return strings.HasPrefix(word, s) }) {
			line, _, _ = strings.Cut(strings.TrimRight(line, "\n"), ", uid:gid")
			lines = append(lines, strings.Replace(line, "'/usr/bin/", "'/bin/", 1)) // symbolic links are followed
		}
	}
	return lines
}
