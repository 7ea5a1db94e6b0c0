// Package conftest builds configurations for tests, on a machine that has whatever they ask for.
package conftest

import (
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Build returns the configuration that a text is. Errors in it end the test; the security of scripts is not looked at.
func Build(t interface{ Fatalf(string, ...any) }, text string) *conf.Config {
	c, ds := Load(text)
	for _, d := range ds.Counted() {
		if d.Severity != syntax.SecurityError {
			t.Fatalf("configuration: %s", d)
		}
	}
	return c
}

// Load returns the configuration that a text is, and what is wrong with it.
func Load(text string) (*conf.Config, syntax.Diagnostics) {
	f, diags := syntax.Load(file(text), "keepalived.conf", syntax.Options{})
	c, more := conf.Build(f, machine{})
	return c, append(diags, more...)
}

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

// Link returns an interface with multicast.
func (machine) Link(string) (conf.Link, bool) { return conf.Link{Multicast: true}, true }

// User returns root.
func (machine) User(_, _ string) (uid, gid uint32, err error) { return 0, 0, nil }

// Resolves knows every name.
func (machine) Resolves(string) bool { return true }

// Hostname returns a name.
func (machine) Hostname() string { return "host" }

// Named returns a number for every name.
func (machine) Named(_, _ string) (uint32, bool) { return 1, true }

// CPUs returns how many there are.
func (machine) CPUs() int { return 2 }

// Exists finds every file.
func (machine) Exists(string) bool { return true }

// Program finds every program.
func (machine) Program(string, uint32, uint32) conf.Program {
	return conf.Program{Found: true, Executable: true}
}
