//go:build bench

package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

const (
	flapInstances = 50
	flapScripts   = 10 // each changes its result with every run, ten times a second
	flapTime      = 10 * time.Second
	flapInterval  = 200 * time.Millisecond // of the adverts
)

// flapping is a configuration in which every instance tracks every script.
func (r *router) flapping() string {
	r.program("flap.sh", "#!/bin/sh\ncd "+r.Dir+"\nprintf x >>runs\nread last <last$1\nif [ \"$last\" = 1 ]; then echo 0 >last$1; exit 1; fi\necho 1 >last$1\n")
	var b strings.Builder
	b.WriteString("global_defs {\n script_user root\n}\n")
	for i := range flapScripts {
		r.Write("last"+itoa(i), "0\n")
		fmt.Fprintf(&b, "vrrp_script s%d {\n script \"%s/flap.sh %d\"\n interval 0.1\n timeout 5\n weight %d\n}\n", i, r.Dir, i, i+1)
	}
	for i := range flapInstances {
		fmt.Fprintf(&b, "vrrp_instance I%d {\n interface eth0\n version 3\n virtual_router_id %d\n priority 100\n advert_int %.1f\n",
			i, i+1, flapInterval.Seconds())
		b.WriteString(" track_script {\n")
		for k := range flapScripts {
			fmt.Fprintf(&b, "  s%d\n", k)
		}
		fmt.Fprintf(&b, " }\n virtual_ipaddress {\n  10.9.%d.1/24\n }\n}\n", i)
	}
	return b.String()
}

// runs returns how often scripts have run so far, each time with another result.
func (r *router) runs() int {
	b, _ := os.ReadFile(r.file("runs"))
	return len(b)
}

// lateness returns by how much the latest advert came late, and how many there were.
func lateness(dump string) (worst time.Duration, n int) {
	last := map[string]float64{}
	for _, m := range regexp.MustCompile(`(?m)^(\d+\.\d+) .*vrid (\d+), prio \d+`).FindAllStringSubmatch(dump, -1) {
		at, _ := strconv.ParseFloat(m[1], 64)
		if before, ok := last[m[2]]; ok {
			worst = max(worst, time.Duration((at-before)*float64(time.Second))-flapInterval)
		}
		last[m[2]] = at
		n++
	}
	return worst, n
}

// TestThousandScriptChangesDelayNoAdvert runs keepalived and then ours while ten scripts change a hundred times a second.
// No advert may be late by more than 10 ms, or than keepalived's.
func TestThousandScriptChangesDelayNoAdvert(t *testing.T) {
	// It measures, so it belongs to the benchmarks: beside other tests everything is late.
	nettest.NeedRoot(t)
	nettest.NeedProgram(t, "tcpdump", "tcpdump")
	run := func(start func(r *router)) (time.Duration, int) {
		_, rs := routers(t, "a", "b")
		a, b := rs[0], rs[1]
		start(a)
		nettest.Eventually(t, 30*time.Second, "every instance is master", func() bool {
			return a.count("Entering MASTER STATE") == flapInstances
		})
		dump := b.Start("tcpdump", "-l", "-n", "-tt", "-i", "eth0", "proto 112")
		before := a.runs()
		time.Sleep(flapTime) // that is the time in which to count
		changes := a.runs() - before
		worst, n := lateness(dump.Output())
		a.terminate()
		t.Logf("%d changes, %d adverts, the latest late by %v", changes, n, worst)
		return worst, changes
	}
	theirs := 10 * time.Millisecond
	if worst, _ := run(func(r *router) { r.debians(r.flapping()) }); worst > theirs {
		theirs = worst
	}
	ours, changes := run(func(r *router) { r.ours(r.flapping()) })
	if changes < 900 {
		t.Logf("this machine is too slow or too busy: only %d changes in %v", changes, flapTime)
	}
	if ours > theirs {
		t.Errorf("%d changes, an advert late by %v; keepalived in the same run: at most %v", changes, ours, theirs)
	}
}
