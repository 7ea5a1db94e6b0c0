// Package host answers what the configuration asks of this machine: its files, interfaces, users and programs.
package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Files reads configuration files. The zero value is ready for use.
type Files struct{}

var _ syntax.Source = Files{}

// Glob returns the names that match pattern, sorted.
func (Files) Glob(pattern string) ([]string, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("glob(%q): %w", pattern, err)
	}
	return names, nil
}

// ReadFile returns the text of a regular file that nobody may execute. Its errors wrap those of syntax.Source.
func (Files) ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot read %s: %w", name, syntax.ErrNotExist)
		}
		return nil, fmt.Errorf("cannot read %s: %w", name, errors.Join(syntax.ErrUnreadable, err))
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read %s: %w", name, errors.Join(syntax.ErrUnreadable, err))
	case info.IsDir():
		return nil, fmt.Errorf("cannot read %s: %w", name, syntax.ErrDirectory)
	case !info.Mode().IsRegular() || info.Mode()&0o111 != 0:
		return nil, fmt.Errorf("cannot read %s: %w", name, syntax.ErrNotRegular)
	}
	data := make([]byte, info.Size())
	n, err := f.ReadAt(data, 0)
	if n < len(data) && err != nil {
		data = data[:n] // it has become shorter
	}
	return data, nil
}

// Abs returns the name as an absolute path.
func (Files) Abs(name string) string {
	abs, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	return abs
}
