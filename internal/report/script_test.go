package report

import (
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func TestScriptsHaveTheKeysOfTheExporters(t *testing.T) {
	var b strings.Builder
	s := &conf.VRRPScript{Name: "chk", Script: &conf.Script{Argv: []string{"/bin/true", "x y"}}, Interval: time.Second,
		Timeout: 1500 * time.Millisecond, Rise: 1, Fall: 2}
	if err := WriteScripts(&b, []Script{{Conf: s, Up: true, Known: true}, {Conf: s, Known: true, Running: true}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{" VRRP Script = chk\n   Command = '/bin/true' 'x y'\n", "   Timeout = 1.5 sec\n",
		"   Status = GOOD\n   State = idle\n", "   Status = BAD\n   State = running\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing:\n%s", want, b.String())
		}
	}
}

func TestJSONNamesWhatIsTracked(t *testing.T) {
	in := Instance{Conf: &conf.Instance{Name: "VI_1", Tracks: []conf.Track{{Target: conf.Target{Kind: conf.TrackInterface, Name: "up0"}},
		{Target: conf.Target{Kind: conf.TrackProcess, Name: "p1"}}},
		Routes: []*conf.Route{{Text: "10.0.0.0/8 dev eth0"}}}, Scripts: []*conf.VRRPScript{{Script: &conf.Script{Argv: []string{"/bin/true"}}}}}
	var b strings.Builder
	if err := WriteJSON(&b, []Instance{in}, nil, 1); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"track_ifp":["up0"]`, `"track_script":["'/bin/true'"]`, `"track_process":["p1"]`, `"vroutes":["10.0.0.0/8 dev eth0"]`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing: %s", want, b.String())
		}
	}
}
