package report

import (
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func TestWhereReportsAreWritten(t *testing.T) {
	t.Setenv("TMPDIR", "")
	for _, c := range []struct {
		state, label string
		use          bool
		want         [4]string // VRRP, parent, checker, stats
	}{
		{"", "", false, [4]string{"/tmp/keepalived.data", "/tmp/keepalived_parent.data", "/tmp/keepalived_check.data", "/tmp/keepalived.stats"}},
		{"", "ns_foo", false, [4]string{"/tmp/keepalived.data", "/tmp/keepalived_parent.data", "/tmp/keepalived_check.data", "/tmp/keepalived.stats"}},
		{"", "ns_foo", true, [4]string{"/tmp/keepalived.ns_foo.data", "/tmp/keepalived_parent.ns_foo.data",
			"/tmp/keepalived_check.ns_foo.data", "/tmp/keepalived.ns_foo.stats"}},
		{"", "", true, [4]string{"/tmp/keepalived.data", "/tmp/keepalived_parent.data", "/tmp/keepalived_check.data", "/tmp/keepalived.stats"}},
		{"/run/k/", "foo", true, [4]string{"/run/k/keepalived.foo.data", "/run/k/keepalived_parent.foo.data",
			"/run/k/keepalived_check.foo.data", "/tmp/keepalived.foo.stats"}},
		{"/run/k/st.txt", "", false, [4]string{"/run/k/st.txt", "/run/k/st_parent.txt", "/run/k/st_checker.txt", "/tmp/keepalived.stats"}},
		{"/run/k/st", "foo", true, [4]string{"/run/k/st.foo", "/run/k/st_parent.foo", "/run/k/st_checker.foo", "/tmp/keepalived.foo.stats"}},
		{"st", "", false, [4]string{"/tmp/st", "/tmp/st_parent", "/tmp/st_checker", "/tmp/keepalived.stats"}},
	} {
		d := &conf.Dump{UseInstance: c.use, State: c.state}
		got := [4]string{StateFile(d, VRRP, c.label), StateFile(d, Parent, c.label), StateFile(d, Checker, c.label), StatsFile(d, c.label)}
		if got != c.want {
			t.Errorf("%+v:\n%v, want\n%v", c, got, c.want)
		}
	}
}
