package vrouter_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/transcript"
)

// TestLogsAsRecorded holds our log against that of keepalived 2.2.7 in the same situations: testdata/recorded/*.txt are a
// script, and after "---- ROUTER" the lines that the real one logged there with -D, in their order. What comes from other
// parts of the process (addresses seen by netlink, single gratuitous ARPs) is left out.
func TestLogsAsRecorded(t *testing.T) {
	files, err := filepath.Glob("testdata/recorded/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			script, logs, _ := strings.Cut(string(text), "---- ")
			out, err := transcript.Run(script)
			if err != nil {
				t.Fatal(err)
			}
			for _, recorded := range strings.Split(logs, "---- ") {
				router, want, _ := strings.Cut(recorded, "\n")
				if diff := cmp.Diff(want, logOf(out, router)); diff != "" {
					t.Errorf("router %s (-recorded +ours)\n%s", router, diff)
				}
			}
		})
	}
}

// logOf returns the log of a router from the output of a transcript.
func logOf(out, router string) string {
	var b strings.Builder
	for _, line := range strings.Split(out, "\n") {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 4) // time, router, kind, text
		if len(fields) < 4 || (fields[2] != "log:" && fields[2] != "detail:") {
			continue
		}
		name, _, _ := strings.Cut(fields[1], "/")
		text := fields[3]
		if name != router {
			continue
		}
		// Later versions say who is master.
		if !strings.Contains(text, ") master set to ") && !strings.Contains(text, ") master changed from ") {
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}
