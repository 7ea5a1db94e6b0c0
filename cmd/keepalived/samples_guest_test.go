//go:build guest

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

var delayLoop = regexp.MustCompile(`delay_loop\s+\d+`)

// The samples that Debian's package ships show the services that its keepalived shows, before any check has had its say.
func TestSamplesShowTheServicesOfKeepalived(t *testing.T) {
	nettest.Debian(t)
	names, _ := filepath.Glob("/usr/share/doc/keepalived/samples/keepalived.conf.*")
	names = append(names, "/etc/keepalived/keepalived.conf.sample")
	found := 0
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(b), "\nvirtual_server ") {
			continue
		}
		found++
		c := contest{text: delayLoop.ReplaceAllString(string(b), "delay_loop 600"), only: []string{"start", "stop"}}
		t.Run(strings.ReplaceAll(name[1:], "/", "_"), func(t *testing.T) {
			t.Parallel()
			a := newArena(t)
			for _, link := range []string{"eth1", "eth2", "eth3"} {
				a.host.IP("link add " + link + " type veth peer name p" + link)
				a.host.IP("link set " + link + " up")
			}
			a.run(os.Getenv("KEEPALIVED"), c, a.run(nettest.Debian(t), c, nil))
		})
	}
	if found < 14 {
		nettest.CannotRun(t, "the samples of Debian's package are not installed: documentation may be left out here")
	}
}
