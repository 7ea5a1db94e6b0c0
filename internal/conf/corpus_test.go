package conf

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

const corpus = "../../testdata/corpus"

// TestCorpusExitCodesAgree holds the exit codes of a configuration test against those of keepalived 2.4.3.
func TestCorpusExitCodesAgree(t *testing.T) {
	const least = 205
	agree := 0
	verdicts := readVerdicts(t)
	for _, v := range verdicts {
		data, err := os.ReadFile(filepath.Join(corpus, v.file))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ds := test(v.file, string(data))
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s took %v", v.file, d)
		}
		if got := strconv.Itoa(ds.ExitCode()); got == v.exit {
			agree++
		} else {
			t.Logf("%s: ours %s, keepalived's %s", v.file, got, v.exit)
			if testing.Verbose() {
				for _, d := range ds.Counted() {
					t.Logf("    %s", d)
				}
			}
		}
	}
	t.Logf("%d of %d exit codes agree", agree, len(verdicts))
	if agree < least {
		t.Errorf("fewer than %d agree", least)
	}
}

// TestCorpusSurvivesEncoding builds every file from the tree and from its encoding, as parent and child do.
func TestCorpusSurvivesEncoding(t *testing.T) {
	for _, v := range readVerdicts(t) {
		data, err := os.ReadFile(filepath.Join(corpus, v.file))
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(interfaceNames(string(data))...)
		f, _ := syntax.Load(memory{v.file: string(data)}, v.file, syntax.Options{ConfigID: "node", Block: IsBlock()})
		decoded, err := syntax.Decode(f.Encode())
		if err != nil {
			t.Fatal(v.file, err)
		}
		want, ds := Build(f, m)
		got, again := Build(decoded, m)
		if texts(again) != texts(ds) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: parent and child differ", v.file)
		}
	}
}

// test is a configuration test on the machine on which the verdicts were taken.
func test(name, text string) syntax.Diagnostics {
	_, ds := buildNamed(name, text, newMachine(interfaceNames(text)...))
	return ds
}

type verdict struct{ file, exit string }

func readVerdicts(t *testing.T) []verdict {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, "verdicts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []verdict
	for _, row := range rows[1:] {
		out = append(out, verdict{row[0], row[1]})
	}
	return out
}

// The words after which an interface is named, and the blocks that list interfaces.
var (
	linkWords  = []string{"interface", "dev", "oif", "iif", "default_interface", "lvs_sync_daemon", "lvs_sync_daemon_interface"}
	linkBlocks = []string{"track_interface", "interfaces", "linkbeat_interfaces", "interface_up_down_delays"}

	badName      = regexp.MustCompile(`[/\s:{}"'$<>%]`)
	conditional  = regexp.MustCompile(`^@(\^?)\S+\s+(.*)`)
	useReference = regexp.MustCompile(`\$\{?([A-Za-z0-9_]+)\}?`)
	definition   = regexp.MustCompile(`^\$([A-Za-z0-9_]+)\s*=\s*([^\s\\]+)$`)
	ownLink      = regexp.MustCompile(`\buse_(?:vmac|ipvlan)\s+([^\s#!{}]+)`)
	usesOwnLink  = regexp.MustCompile(`\buse_(?:vmac|ipvlan)\b`)
	vmacName     = regexp.MustCompile(`^vrrp\d*\.\d+$`)
)

// interfaceNames returns the interfaces that a configuration mentions, as the machine of the verdicts had them: not those
// that use_vmac or use_ipvlan would create, nor impossible names.
func interfaceNames(text string) []string {
	names := mentioned(text)
	own := map[string]bool{"lo": true, ".": true, "..": true, "": true}
	for _, m := range ownLink.FindAllStringSubmatch(text, -1) {
		own[m[1]] = true
	}
	vmac := usesOwnLink.MatchString(text)
	var out []string
	for _, n := range names {
		if own[n] || len(n) > 15 || badName.MatchString(n) || vmac && vmacName.MatchString(n) || slices.Contains(out, n) {
			continue
		}
		out = append(out, n)
	}
	return out
}

func mentioned(text string) []string {
	defs := map[string]string{}
	var names []string
	depth, block, every, pending := 0, -1, false, ""
	for raw := range strings.Lines(text) {
		line := strings.TrimSpace(withoutComment(strings.TrimRight(raw, "\r\n")))
		if m := conditional.FindStringSubmatch(line); m != nil {
			if m[1] == "" {
				continue
			}
			line = m[2]
		}
		line = references(line, defs)
		if m := definition.FindStringSubmatch(line); m != nil {
			defs[m[1]] = m[2]
			continue
		}
		line = strings.NewReplacer(`"`, " ").Replace(strings.TrimRight(line, `\`))
		words := strings.Fields(strings.NewReplacer("{", " { ", "}", " } ").Replace(line))
		for i := 1; i < len(words); i++ {
			if slices.Contains(linkWords, words[i-1]) {
				names = append(names, words[i])
			}
		}
		first := true
		for i, w := range words {
			switch {
			case w == "{":
				depth++
				before := pending
				if i > 0 {
					before = words[i-1]
				}
				if slices.Contains(linkBlocks, before) {
					block, every, first = depth, before == "interfaces", true
				}
			case w == "}":
				if block == depth {
					block = -1
				}
				depth--
			case block == depth && (first || every):
				names = append(names, w)
				first = false
			}
		}
		if len(words) > 0 {
			pending = words[len(words)-1]
		}
	}
	return names
}

// references replaces definitions of one word; not the name that a line defines.
func references(line string, defs map[string]string) string {
	var b strings.Builder
	at := 0
	for _, m := range useReference.FindAllStringSubmatchIndex(line, -1) {
		b.WriteString(line[at:m[0]])
		at = m[1]
		value, ok := defs[line[m[2]:m[3]]]
		if !ok || strings.HasPrefix(strings.TrimLeft(line[m[1]:], " \t"), "=") {
			value = line[m[0]:m[1]]
		}
		b.WriteString(value)
	}
	return b.String() + line[at:]
}

func withoutComment(line string) string {
	quoted := false
	for i := range len(line) {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case (c == '!' || c == '#') && !quoted:
			return line[:i]
		}
	}
	return line
}
