package host

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

func TestReadFileTellsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("text"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name string
		want error
	}{
		{write("plain", 0o644), nil},
		{write("program", 0o755), syntax.ErrNotRegular},
		{dir, syntax.ErrDirectory},
		{filepath.Join(dir, "missing"), syntax.ErrNotExist},
	} {
		data, err := Files{}.ReadFile(c.name)
		if !errors.Is(err, c.want) || c.want == nil && string(data) != "text" {
			t.Errorf("%s: got %q, %v, want %v", c.name, data, err, c.want)
		}
	}
}

func TestGlobIsSorted(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"b.conf", "a.conf", "c.txt"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Files{}.Glob(filepath.Join(dir, "*.conf"))
	if err != nil || !slices.Equal(got, []string{filepath.Join(dir, "a.conf"), filepath.Join(dir, "b.conf")}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := (Files{}).Glob(filepath.Join(dir, "nosuch")); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}
