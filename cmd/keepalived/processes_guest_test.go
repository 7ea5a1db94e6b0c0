//go:build guest

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// delayOfProcesses is long enough to tell what waits for it from what does not, on a slow machine.
const delayOfProcesses = 5 * time.Second

// processes watches one name in several ways; each way once with delays.
func processes(name, link, global string) string {
	text := "global_defs {\n" + global + "\n}\n"
	var used string
	for _, way := range []string{"one", "two", "most"} {
		lines := map[string]string{"two": "quorum 2\n", "most": "quorum_max 1\n"}[way]
		for _, delay := range []string{"", fmt.Sprintf("fork_delay %d\nterminate_delay %[1]d\n", int(delayOfProcesses.Seconds()))} {
			id := way
			if delay != "" {
				id += "_later"
			}
			text += "vrrp_track_process " + id + " {\nprocess " + name + "\nweight 1\n" + lines + delay + "}\n"
			used += id + "\n"
		}
	}
	return text + "vrrp_instance VI_1 {\ninterface " + link + "\nvirtual_router_id 51\npriority 100\ntrack_process {\n" + used +
		"}\nvirtual_ipaddress {\n10.77.0.100/24\n}\n}\n"
}

// outermost returns a host that is the guest's first network namespace: the kernel tells of processes only there.
func outermost(t *testing.T, link string) *nettest.Host {
	t.Helper()
	h := *nettest.NewLab(t, "a").Hosts["a"]
	h.NS = "outermost-" + link
	nettest.Run(t, "ip", "netns", "attach", h.NS, "1")
	h.IP("link add " + link + " type veth peer name " + link + "p")
	t.Cleanup(func() {
		h.IP("link del " + link)
		_ = exec.Command("ip", "netns", "del", h.NS).Run()
	})
	h.IP("link set " + link + "p up")
	h.IP("link set " + link + " up")
	h.IP("addr add 10.77.0.1/24 dev " + link)
	return &h
}

// puppet is a shell that is told what to do line by line.
type puppet struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

func newPuppet(t *testing.T) *puppet {
	t.Helper()
	cmd := exec.Command("sh")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &puppet{cmd, in}
	t.Cleanup(p.end)
	return p
}

func (p *puppet) end() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *puppet) do(line string) { _, _ = io.WriteString(p.in, line+"\n") }

// rename returns the line that changes the name of the shell itself.
func rename(to string) string { return "printf " + to + " >/proc/self/comm" }

var quorumLine = regexp.MustCompile(`Quorum (?:gained|lost) for tracked process \w+`)

