package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// genhash is a name of the program, and prints what Debian's prints under that name.
func TestGenhashIsThatOfDebian(t *testing.T) {
	h := nettest.NewLab(t, "a").Hosts["a"]
	h.In(func() error { return servePages(t, "127.0.0.1:8099") })
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{}
	for name, target := range map[string]string{"theirs": nettest.Debian(t), "ours": exe} {
		dirs[name] = t.TempDir()
		if err := os.Symlink(target, filepath.Join(dirs[name], "genhash")); err != nil {
			t.Fatal(err)
		}
	}
	run := func(whose string, args []string) (out, errs string, code int) {
		var o, e strings.Builder
		cmd := exec.Command("ip", append([]string{"netns", "exec", h.NS, filepath.Join(dirs[whose], "genhash")}, args...)...)
		cmd.Env = append(os.Environ(), testMainEnv+"=1")
		cmd.Stdout, cmd.Stderr = &o, &e
		_ = cmd.Run()
		return o.String(), e.String(), cmd.ProcessState.ExitCode()
	}
	for _, args := range []string{"-s 127.0.0.1 -p 8099 -u /", "--server 127.0.0.1 --port 8099 --url /x --use-virtualhost v --timeout 3 --protocol 1.1",
		"-s 127.0.0.1 -p 8099 -u / -P 1.0c -m 0", "-s localhost -p 8099 -u /", "-s 127.0.0.1 -p 8098 -u /", "-s 127.0.0.1", "-h", "-Z", ""} {
		out, errs, code := run("ours", strings.Fields(args))
		wantOut, wantErrs, wantCode := run("theirs", strings.Fields(args))
		first := func(s string) string { line, _, _ := strings.Cut(s, "\n"); return strings.Fields(line + " .")[0] }
		if out != wantOut || code != wantCode || first(errs) != first(wantErrs) && args != "-Z" {
			t.Errorf("genhash %s: %q, %q, %d; want %q, %q, %d", args, out, errs, code, wantOut, wantErrs, wantCode)
		}
	}
}

// servePages answers every request with the same page.
func servePages(t *testing.T, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(5 * time.Second))
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"))
			c.Close()
		}
	}()
	return nil
}

// An installation has genhash beside the daemon, as Debian's package has it.
func TestInstallHasGenhash(t *testing.T) {
	nettest.NeedProgram(t, "make", "make")
	dir := t.TempDir()
	out, err := exec.Command("make", "-C", "../..", "-s", "install", "DESTDIR="+dir, "PREFIX=/usr").CombinedOutput()
	if err != nil {
		t.Fatalf("make install: %v: %s", err, out)
	}
	out, err = exec.Command(filepath.Join(dir, "usr/bin/genhash"), "-h").CombinedOutput()
	if !strings.HasPrefix(string(out), "Usage: genhash") {
		t.Errorf("genhash -h: %v: %s", err, out)
	}
	for _, name := range []string{"usr/sbin/keepalived", "etc/keepalived/keepalived.conf.sample", "usr/lib/systemd/system/keepalived.service"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// The digest of a page is what keepalived's genhash prints; the arguments may follow -T or the name of the program.
func TestGenhash(t *testing.T) {
	h := nettest.NewLab(t, "a").Hosts["a"]
	h.In(func() error { return servePages(t, "127.0.0.1:8099") })
	run := func(args ...string) (string, int) {
		var out, errs strings.Builder
		code := -1
		h.In(func() error { code = genhash(args, &out, &errs); return nil })
		return out.String() + errs.String(), code
	}
	out, code := run("-s", "127.0.0.1", "-p", "8099", "-u", "/index.html")
	if out != "b1946ac92492d2347c6235b4d2611184\n" || code != 0 {
		t.Errorf("got %q, %d", out, code)
	}
	out, code = run("--verbose", "--server=127.0.0.1", "-p8099", "-u", "/")
	if !strings.Contains(out, "HTTP/1.1 200 OK\r\n") || !strings.Contains(out, "\nb1946ac92492d2347c6235b4d2611184\n") || code != 0 {
		t.Errorf("got %q, %d", out, code)
	}
	if out, code = run("-s", "127.0.0.1", "-p", "8098", "-u", "/"); out != "Connection failed\n" || code != 0 {
		t.Errorf("got %q, %d", out, code)
	}
	if out, code = run("-s", "127.0.0.1"); !strings.HasPrefix(out, "Usage: genhash") || code != 1 {
		t.Errorf("got %q, %d", out, code)
	}
	for _, args := range [][]string{{"/usr/bin/genhash", "-h"}, {"keepalived", "-T", "-h"}, {"keepalived", "--genhash", "-h"}} {
		if rest, ok := genhashArgs(args); !ok || len(rest) != 1 || rest[0] != "-h" {
			t.Errorf("%q: %q %t", args, rest, ok)
		}
	}
}
