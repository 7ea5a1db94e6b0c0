package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keepalived-go/keepalived/internal/nettest"
	"github.com/keepalived-go/keepalived/internal/supervisor"
)

// testMainEnv makes the test binary behave as keepalived itself, parent and children alike.
const testMainEnv = "TEST_RUN_KEEPALIVED"

func TestMain(m *testing.M) {
	if os.Getenv(testMainEnv) != "" {
		main()
		return
	}
	testscript.Main(m, map[string]func(){"keepalived": main})
}

// router is a host that runs keepalived, ours or Debian's.
type router struct {
	*nettest.Host
	t    *testing.T
	conf string
	proc *nettest.Process
}

// routers makes a lab of the named hosts with the addresses 10.77.0.1/24 and up.
func routers(t *testing.T, names ...string) (*nettest.Lab, []*router) {
	t.Helper()
	lab := nettest.NewLab(t, names...)
	var rs []*router
	for i, name := range names {
		h := lab.Hosts[name]
		h.IP(fmt.Sprintf("addr add 10.77.0.%d/24 dev eth0", i+1))
		rs = append(rs, &router{Host: h, t: t})
	}
	return lab, rs
}

func (r *router) file(name string) string { return filepath.Join(r.Dir, name) }

func (r *router) args(extra ...string) []string {
	return append([]string{"-n", "-l", "-G", "-D", "-f", r.conf, "-p", r.file("p.pid"), "-r", r.file("v.pid"), "-c",
		r.file("c.pid")}, extra...)
}

// ours starts this keepalived with the configuration.
func (r *router) ours(conf string, extra ...string) {
	r.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		r.t.Fatal(err)
	}
	r.conf = r.Write("keepalived.conf", conf)
	r.proc = r.Start(append([]string{"env", testMainEnv + "=1", exe}, r.args(extra...)...)...)
}

// debians starts Debian's keepalived with the configuration.
func (r *router) debians(conf string) {
	r.t.Helper()
	r.conf = r.Write("keepalived.conf", conf)
	r.proc = r.Start(append([]string{nettest.Debian(r.t)}, r.args()...)...)
}

// pid returns the process id in one of the router's pid files, 0 while there is none.
func (r *router) pid(name string) int {
	b, _ := os.ReadFile(r.file(name))
	var pid int
	_, _ = fmt.Sscanf(string(b), "%d\n", &pid)
	return pid
}

func (r *router) logged(text string) func() bool {
	return func() bool { return strings.Contains(r.proc.Output(), text) }
}

func (r *router) waitFor(what string) {
	r.t.Helper()
	nettest.Eventually(r.t, 30*time.Second, r.Name+" logs "+what, r.logged(what))
}

// terminate stops the router in an orderly way and checks its exit code.
func (r *router) terminate() {
	r.t.Helper()
	r.proc.Signal(syscall.SIGTERM)
	ctx, cancel := waitContext()
	defer cancel()
	if code := r.proc.Wait(ctx); code != supervisor.ExitOK {
		r.t.Errorf("%s ended with exit code %d", r.Name, code)
	}
}

// holds waits until exactly the router named has the address.
func holds(t *testing.T, rs []*router, addr string, holder *router) {
	t.Helper()
	name := "nobody"
	if holder != nil {
		name = holder.Name
	}
	nettest.Eventually(t, 30*time.Second, "only "+name+" holds "+addr, func() bool {
		for _, r := range rs {
			if r.Has(addr) != (r == holder) {
				return false
			}
		}
		return true
	})
}

func replace(s string, oldnew ...string) string { return strings.NewReplacer(oldnew...).Replace(s) }

func waitContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 30*time.Second)
}

func itoa(n int) string { return strconv.Itoa(n) }
