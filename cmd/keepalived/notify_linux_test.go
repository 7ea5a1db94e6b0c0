package main

import (
	"bufio"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// told is a configuration that tells of everything in every way.
const told = `global_defs {
 script_user root
 router_id RTR
 notification_email {
  one@example.com
  two@example.com
 }
 notification_email_from from@example.com
 smtp_server 127.0.0.1 2525
 smtp_alert
 vrrp_notify_fifo @DIR@/fifo
 vrrp_notify_fifo_script "@DIR@/fifo.sh first"
 vrrp_notify_priority_changes
}
track_file tf {
 file @DIR@/tf
}
vrrp_script chk {
 script "@DIR@/chk.sh"
 interval 1
}
vrrp_sync_group G {
 group {
  A
  B
 }
 notify "@DIR@/notify.sh group"
 notify_master "@DIR@/notify.sh 'group master'"
}
vrrp_instance A {
 interface eth0
 virtual_router_id 61
 priority 100
 virtual_ipaddress {
  10.77.1.1/24
 }
 track_script {
  chk
 }
 notify "@DIR@/notify.sh any" root root
 notify_master "@DIR@/notify.sh master A"
 notify_backup "@DIR@/notify.sh backup A"
 notify_fault "@DIR@/notify.sh fault A"
 notify_stop "@DIR@/notify.sh stop A"
}
vrrp_instance B {
 interface eth0
 virtual_router_id 62
 priority 100
 virtual_ipaddress {
  10.77.2.1/24
 }
 notify_master "@DIR@/user.sh" nobody
 notify_backup "@DIR@/user.sh 'of a group'" nobody daemon
}
vrrp_instance C {
 interface eth0
 virtual_router_id 63
 priority 100
 virtual_ipaddress {
  10.77.3.1/24
 }
 track_file {
  tf weight 2
 }
 notify "@DIR@/notify.sh any"
}
`

// listenMail takes mail on the host's port 2525.
func (r *router) listenMail() *mailbox {
	r.t.Helper()
	m := &mailbox{}
	var l net.Listener
	r.In(func() (err error) {
		l, err = net.Listen("tcp", "127.0.0.1:2525")
		return err
	})
	r.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.serve(c)
		}
	}()
	return m
}

// mailbox is a small SMTP server.
type mailbox struct {
	mu    sync.Mutex
	mails []string
}

func (m *mailbox) serve(c net.Conn) {
	defer c.Close()
	answer := func(s string) { _, _ = c.Write([]byte(s + "\r\n")) }
	answer("220 sink")
	var all strings.Builder
	data := false
	for in := bufio.NewScanner(c); in.Scan(); {
		line := in.Text()
		if !strings.HasPrefix(line, "Date: ") {
			all.WriteString(line + "\n")
		}
		switch {
		case data && line != ".":
		case line == "DATA":
			data = true
			answer("354 go on")
		case line == "QUIT":
			m.mu.Lock()
			m.mails = append(m.mails, all.String())
			m.mu.Unlock()
			answer("221 bye")
			return
		default:
			data = false
			answer("250 ok")
		}
	}
}

// sorted returns the mails but those of the stop, which keepalived has no time to send.
func (m *mailbox) sorted() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	mails := slices.DeleteFunc(slices.Clone(m.mails), func(s string) bool { return strings.Contains(s, "topping") })
	slices.Sort(mails)
	return mails
}

// heard is what the outside of one daemon has heard.
type heard struct {
	FIFO  map[string]string // lines by the object that they are about
	Calls map[string]string // arguments of scripts, by the object
	Env   string
	Users string // who the scripts with a user of their own ran as
	Mails []string
}

// byObject sorts lines by the object in them, in order.
func byObject(text string, object func(words []string) string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		out[object(strings.Fields(line))] += line
	}
	return out
}