// processEvents takes a daemon through what can happen to processes and returns what it says of it: for each step the lines,
// those that come only after the delay marked.
func processEvents(t *testing.T, program string, h *nettest.Host, name, link string) (got []string) {
	for _, f := range []string{"f1", "f2", "f3"} {
		if err := syscall.Mkfifo(h.Dir+"/"+f, 0o600); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	nettest.Run(t, "cp", "-L", sleep, h.Dir+"/"+name)
	there := newPuppet(t)
	there.do(rename(name + "0"))
	comm := fmt.Sprintf("/proc/%d/comm", there.cmd.Process.Pid)
	nettest.Eventually(t, 10*time.Second, "the name", func() bool {
		b, _ := os.ReadFile(comm)
		return string(b) == name+"0\n"
	})
	before := "vrrp_track_process there {\nprocess " + name + "0\nweight 7\n}\n"
	conf := h.Write("k.conf", strings.Replace(before+processes(name, link, ""), "\ntrack_process {", "\ntrack_process {\nthere", 1))
	p := h.Start(program, "-n", "-l", "-G", "-D", "-P", "-f", conf, "-p", h.Dir+"/k.pid", "-r", h.Dir+"/v.pid")
	wait := func(text string) {
		t.Helper()
		nettest.Eventually(t, 30*time.Second, text, func() bool { return strings.Contains(p.Output(), text) })
	}
	wait("proc_events has confirmed it is configured")
	wait("Entering MASTER STATE")
	lines := func() []string { return quorumLine.FindAllString(p.Output(), -1) }
	shell, last := newPuppet(t), newPuppet(t)
	open := func(f string) string { return "echo >" + h.Dir + "/" + f }
	child := func(f, then string) string { return "(read x <" + h.Dir + "/" + f + "; " + then + ") &" }
	got = append(lines(), regexp.MustCompile(`Changing effective.*`).FindAllString(p.Output(), -1)...)
	seen := len(lines())
	for _, step := range []struct {
		what  string
		do    func()
		lines int // of Debian's
	}{
		{"change of name", func() { shell.do(rename(name)) }, 4},
		{"fork", func() { shell.do(child("f1", "exec sleep 1")) }, 4},
		{"the child becomes another program", func() { shell.do(open("f1")) }, 4},
		{"fork for a moment", func() { shell.do(child("f2", "exec sleep 1")) }, 2},
		{"and another program", func() { shell.do(open("f2")) }, 2},
		{"fork for longer", func() { shell.do(child("f3", ":")) }, 4},
		{"exit of the child", func() { shell.do(open("f3")) }, 4},
		{"change to another name", func() { shell.do(rename("sh")) }, 4},
		{"change back", func() { shell.do(rename(name)) }, 4},
		{"a thousand forks of others", func() { nettest.Run(t, "sh", "-c", "i=0; while [ $i -lt 1000 ]; do (:); i=$((i+1)); done") }, 0},
		{"exit", func() { shell.do("exit") }, 4},
		{"another process becomes the program", func() { last.do("exec " + h.Dir + "/" + name + " 1000") }, 4},
		{"its death", func() { last.end() }, 4},
	} {
		begin := time.Now()
		step.do()
		for have := 0; have < step.lines; {
			all := lines()
			for _, line := range all[min(seen+have, len(all)):] {
				if time.Since(begin) > delayOfProcesses-time.Second {
					line += " later"
				}
				got = append(got, step.what+": "+line)
				have++
			}
			if time.Since(begin) > 3*delayOfProcesses {
				t.Fatalf("%s: %d lines instead of %d:\n%s", step.what, have, step.lines, p.Output())
			}
			time.Sleep(20 * time.Millisecond)
		}
		seen += step.lines
	}
	if all := lines(); len(all) != seen {
		t.Errorf("%d lines more:\n%s", len(all)-seen, p.Output())
	}
	p.Signal(syscall.SIGTERM)
	wait("Stopped")
	p.Kill()
	_ = exec.Command("rm", "-f", h.Dir+"/k.pid", h.Dir+"/v.pid").Run()
	return got
}

// What happens to processes is said, by the kernel's process connector, when and as Debian's keepalived says it.
func TestProcessesAreFollowedAsByKeepalived(t *testing.T) { // alone, as it tells what is late
	h := outermost(t, "pro0")
	want := processEvents(t, nettest.Debian(t), h, "watched_one", "pro0")
	got := processEvents(t, os.Getenv("KEEPALIVED"), h, "watched_one", "pro0")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-keepalived +ours):\n%s", diff)
	}
}

// Of events that are lost because the receive buffer overruns nothing is missed, and the buffer grows.
func TestLostEventsAreMadeUpFor(t *testing.T) { // alone, as its forks hold up the checks of others
	h := outermost(t, "pro1")
	conf := h.Write("k.conf", processes("watched_two", "pro1", "process_monitor_rcv_bufs 1"))
	p := h.Start(os.Getenv("KEEPALIVED"), "-n", "-l", "-G", "-D", "-P", "-f", conf, "-p", h.Dir+"/k.pid", "-r", h.Dir+"/v.pid", "--watchdog-tick=0")
	wait := func(text string) {
		t.Helper()
		nettest.Eventually(t, 30*time.Second, text, func() bool { return strings.Contains(p.Output(), text) })
	}
	wait("proc_events has confirmed it is configured")
	var pid int
	nettest.Eventually(t, 10*time.Second, "pid file", func() bool {
		b, _ := os.ReadFile(h.Dir + "/v.pid")
		_, err := fmt.Sscan(string(b), &pid)
		return err == nil
	})
	stop := func(sig syscall.Signal) {
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
	}
	shell := newPuppet(t)
	for _, name := range []string{"watched_two", "sh", "watched_two"} {
		stop(syscall.SIGSTOP)
		nettest.Run(t, "sh", "-c", "i=0; while [ $i -lt 300 ]; do (:); i=$((i+1)); done")
		shell.do(rename(name))
		comm := fmt.Sprintf("/proc/%d/comm", shell.cmd.Process.Pid)
		nettest.Eventually(t, 10*time.Second, "the name", func() bool {
			b, _ := os.ReadFile(comm)
			return string(b) == name+"\n"
		})
		before := strings.Count(p.Output(), "for tracked process one\n")
		stop(syscall.SIGCONT)
		nettest.Eventually(t, 20*time.Second, "the change", func() bool { return strings.Count(p.Output(), "for tracked process one\n") > before })
	}
	wait("Setting global_def process_monitor_rcv_bufs to 4608 - recommend updating configuration file")
}
