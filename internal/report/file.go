package report

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir returns the directory of reports: TMPDIR when that is an absolute path to a directory, else /tmp.
func Dir() string {
	dir := os.Getenv("TMPDIR")
	if st, err := os.Stat(dir); err == nil && st.IsDir() && filepath.IsAbs(dir) {
		return dir
	}
	return "/tmp"
}

// Replace puts a file with this content in place of path. Whoever reads path finds the old content or all of the new:
// some programs read the file the moment it is there. Others wait until a file of that name is closed after writing
// (IN_CLOSE_WRITE), which a rename does not give, so it is opened and closed once more.
func Replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("cannot write report: %w", err)
	}
	_, err = f.Write(content)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("cannot write report: %w", err)
	}
	if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil { // a reader may have taken it away already
		f.Close()
	}
	return nil
}
