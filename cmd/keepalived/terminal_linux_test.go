package main

import (
	"syscall"
	"testing"

	"github.com/keepalived-go/keepalived/internal/supervisor"
)

// TestInterruptFromTheTerminalStopsInGoodOrder sends SIGINT to every process, as a terminal does.
func TestInterruptFromTheTerminalStopsInGoodOrder(t *testing.T) {
	t.Parallel()
	r := master(t, fast)
	child := r.pid("v.pid")
	if err := syscall.Kill(child, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	r.proc.Signal(syscall.SIGINT)
	ctx, cancel := waitContext()
	defer cancel()
	if code := r.proc.Wait(ctx); code != supervisor.ExitOK || r.logged("Respawning")() || r.Has(vip) {
		t.Errorf("exit code %d:\n%s", code, r.proc.Output())
	}
}
