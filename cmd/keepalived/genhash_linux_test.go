package main

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// The digest of a page is what keepalived's genhash prints; the arguments may follow -T or the name of the program.
func TestGenhash(t *testing.T) {
	h := nettest.NewLab(t, "a").Hosts["a"]
	h.In(func() error {
		l, err := net.Listen("tcp", "127.0.0.1:8099")
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
	})
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
