package lvs_test

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/conftest"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// A table that takes long to read is compared less often; one that is as it was is not looked at.
func TestComparisons(t *testing.T) {
	table := lvs.New(conftest.Build(t, "virtual_server 10.0.0.1 80 {\nlb_algo rr\nlb_kind NAT\nprotocol TCP\nreal_server 127.0.0.2 80 {\n}\n}\n"))
	now := time.Unix(1000, 0)
	table.Step(now, lvs.Event{Kind: lvs.Start}, nil)
	now = table.Deadline()
	table.Step(now, lvs.Event{Kind: lvs.Timeout}, nil)
	usual := table.Deadline()
	if acts := table.Step(now, lvs.Event{Kind: lvs.Observed, Same: true, Took: time.Millisecond}, nil); len(acts) > 0 || !table.Deadline().Equal(usual) {
		t.Errorf("%v, due in %v", acts, table.Deadline().Sub(now))
	}
	if acts := table.Step(now, lvs.Event{Kind: lvs.Observed, Took: 2 * time.Second}, nil); len(acts) == 0 || table.Deadline().Sub(now) != 100*time.Second {
		t.Errorf("an empty table: %v, due in %v", acts, table.Deadline().Sub(now))
	}
}
