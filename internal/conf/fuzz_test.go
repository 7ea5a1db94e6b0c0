package conf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// FuzzBuild reads any text on a machine that has a little of everything.
func FuzzBuild(f *testing.F) {
	names, err := filepath.Glob(corpus + "/*.conf")
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range names {
		text, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, ds := build(text, newMachine("eth0", "eth1"))
		if c == nil {
			t.Fatal("no configuration")
		}
		for _, d := range ds {
			_ = d.String()
		}
		for _, i := range c.Instances {
			if i.Version != 2 && i.Version != 3 || i.Family != IPv4 && i.Family != IPv6 || i.Priority == 0 || i.AdvertInterval <= 0 {
				t.Errorf("instance %s is not settled: %+v", i.Name, i)
			}
			for _, a := range append(i.Addrs, i.ExcludedAddrs...) {
				if !a.Prefix.IsValid() {
					t.Errorf("instance %s has an invalid address", i.Name)
				}
			}
		}
	})
}

// Every block and keyword must take a line of nothing but itself, and one of many words, without panic.
func TestEveryKeywordTakesAnyNumberOfWords(t *testing.T) {
	for _, k := range Keywords() {
		for _, words := range []string{"", " x", " 1", " x y z 1 2 3", " \"\"", " 10.0.0.1/24 /x - , ::1", " group name port dev to via encap ip", " {", " x {\n a b c\n}"} {
			text := nest(k.Path, words)
			f, _ := syntax.Load(memory{"a": text}, "a", syntax.Options{Block: IsBlock()})
			Build(f, newMachine("eth0"))
		}
	}
}

// A file that is no configuration at all must be refused in no time.
func TestManyErrorsTakeNoTime(t *testing.T) {
	start := time.Now()
	_, ds := build(strings.Repeat("virtual_serverr x\n", 300_000), newMachine())
	if took := time.Since(start); took > 5*time.Second || ds.ExitCode() != 5 || len(ds) > maxDiagnostics+1 {
		t.Errorf("took %v, exit code %d, %d reports", took, ds.ExitCode(), len(ds))
	}
}

// nest puts the last part of a path into the blocks that the others name.
func nest(path, words string) string {
	dir, name := filepath.Split(path)
	text := name + words + "\n"
	for dir != "" {
		dir, name = filepath.Split(filepath.Clean(dir))
		switch name {
		case "<entry>", "<word>":
			continue
		case "virtual_server", "real_server":
			text = name + " 10.0.0.1 80 {\n" + text + "}\n"
		case "virtual_ipaddress", "virtual_routes", "virtual_rules":
			text = "vrrp_instance x {\n" + name + " {\n10.0.0.1 " + text + text + "}\n}\n"
		default:
			text = name + " x {\n" + text + "}\n"
		}
	}
	return text
}
