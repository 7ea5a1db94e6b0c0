package lvs_test

import (
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// file is a configuration in memory.
type file string

// Glob returns the only file.
func (f file) Glob(p string) ([]string, error) { return []string{p}, nil }

// ReadFile returns the text.
func (f file) ReadFile(string) ([]byte, error) { return []byte(f), nil }

// Abs returns the name.
func (f file) Abs(name string) string { return name }

// machine has what any configuration asks for.
type machine struct{}

func (machine) Link(string) (conf.Link, bool)                 { return conf.Link{Multicast: true}, true }
func (machine) User(_, _ string) (uid, gid uint32, err error) { return 0, 0, nil }
func (machine) Resolves(string) bool                          { return true }
func (machine) Hostname() string                              { return "host" }
func (machine) Named(_, _ string) (uint32, bool)              { return 1, true }
func (machine) CPUs() int                                     { return 2 }
func (machine) Exists(string) bool                            { return true }
func (machine) Program(string, uint32, uint32) conf.Program {
	return conf.Program{Found: true, Executable: true}
}

func build(t interface{ Fatalf(string, ...any) }, text string) *conf.Config {
	f, _ := syntax.Load(file(text), "keepalived.conf", syntax.Options{})
	c, ds := conf.Build(f, machine{})
	for _, d := range ds.Counted() {
		if d.Severity != syntax.SecurityError {
			t.Fatalf("configuration: %s", d)
		}
	}
	return c
}
