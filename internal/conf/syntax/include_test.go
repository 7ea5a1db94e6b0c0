package syntax

import (
	"strings"
	"testing"
)

func TestIncludeFamilyIsAsStrictAsItsName(t *testing.T) {
	src := files{
		"d/one.conf": "one\n", "d/two.conf": "two ${_PWD}\ninclude sub/x.conf\n", "d/sub/x.conf": "x\n",
		"d/dir": "<dir>", "d/run": "<exec>", "d/secret": "<secret>",
	}
	for _, c := range []struct {
		name, line, tree string
		code             int
		text             string
	}{
		{"one file", "include one.conf", "one;", 0, ""},
		{"relative to the including file", "include two.conf", "two|/cwd/d;x;", 0, ""},
		{"pattern", "include *.conf", "main;one;two|/cwd/d;x;", 0, "includes itself"},
		{"alternatives", `include "{one,two}.conf"`, "one;two|/cwd/d;x;", 0, ""},
		{"missing", "include no.conf", "", 0, "Config files missing 'no.conf'."},
		{"missing, read strict", "includer no.conf", "", 0, "Config files missing"},
		{"missing, match strict", "includem no.conf", "", 6, "Config files missing"},
		{"no match", "include no*", "", 0, "Config files missing 'no*'."},
		{"no match, match strict", "includem no*", "", 0, "Config files missing"},
		{"no match, wildcard strict", "includew no*", "", 6, "Config files missing"},
		{"alternative missing", `include "{one,no}.conf"`, "one;", 0, "Config files missing"},
		{"alternative missing, brace strict", `includeb "{one,no}.conf"`, "", 6, "Some config files missing"},
		{"directory", "include dir", "", 0, "Configuration file 'd/dir' is a directory - skipping"},
		{"directory, read strict", "includer dir", "", 6, "is a directory"},
		{"executable", "include run", "", 0, "is not a regular non-executable file - skipping"},
		{"unreadable", "includea secret", "", 6, "Unable to find/read configuration file d/secret"},
		{"no name", "include", "", 2, "missing a parameter"},
		{"include_check", "include_check match\ninclude no.conf", "include_check|match;", 6, "Config files missing"},
		{"include_check less", "include_check\ninclude_check -match\ninclude no.conf", "include_check;include_check|-match;", 0, "Config files missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src["d/main.conf"] = "main\n" + c.line + "\n"
			if c.name != "pattern" {
				src["d/main.conf"] = c.line + "\n"
			}
			f, ds := Load(src, "d/main.conf", Options{})
			tree := dump(f.Directives)
			if c.name == "pattern" {
				tree = strings.Replace(tree, "main;", "main;", 1)
			}
			if tree != c.tree || !strings.Contains(messages(ds), c.text) || c.text == "" && len(ds) > 0 {
				t.Errorf("tree %s, want %s\n%s", tree, c.tree, messages(ds))
			}
			if code := ds.ExitCode(); code != c.code && !strings.Contains(messages(ds), "itself") {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
		})
	}
}

func TestIncludeCheckEndsWithItsFile(t *testing.T) {
	src := files{"a.conf": "include b.conf\ninclude no.conf\n", "b.conf": "include_check\n"}
	if _, ds := Load(src, "a.conf", Options{}); ds.ExitCode() != 0 {
		t.Errorf("exit code %d", ds.ExitCode())
	}
}

func TestIncludeInsideABlock(t *testing.T) {
	src := files{"a.conf": "x {\ninclude b.conf\nc\n}\n", "b.conf": "b1\nb2 {\n"}
	f, ds := Load(src, "a.conf", Options{})
	if got := dump(f.Directives); got != "x{b1;b2{c;};};" {
		t.Errorf("got %s", got)
	}
	if got := messages(ds); got != "a.conf:1:3: error: There are 1 missing '}'s or extra '{'s" {
		t.Errorf("got %s", got)
	}
	b2 := f.Directives[0].Block.Items[1]
	if got := b2.Pos().String(); got != "b.conf:2:1" {
		t.Errorf("b2 stands at %s", got)
	}
}

func TestTheTopFile(t *testing.T) {
	src := files{"a.conf": "a\n", "b.conf": "b\n"}
	for _, c := range []struct {
		pattern string
		strict  bool
		tree    string
		code    int
	}{
		{"a.conf", false, "a;", 0},
		{"?.conf", false, "a;b;", 5},
		{"no.conf", false, "", 0},
		{"no.conf", true, "", 4},
	} {
		f, ds := Load(src, c.pattern, Options{AllStrict: c.strict})
		if got := dump(f.Directives); got != c.tree || ds.ExitCode() != c.code {
			t.Errorf("%s: tree %s, exit code %d; want %s, %d", c.pattern, got, ds.ExitCode(), c.tree, c.code)
		}
	}
}
