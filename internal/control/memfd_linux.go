package control

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// SealedFile returns a file in memory with this content, which nobody can change any more: all processes decide on the
// same configuration.
func SealedFile(name string, data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("cannot make memory file: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(data); err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot fill memory file: %w", err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot seal memory file: %w", err)
	}
	return f, nil
}

// UnnamedFile returns a file with this content in a directory, open for reading, that has no name and so is gone when all
// have closed it: for configurations that are too large to be held in memory.
func UnnamedFile(dir string, data []byte) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot make temporary file in %s: %w", dir, err)
	}
	w := os.NewFile(uintptr(fd), dir)
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("cannot fill temporary file in %s: %w", dir, err)
	}
	r, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", fd)) // nobody is to write to it any more
	if err != nil {
		return nil, fmt.Errorf("cannot reopen temporary file in %s: %w", dir, err)
	}
	return r, nil
}

// ReadSealed returns the content of a file made by SealedFile or UnnamedFile, wherever its offset stands, and closes it.
func ReadSealed(f *os.File) ([]byte, error) {
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read memory file: %w", err)
	}
	b := make([]byte, st.Size())
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, st.Size()), b); err != nil {
		return nil, fmt.Errorf("cannot read memory file: %w", err)
	}
	return b, nil
}
