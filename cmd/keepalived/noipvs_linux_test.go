package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/keepalived-go/keepalived/internal/supervisor"
)

// Without IPVS nothing is balanced: the daemon ends as keepalived does, and says which module is missing and how to load it.
func TestKernelWithoutIPVS(t *testing.T) {
	_ = exec.Command("modprobe", "-q", "ip_vs").Run()
	if _, err := os.Stat("/proc/net/ip_vs"); err == nil {
		t.Skip("this kernel has IPVS; what happens then is tested in the guest")
	}
	t.Parallel()
	_, rs := routers(t, "a")
	r := rs[0]
	r.ours("virtual_server 10.0.0.1 80 {\n protocol TCP\n lb_algo rr\n lb_kind NAT\n real_server 127.0.0.2 80 {\n }\n}\n")
	ctx, cancel := waitContext()
	defer cancel()
	if code := r.proc.Wait(ctx); code != supervisor.ExitFatal {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"IPVS: Can't initialize ipvs", "module ip_vs", "modprobe ip_vs", "exited with permanent error FATAL. Terminating"} {
		if !strings.Contains(r.proc.Output(), want) {
			t.Errorf("no word of %q in\n%s", want, r.proc.Output())
		}
	}
}
