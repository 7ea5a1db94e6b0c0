package supervisor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// pidFile is a file that holds a process id and nothing else. It is locked for as long as its writer lives, so that a
// file left behind says nothing about who has that process id now.
type pidFile struct {
	path string
	f    *os.File
}

// errRunning means that a living process holds the lock.
var errRunning = errors.New("daemon is already running")

// claim creates and locks the file and writes pid into it. It returns errRunning when another process has it locked.
func claim(path string, pid int) (*pidFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("cannot make directory of pid file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot open pid file: %w", err)
	}
	// An OFD lock: closing another descriptor of the file does not release it.
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: unix.SEEK_SET}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock); err != nil {
		f.Close()
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
			return nil, fmt.Errorf("%w: another process has pid file %s locked", errRunning, path)
		}
		return nil, fmt.Errorf("cannot lock pid file %s: %w", path, err)
	}
	p := &pidFile{path, f}
	if err := p.write(pid); err != nil {
		p.remove()
		return nil, err
	}
	return p, nil
}

func (p *pidFile) write(pid int) error {
	_ = p.f.Chmod(0o644) // readers must not need root, whatever the umask
	if err := p.f.Truncate(0); err != nil {
		return fmt.Errorf("cannot empty pid file: %w", err)
	}
	if _, err := p.f.WriteAt([]byte(strconv.Itoa(pid)+"\n"), 0); err != nil {
		return fmt.Errorf("cannot write pid file: %w", err)
	}
	return nil
}

// remove deletes the file and releases the lock. It may be called on nil.
func (p *pidFile) remove() {
	if p == nil {
		return
	}
	_ = os.Remove(p.path) // before the lock goes, so that nobody else's file is removed
	p.f.Close()
}
