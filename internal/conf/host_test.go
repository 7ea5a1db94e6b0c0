package conf

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// machine is a Host in memory.
type machine struct {
	links    map[string]Link
	programs map[string]bool // absolute names and bare ones that are found by path
	users    []string
	insecure bool // every program is
}

// newMachine returns a machine with the given interfaces and the programs and users of every Linux.
func newMachine(links ...string) *machine {
	m := &machine{links: map[string]Link{"lo": {Loopback: true}}, programs: map[string]bool{}, users: []string{"root", "nobody"}}
	for _, n := range links {
		m.links[n] = Link{Multicast: true, VRF: strings.HasPrefix(n, "vrf"), MTU: 1500}
	}
	for _, p := range []string{"sh", "bash", "echo", "pidof", "curl", "killall", "logger", "pgrep", "pkill", "python3", "systemctl", "true"} {
		m.programs["/bin/"+p], m.programs["/usr/bin/"+p] = true, true
	}
	for _, p := range []string{"service", "ip"} {
		m.programs["/sbin/"+p], m.programs["/usr/sbin/"+p] = true, true
	}
	for _, p := range []string{"bash", "curl", "echo", "killall", "netstat", "nft", "pidof", "pkill", "true"} {
		m.programs[p] = true
	}
	return m
}

func (m *machine) Link(name string) (Link, bool) {
	l, ok := m.links[name]
	return l, ok
}

func (m *machine) User(user, group string) (uid, gid uint32, err error) {
	if !slices.Contains(m.users, user) || group != "" && group != "root" {
		return 0, 0, errors.New("no such user or group")
	}
	if user == "nobody" {
		return 65534, 65534, nil
	}
	return 0, 0, nil
}

func (m *machine) Program(name string, uid, gid uint32) Program {
	if strings.HasPrefix(name, "/") {
		name = path.Clean(name)
	}
	ok := m.programs[name]
	return Program{Found: ok, Executable: ok, Insecure: ok && m.insecure}
}

func (m *machine) Resolves(name string) bool { return name == "localhost" }
func (m *machine) CPUs() int                 { return 2 }
func (m *machine) Hostname() string          { return "node" }
func (m *machine) Named(file, name string) (uint32, bool) {
	return 12, file == "rt_protos" && name == "bird"
}

func (m *machine) Exists(name string) bool {
	return slices.Contains([]string{"/", "/tmp", "/etc", "/run", "/var/run", "/etc/keepalived", "."}, name)
}

// memory is a Source of one file.
type memory map[string]string

func (f memory) Glob(pattern string) ([]string, error) {
	if _, ok := f[pattern]; ok {
		return []string{pattern}, nil
	}
	return nil, nil
}

func (f memory) ReadFile(name string) ([]byte, error) { return []byte(f[name]), nil }
func (f memory) Abs(name string) string               { return "/etc/keepalived/" + name }

// build reads text on the given machine.
func build(text string, m *machine) (*Config, syntax.Diagnostics) {
	return buildNamed("keepalived.conf", text, m)
}

// loaded returns the tree of a text.
func loaded(text string) *syntax.File {
	f, _ := syntax.Load(memory{"k": text}, "k", syntax.Options{ConfigID: "node", Block: IsBlock()})
	return f
}

func buildNamed(name, text string, m *machine) (*Config, syntax.Diagnostics) {
	f, ds := syntax.Load(memory{name: text}, name, syntax.Options{ConfigID: "node", Block: IsBlock()})
	c, more := Build(f, m)
	return c, append(ds, more...)
}
