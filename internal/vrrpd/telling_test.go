package vrrpd

import (
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func TestReaderOfTheCommonFIFORunsOnce(t *testing.T) {
	c := &conf.Config{Global: conf.Global{NotifyFIFO: conf.FIFO{Path: "/x", Script: &conf.Script{Line: "y"}}}}
	if pipesOf(c, false).NotifyFIFO.Script == nil {
		t.Error("alone, the VRRP child has to run it")
	}
	if g := pipesOf(c, true); g.NotifyFIFO.Script != nil || g.NotifyFIFO.Path != "/x" {
		t.Error("the checker child runs it")
	}
	if c.Global.NotifyFIFO.Script == nil {
		t.Error("the configuration was changed")
	}
}
