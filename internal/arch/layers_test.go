// Package arch holds the rules about who may import whom. It has nothing but this test.
package arch

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/keepalived-go/keepalived/"

// layers gives each package its layer; imports point to a lower layer. Packages of L3 and L4 do not import each other.
var layers = map[string]int{
	"pkg/vrrp":               0,
	"internal/conf/syntax":   0,
	"internal/pcre":          0,
	"internal/conf":          1,
	"internal/vrouter":       2,
	"internal/lvs":           2,
	"internal/snmp":          2,
	"internal/epoll":         3, // primitives of the operating system, for drivers and loops
	"internal/mmsg":          3,
	"internal/log":           3,
	"internal/host":          4, // drivers
	"internal/advert":        4,
	"internal/announce":      4,
	"internal/netmon":        4,
	"internal/netcfg":        4,
	"internal/linkbeat":      4,
	"internal/script":        4,
	"internal/track":         4,
	"internal/mail":          4,
	"internal/notify":        4,
	"internal/report":        4,
	"internal/control":       4,
	"internal/ipvs":          4,
	"internal/firewall":      4,
	"internal/check":         4,
	"internal/agentx":        4,
	"internal/supervisor":    5, // loops
	"internal/vrrpd":         5,
	"internal/checkd":        5,
	"cmd/keepalived":         6,
	"internal/nettest":       7, // tests only
	"internal/conf/conftest": 7,
	"internal/transcript":    7,
	"internal/arch":          7,
}

// sideways are the imports within a layer that are meant.
var sideways = map[string][]string{
	"internal/script": {"internal/host"},
	"internal/notify": {"internal/script", "internal/mail"},
	"internal/track":  {"internal/script"},
	"internal/check":  {"internal/script"},
}

// impure may not be imported by the layers 0 to 2, directly.
var impure = []string{"os", "os/exec", "os/signal", "net", "syscall", "log", "runtime", "github.com/sirupsen/logrus",
	"golang.org/x/sys/unix"}

// imports returns what each package of the module imports outside its tests.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	m := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		m[strings.TrimPrefix(f[0], module)] = f[1:]
	}
	return m
}

func TestImportsPointDownwards(t *testing.T) {
	for pkg, imps := range imports(t) {
		mine, ok := layers[pkg]
		if !ok {
			t.Errorf("%s has no layer: give it one", pkg)
		}
		for _, imp := range imps {
			other, inside := strings.CutPrefix(imp, module)
			if !inside || slices.Contains(sideways[pkg], other) {
				continue
			}
			if layers[other] >= mine {
				t.Errorf("%s (layer %d) imports %s (layer %d)", pkg, mine, other, layers[other])
			}
		}
	}
}

func TestCoreIsPure(t *testing.T) {
	for pkg, imps := range imports(t) {
		if layers[pkg] > 2 || layers[pkg] < 0 {
			continue
		}
		for _, imp := range imps {
			if slices.Contains(impure, imp) {
				t.Errorf("%s imports %s: the core does no I/O", pkg, imp)
			}
		}
	}
}

// TestCoreReadsNoClock looks for what an import cannot tell: time.Now and goroutines in the core.
func TestCoreReadsNoClock(t *testing.T) {
	for pkg, layer := range layers {
		if layer > 2 {
			continue
		}
		cmd := exec.Command("grep", "-nE", `time\.(Now|Since|Until|After|Sleep|NewTimer|Tick)|^\s*go (func|[a-z])`, "-r",
			"--include=*.go", "--exclude=*_test.go", ".")
		cmd.Dir = "../../" + pkg
		out, err := cmd.Output()
		if err == nil && len(out) > 0 {
			t.Errorf("%s:\n%s", pkg, out)
		}
	}
}