// listen runs a daemon through some changes and returns what was heard of it.
func listen(t *testing.T, start func(r *router, conf string)) heard {
	_, rs := routers(t, "a")
	r := rs[0]
	box := r.listenMail()
	r.Write("tf", "0\n")
	r.program("chk.sh", "#!/bin/sh\ntest ! -e "+r.Dir+"/down\n")
	r.program("notify.sh", "#!/bin/sh\necho \"$@\" >>"+r.Dir+"/calls\nenv | cut -d= -f1 | sort >"+r.Dir+"/env\n")
	r.program("fifo.sh", "#!/bin/sh\n[ \"$1\" = first ] && exec cat \"$2\" >"+r.Dir+"/fifo.out\n")
	r.program("user.sh", "#!/bin/sh\necho \"$0 $*\" $(id) $(umask) $(pwd) >>"+r.Dir+"/users\n")
	if err := errors.Join(os.Chmod(r.Write("users", ""), 0o666), os.Chmod(filepath.Dir(r.Dir), 0o755)); err != nil {
		t.Fatal(err)
	}
	start(r, replace(told, "@DIR@", r.Dir))
	file := func(name string) string {
		b, _ := os.ReadFile(r.file(name))
		return string(b)
	}
	await := func(line string, n int) {
		t.Helper()
		nettest.Eventually(t, 30*time.Second, line, func() bool { return strings.Count(file("fifo.out"), line+"\n") == n })
	}
	// The next state comes when the scripts of this one have run: keepalived does not wait for them, and then any may be first.
	called := func(line string) {
		t.Helper()
		nettest.Eventually(t, 30*time.Second, line, func() bool { return strings.Contains(file("calls"), line) })
	}
	await(`GROUP "G" MASTER 0`, 1)
	await(`INSTANCE "C" MASTER 100`, 1)
	r.Write("tf", "25\n")
	await(`INSTANCE "C" MASTER_PRIORITY 150`, 1)
	r.Write("down", "")
	await(`GROUP "G" FAULT 0`, 1)
	called("any INSTANCE A FAULT")
	if err := os.Remove(r.file("down")); err != nil {
		t.Fatal(err)
	}
	await(`GROUP "G" MASTER 0`, 2)
	r.Write("tf", "-200\n")
	await(`INSTANCE "C" FAULT 150`, 1)
	called("any INSTANCE C FAULT")
	r.Write("tf", "0\n")
	await(`INSTANCE "C" MASTER 100`, 2)
	// keepalived sends nothing more once it stops.
	nettest.Eventually(t, 10*time.Second, "the last mail", func() bool {
		return strings.Count(strings.Join(box.sorted(), ""), "VRRP Instance C - Entering MASTER state") == 2
	})
	r.terminate()
	nettest.Eventually(t, 10*time.Second, "the stop", func() bool { return strings.Contains(file("calls"), "stop A") })
	return heard{
		// keepalived ends the reader before it has read the STOP lines, sometimes.
		FIFO:  byObject(withoutStop(file("fifo.out")), func(words []string) string { return words[1] }),
		Calls: byObject(file("calls"), func(words []string) string { return strings.Join(words[:min(3, len(words))], " ") }),
		Env:   file("env"), Users: strings.ReplaceAll(file("users"), r.Dir, "DIR"), Mails: box.sorted(),
	}
}

func withoutStop(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.Contains(line, " STOP ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestTheOutsideHearsWhatItHearsFromDebians runs both daemons through the same changes. Scripts of different kinds run
// beside each other in keepalived, so their calls are compared by kind.
func TestTheOutsideHearsWhatItHearsFromDebians(t *testing.T) {
	t.Parallel()
	nettest.NeedRoot(t)
	nettest.Debian(t)
	theirs := make(chan heard, 1)
	t.Run("both", func(t *testing.T) {
		t.Run("debians", func(t *testing.T) {
			t.Parallel()
			theirs <- listen(t, func(r *router, conf string) { r.debians(conf) })
		})
		t.Run("ours", func(t *testing.T) {
			t.Parallel()
			ours := listen(t, func(r *router, conf string) { r.ours(conf) })
			if !strings.Contains(ours.Users, "gid=1(daemon)") {
				t.Errorf("no script ran as the user of its own: %s", ours.Users)
			}
			ours.Env = strings.ReplaceAll(ours.Env, testMainEnv+"\n", "")
			if diff := cmp.Diff(<-theirs, ours); diff != "" {
				t.Errorf("(-theirs +ours)\n%s", diff)
			}
		})
	})
}

// The reader of the FIFO that both children write to runs in the checker child; where -P leaves that out, in the other.
func TestReaderOfTheCommonFIFORunsWithoutCheckers(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.program("fifo.sh", "#!/bin/sh\nexec cat \"$1\" >"+r.Dir+"/fifo.out\n")
	r.ours(replace("global_defs {\n script_user root\n notify_fifo @DIR@/fifo\n notify_fifo_script @DIR@/fifo.sh\n}\n", "@DIR@", r.Dir)+
		fast+"virtual_server 10.77.0.100 80 {\n lb_algo rr\n lb_kind NAT\n real_server 127.0.0.2 80 {\n }\n}\n", "-P")
	nettest.Eventually(t, 20*time.Second, "what the reader has read", func() bool {
		b, _ := os.ReadFile(r.file("fifo.out"))
		return strings.Contains(string(b), " MASTER ")
	})
}

func TestStartupAndShutdownScriptsRunAroundTheChildren(t *testing.T) {
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.program("s.sh", "#!/bin/sh\necho \"$1\" $(ls "+r.Dir+"/v.pid 2>/dev/null | wc -l) >>"+r.Dir+"/calls\nexit $2\n")
	r.ours(replace("global_defs {\n script_user root\n startup_script \"@DIR@/s.sh up 3\"\n shutdown_script \"@DIR@/s.sh down 0\"\n}\n",
		"@DIR@", r.Dir) + fast)
	r.waitFor("Running startup script " + r.Dir + "/s.sh up 3")
	r.waitFor("startup script failed, status 3")
	r.waitFor("Entering MASTER STATE")
	r.terminate()
	if !r.logged("shutdown script succeeded")() {
		t.Error("no word of the shutdown script")
	}
	if b, _ := os.ReadFile(r.file("calls")); string(b) != "up 0\ndown 0\n" {
		t.Errorf("calls with the number of children: %q", b)
	}
}
