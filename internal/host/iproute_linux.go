package host

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Named returns the number that a file of iproute2 gives a name. Files of the administrator come before those of the
// distribution, unless the file has a directory; FILE.d/*.conf are read as well.
func (Machine) Named(file, name string) (uint32, bool) {
	dirs := []string{"/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2"}
	if filepath.IsAbs(file) {
		dirs = []string{"/"}
	}
	for _, dir := range dirs {
		path := filepath.Join(dir, file)
		more, _ := filepath.Glob(filepath.Join(path+".d", "*.conf")) // the pattern is well formed
		for _, p := range append([]string{path}, more...) {
			if n, ok := namedIn(p, name); ok {
				return n, true
			}
		}
	}
	return 0, false
}

// namedIn looks in one file: lines of a number and a name, # begins a comment.
func namedIn(path, name string) (uint32, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) < 2 || words[1] != name {
			continue
		}
		if n, err := strconv.ParseUint(words[0], 0, 32); err == nil {
			return uint32(n), true
		}
	}
	return 0, false
}
