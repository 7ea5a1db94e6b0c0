package nettest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Lab is some hosts on one Ethernet segment: network namespaces, joined by a bridge in one of their own.
type Lab struct {
	t      testing.TB
	bridge string
	Hosts  map[string]*Host
}

// Host is one network namespace. Its interface on the segment is eth0.
type Host struct {
	t    testing.TB
	lab  *Lab
	Name string
	NS   string
	Dir  string // for configurations and files of this host
}

var labs atomic.Int32

// NewLab makes a segment with the named hosts. Everything goes away with the test.
func NewLab(t testing.TB, hosts ...string) *Lab {
	t.Helper()
	NeedRoot(t)
	prefix := fmt.Sprintf("ka%d-%d", os.Getpid(), labs.Add(1))
	l := &Lab{t: t, bridge: prefix + "-br", Hosts: map[string]*Host{}}
	l.namespace(l.bridge)
	Run(t, "ip", "-n", l.bridge, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
	Run(t, "ip", "-n", l.bridge, "link", "set", "br0", "up")
	for _, name := range hosts {
		h := &Host{t: t, lab: l, Name: name, NS: prefix + "-" + name, Dir: t.TempDir()}
		l.Hosts[name] = h
		l.namespace(h.NS)
		// Link-local addresses are to be usable at once: nobody has the same one here.
		h.In(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/default/accept_dad", []byte("0"), 0) })
		l.Plug(h)
	}
	return l
}

func (l *Lab) namespace(ns string) {
	l.t.Helper()
	Run(l.t, "ip", "netns", "add", ns)
	l.t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
	Run(l.t, "ip", "-n", ns, "link", "set", "lo", "up")
}

// Plug gives the host its interface on the segment.
func (l *Lab) Plug(h *Host) {
	l.t.Helper()
	Run(l.t, "ip", "link", "add", "eth0", "netns", h.NS, "type", "veth", "peer", "name", h.Name, "netns", l.bridge)
	Run(l.t, "ip", "-n", l.bridge, "link", "set", "dev", h.Name, "master", "br0", "up")
	h.IP("link set eth0 up")
}

// Partition takes the host off the segment without its noticing, or puts it back.
func (l *Lab) Partition(h *Host, off bool) {
	l.t.Helper()
	if off {
		Run(l.t, "ip", "-n", l.bridge, "link", "set", "dev", h.Name, "nomaster")
		return
	}
	Run(l.t, "ip", "-n", l.bridge, "link", "set", "dev", h.Name, "master", "br0")
}

// Run runs a command and returns its output; failure ends the test.
func Run(t testing.TB, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(argv, " "), err, out)
	}
	return string(out)
}

// IP runs ip(8) on the host with the arguments in command, separated by blanks.
func (h *Host) IP(command string) string {
	h.t.Helper()
	return Run(h.t, append([]string{"ip", "-n", h.NS}, strings.Fields(command)...)...)
}

// Has tells whether the host has the address, as in "10.0.0.1/24", on any interface.
func (h *Host) Has(addr string) bool {
	out, _ := exec.Command("ip", "-n", h.NS, "-o", "addr", "show").CombinedOutput()
	return strings.Contains(string(out), " "+addr+" ")
}

// Write writes a file into the host's directory and returns its name.
func (h *Host) Write(name, text string) string {
	h.t.Helper()
	path := filepath.Join(h.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// Process is a program that runs on a host.
type Process struct {
	t    testing.TB
	Cmd  *exec.Cmd
	out  *output
	done chan struct{}
}

// Start starts a program on the host. It is killed with the test; whoever outlives it in its process group too.
func (h *Host) Start(argv ...string) *Process {
	h.t.Helper()
	cmd := exec.Command("ip", append([]string{"netns", "exec", h.NS}, argv...)...)
	p := &Process{t: h.t, Cmd: cmd, out: &output{}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.out, p.out
	cmd.Dir = h.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 10 * time.Second // a descendant that keeps the output open is a bug, not a hang
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(p.done)
	}()
	h.t.Cleanup(func() {
		p.Kill()
		if h.t.Failed() {
			h.t.Logf("%s on %s wrote:\n%s", argv[0], h.Name, p.Output())
		}
	})
	return p
}

// Kill ends every process of the group at once, as a host does that loses its power.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.Cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// Signal sends a signal to the program itself.
func (p *Process) Signal(sig syscall.Signal) {
	p.t.Helper()
	if err := p.Cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// Wait waits for the end of the program and returns its exit code.
func (p *Process) Wait(ctx context.Context) int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.Cmd.ProcessState.ExitCode()
	case <-ctx.Done():
		p.t.Fatalf("the program does not end; it wrote:\n%s", p.Output())
		return -1
	}
}

// Output returns what the program has written so far.
func (p *Process) Output() string { return p.out.String() }

// output is a buffer that may be read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends p.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String returns what was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Eventually waits until the condition holds and fails the test when it does not within the time.
func Eventually(t testing.TB, within time.Duration, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// In runs f on a thread that is in the host's namespace: sockets that f opens belong to the host for good.
func (h *Host) In(f func() error) {
	h.t.Helper()
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		ns, err := os.Open("/run/netns/" + h.NS)
		if err == nil {
			err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET)
			ns.Close()
		}
		if err == nil {
			err = f()
		}
		result <- err
	}()
	if err := <-result; err != nil {
		h.t.Fatal(err)
	}
}
