package host

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLink(t *testing.T) {
	m := Machine{}
	if l, ok := m.Link("lo"); !ok || !l.Loopback {
		t.Errorf("lo: %+v, %t", l, ok)
	}
	for _, name := range []string{"nosuchif0", "", "a name that is far too long"} {
		if _, ok := m.Link(name); ok {
			t.Errorf("%q exists", name)
		}
	}
}

func TestUser(t *testing.T) {
	m := Machine{}
	if uid, gid, err := m.User("root", ""); err != nil || uid != 0 || gid != 0 {
		t.Errorf("root: %d, %d, %v", uid, gid, err)
	}
	if _, _, err := m.User("no such user", ""); err == nil {
		t.Error("an unknown user has ids")
	}
	if _, _, err := m.User("root", "no such group"); err == nil {
		t.Error("an unknown group has an id")
	}
}

func TestProgram(t *testing.T) {
	m := Machine{}
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if p := m.Program("sh", 0, 0); !p.Found || !p.Executable || p.Insecure {
		t.Errorf("sh: %+v", p)
	}
	if p := m.Program(filepath.Join(dir, "missing"), 0, 0); p.Found {
		t.Errorf("missing: %+v", p)
	}
	if p := m.Program(dir, 0, 0); p.Found {
		t.Errorf("a directory: %+v", p)
	}
	if p := m.Program(write("text", 0o644), 0, 0); !p.Found || p.Executable {
		t.Errorf("not executable: %+v", p)
	}
	if p := m.Program(write("open", 0o777), 0, 0); !p.Executable || !p.Insecure {
		t.Errorf("writable by all: %+v", p)
	}
	if p := m.Program(write("other", 0o700), 65534, 65534); os.Getuid() != 65534 && p.Executable {
		t.Errorf("of another user: %+v", p)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "open"), link); err != nil {
		t.Fatal(err)
	}
	if p := m.Program(link, 0, 0); !p.Found || !p.Insecure {
		t.Errorf("link: %+v", p)
	}
}

func TestNamedIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rt_tables")
	if err := os.WriteFile(path, []byte("# comment\n100 blue # sky\n0x65\tred\n\nbad line\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]uint32{"blue": 100, "red": 0x65} {
		if n, ok := namedIn(path, name); !ok || n != want {
			t.Errorf("%s: %d, %t", name, n, ok)
		}
	}
	if _, ok := namedIn(path, "line"); ok {
		t.Error("a line without number gives one")
	}
}

func TestNamedLooksWhereItIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rt_tables")
	if err := os.MkdirAll(path+".d", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{path: "7 mine\n", path + ".d/x.conf": "8 other\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]uint32{"mine": 7, "other": 8} {
		if n, ok := (Machine{}).Named(path, name); !ok || n != want {
			t.Errorf("%s: %d, %t", name, n, ok)
		}
	}
}
