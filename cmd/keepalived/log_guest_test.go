//go:build guest

package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// logging has a server for each kind of checker that says something of its own. Nothing in it times out, as slow as this
// machine may be.
const logging = `global_defs {
 script_user root
}
virtual_server 10.0.0.1 80 {
 protocol TCP
 lb_algo rr
 lb_kind NAT
 delay_loop 1
 warmup 0
 retry 1
 delay_before_retry 0.5
 connect_timeout 10
 quorum 5
 sorry_server 127.0.0.9 80
 real_server 127.0.0.2 8080 {
  weight 2
  TCP_CHECK {
  }
 }
 real_server 127.0.0.3 8080 {
  inhibit_on_failure
  weight 2
  HTTP_GET {
   delay_before_retry 0.5
   url {
    path /
    status_code 200
   }
  }
 }
 real_server 127.0.0.4 80 {
  weight 2
  MISC_CHECK {
   misc_path @DIR@/check
   misc_timeout 30
   misc_dynamic
  }
 }
 real_server 127.0.0.5 25 {
  SMTP_CHECK {
  }
 }
 real_server 127.0.0.6 53 {
  DNS_CHECK {
  }
 }
}
`

// toTheLetter are the lines that programs and people look for.
var toTheLetter = regexp.MustCompile(`^(Activating healthchecker|TCP|HTTP|Remote|Misc check|SMTP_CHECK|DNS_CHECK|Adding|Removing|Enabling|Disabling|` +
	`Gained|Lost|Starting with|Changing weight|Shutting down|service |I?i?nitializing|Reinitializing)`)

// The log of the checker child says what Debian's keepalived says, to the letter and in the same order for each server.
func TestLogIsThatOfKeepalived(t *testing.T) {
	t.Parallel()
	want, got := logLines(t, nettest.Debian(t)), logLines(t, os.Getenv("KEEPALIVED"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-keepalived +ours):\n%s", diff)
	}
}

// logLines returns the lines by the server that they are about.
func logLines(t *testing.T, program string) map[string][]string {
	a := newArena(t)
	dir := a.host.Dir
	set := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(dir+"/"+name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	set("state", "0", 0o644)
	set("check", "#!/bin/sh\nexit $(cat "+dir+"/state)\n", 0o755)
	a.revive("127.0.0.2")
	a.revive("127.0.0.3")
	text := strings.ReplaceAll(logging, "@DIR@", dir)
	conf := a.host.Write("k.conf", text)
	p := a.host.Start(program, "-n", "-l", "-D", "-f", conf, "-p", dir+"/k.pid", "-c", dir+"/c.pid")
	logged := func(line string, times int) {
		t.Helper()
		nettest.Eventually(t, 30*time.Second, fmt.Sprintf("%d x %s", times, line), func() bool { return strings.Count(p.Output(), line) >= times })
	}
	logged("Removing service [127.0.0.5]", 1)
	logged("Removing service [127.0.0.6]", 1)
	logged("Remote Web server", 1)
	logged("success.", 1)
	logged("succeeded.", 1)
	a.kill("127.0.0.2")
	logged("Lost quorum", 1)
	a.kill("127.0.0.3")
	logged("Disabling service [127.0.0.3]", 1)
	set("state", "1", 0o644)
	logged("Removing service [127.0.0.4]", 1)
	a.revive("127.0.0.2")
	logged("Adding service [127.0.0.2]", 1)
	set("state", "12", 0o644)
	logged("Gained quorum", 2)
	a.revive("127.0.0.3")
	logged("Enabling service [127.0.0.3]", 1)
	set("state", "0", 0o644)
	logged("Changing weight from 10 to 2", 1)
	set("state", "1", 0o644) // a reload has 2.2.7 forget the weight of a script
	logged("Removing service [127.0.0.4]", 2)
	a.host.Write("k.conf", strings.Replace(text, "weight 2", "weight 7", 1))
	a.signal(dir+"/k.pid", syscall.SIGHUP)
	logged("Reinitializing ipvs", 1)
	logged("Activating BFD", 2)
	a.host.Write("k.conf", strings.Replace(text, "real_server 127.0.0.2 8080", "real_server 127.0.0.2 8090", 1))
	a.signal(dir+"/k.pid", syscall.SIGHUP)
	logged("Activating BFD", 3)
	logged("Removing service [127.0.0.2]:tcp:8090", 1)
	a.signal(dir+"/k.pid", syscall.SIGTERM)
	logged("Shutting down", 5)
	for ip := range a.alive {
		a.kill(ip)
	}
	by := map[string][]string{}
	for _, line := range slices.Collect(strings.Lines(p.Output())) {
		_, line, ok := strings.Cut(strings.ReplaceAll(strings.TrimRight(line, "\n"), dir, ""), ": ")
		if !ok || !toTheLetter.MatchString(line) {
			continue
		}
		key := regexp.MustCompile(`127\.0\.0\.\d`).FindString(line)
		by[key] = append(by[key], line)
	}
	return by
}
