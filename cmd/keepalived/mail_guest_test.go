//go:build guest

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// alerting has a server for each kind of checker. What each of them says goes out as mail.
const alerting = `global_defs {
 notification_email {
  a@example.com
  b@example.com
 }
 notification_email_from from@example.com
 smtp_server 127.0.0.1 2525
 smtp_helo_name me.example.com
 smtp_connect_timeout 5
 router_id ROUTER
 script_user root
@GLOBAL@
}
track_file F {
 file @DIR@/file
 weight 0
}
virtual_server 10.0.0.1 80 {
 protocol TCP
 lb_algo rr
 lb_kind NAT
 delay_loop 1
 warmup 0
 retry 1
 delay_before_retry 0.5
 connect_timeout 2
 quorum 6
 hysteresis 1
 smtp_alert
 real_server 127.0.0.2 8080 {
  TCP_CHECK {
  }
 }
 real_server 127.0.0.2 8081 {
  HTTP_GET {
   connect_port 8080
   delay_before_retry 0.5
   url {
    path /
    status_code 200
   }
  }
 }
 real_server 127.0.0.2 25 {
  SMTP_CHECK {
   connect_port 8080
  }
 }
 real_server 127.0.0.2 53 {
  DNS_CHECK {
   retry 0
  }
 }
 real_server 127.0.0.2 99 {
  MISC_CHECK {
   misc_path @DIR@/check
  }
 }
 real_server 127.0.0.2 100 {
  FILE_CHECK {
   track_file F
  }
 }
 real_server 127.0.0.3 8080 {
  smtp_alert off
  TCP_CHECK {
  }
 }
 real_server 127.0.0.4 80 {
 }
}
`

// The alerts of the checker child are those of Debian's keepalived, to the letter, and there are no more and no fewer.
func TestAlertsAreThoseOfKeepalived(t *testing.T) {
	for name, global := range map[string]string{"each checker": "", "servers only": "no_checker_emails"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := likeTwoFour(alerts(t, nettest.Debian(t), global))
			got := alerts(t, os.Getenv("KEEPALIVED"), global)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-keepalived +ours):\n%s", diff)
			}
		})
	}
}

// likeTwoFour returns the mails of keepalived 2.2.7 as 2.4 writes them: it names both kinds of web checkers, and does not tell
// of the first success of a script whose server was taken to be up.
func likeTwoFour(mails []string) []string {
	var out []string
	for _, m := range mails {
		if strings.Contains(m, "MISC CHECK succeeded") && slices.Contains(out, m) {
			continue
		}
		out = append(out, strings.ReplaceAll(m, ": HTTP request failed", ": HTTP/SSL request failed"))
	}
	return out
}

// alerts lets servers die and return under a daemon, and returns the mails.
func alerts(t *testing.T, program, global string) []string {
	a := newArena(t)
	r := &router{Host: a.host, t: t}
	m := r.listenMail()
	state := a.host.Write("state", "0")
	file := a.host.Write("file", "0")
	if err := os.WriteFile(a.host.Dir+"/check", []byte("#!/bin/sh\nexit $(cat "+state+")\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	a.revive("127.0.0.2")
	a.revive("127.0.0.3")
	conf := a.host.Write("k.conf", strings.NewReplacer("@GLOBAL@", global, "@DIR@", a.host.Dir).Replace(alerting))
	p := a.host.Start(program, "-n", "-l", "-G", "-D", "-f", conf, "-p", a.host.Dir+"/k.pid", "-c", a.host.Dir+"/c.pid")
	logged := func(text string, times int) {
		t.Helper()
		nettest.Eventually(t, 40*time.Second, fmt.Sprintf("%d x %s", times, text), func() bool { return strings.Count(p.Output(), text) >= times })
	}
	const dead, back = "Removing service [127.0.0.2]:tcp:", "Adding service [127.0.0.2]:tcp:"
	logged("Removing service [127.0.0.2]:tcp:25 ", 1) // nobody speaks SMTP there
	logged("Removing service [127.0.0.2]:tcp:53 ", 1)
	a.kill("127.0.0.3")
	logged("Removing service [127.0.0.3]", 1)
	set := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set(state, "1")
	logged(dead+"99 ", 1)
	set(file, "1")
	logged(dead+"100 ", 1)
	a.kill("127.0.0.2")
	logged(dead+"8080 ", 1)
	logged(dead+"8081 ", 1)
	set(state, "0")
	logged(back+"99 ", 1)
	set(file, "0")
	logged(back+"100 ", 1)
	a.revive("127.0.0.2")
	a.revive("127.0.0.3")
	logged(back+"8080 ", 1)
	logged(back+"8081 ", 1)
	logged("Adding service [127.0.0.3]", 1)
	last := len(m.sorted())
	for quiet := time.Now(); time.Since(quiet) < 3*time.Second; time.Sleep(100 * time.Millisecond) {
		if n := len(m.sorted()); n != last {
			last, quiet = n, time.Now()
		}
	}
	got := m.sorted()
	p.Kill()
	for ip := range a.alive {
		a.kill(ip)
	}
	return got
}

// A mail server that is away holds up no check, and gets what it has missed.
func TestMailServerIsAway(t *testing.T) {
	t.Parallel()
	c := contest{text: "global_defs {\nnotification_email {\na@example.com\n}\nsmtp_server 127.0.0.1 2525\nrouter_id R\n}\n" +
		"virtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 1\nwarmup 0\n@SERVERS@}\n"}
	a, p, want := director(t, c)
	a.kill("127.0.0.2")
	nettest.Eventually(t, 20*time.Second, "removal", func() bool { return !strings.Contains(a.table(), "127.0.0.2") })
	nettest.Eventually(t, 20*time.Second, "word of the mail", func() bool { return strings.Contains(p.Output(), "waits for its server") })
	a.revive("127.0.0.2")
	a.same(want, "return")
	m := (&router{Host: a.host, t: t}).listenMail()
	nettest.Eventually(t, 30*time.Second, "both mails", func() bool { return len(m.sorted()) == 2 })
	if got := strings.Join(m.sorted(), ""); !strings.Contains(got, "- DOWN\n") || !strings.Contains(got, "- UP\n") {
		t.Errorf("got %s", got)
	}
}

// A reload that adds the first virtual server starts the checker child, one that removes the last ends it.
func TestReloadStartsTheCheckers(t *testing.T) {
	t.Parallel()
	a := newArena(t)
	a.host.IP("addr add 10.77.0.1/24 dev eth0")
	conf := a.host.Write("k.conf", syncInstance)
	p := a.host.Start(os.Getenv("KEEPALIVED"), "-n", "-l", "-G", "-f", conf, "-p", a.host.Dir+"/k.pid", "-c", a.host.Dir+"/c.pid", "-r", a.host.Dir+"/v.pid")
	nettest.Eventually(t, 20*time.Second, "start", func() bool { return strings.Contains(p.Output(), "Startup complete") })
	a.host.Write("k.conf", syncInstance+syncService)
	a.signal(a.host.Dir+"/k.pid", syscall.SIGHUP)
	nettest.Eventually(t, 20*time.Second, "service", func() bool { return strings.Contains(a.table(), "127.0.0.2:80") })
	a.host.Write("k.conf", syncInstance)
	a.signal(a.host.Dir+"/k.pid", syscall.SIGHUP)
	nettest.Eventually(t, 20*time.Second, "removal", func() bool { return a.table() == "" })
}
