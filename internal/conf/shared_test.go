package conf

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// TestSharedConfigurationsAreFine reads the configurations of testdata/conf, and those that are shipped.
func TestSharedConfigurationsAreFine(t *testing.T) {
	names, err := filepath.Glob("../../testdata/conf/*.conf")
	if err != nil || len(names) < 8 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c, ds := build(string(text), newMachine(interfaceNames(string(text))...))
		if code := ds.ExitCode(); code != 0 {
			t.Errorf("%s: exit code %d\n%s", name, code, texts(ds))
		}
		if d, fatal := ds.Fatal(syntax.VRRPChild); fatal || !c.HasVRRP {
			t.Errorf("%s: would not start: %s", name, d)
		}
	}
}
