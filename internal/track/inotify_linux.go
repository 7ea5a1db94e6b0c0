package track

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// notifier hears of files in some directories that are complete: written and closed, moved or removed. A library that
// reports every write would let the moment between truncating and writing a file count.
type notifier struct {
	f    *os.File
	once sync.Once
	dirs map[int32][]string // by watch descriptor
}

// openNotifier watches the directories of the files. An error names those that cannot be watched; the others are.
func openNotifier(list []*watched) (*notifier, error) {
	if len(list) == 0 {
		return nil, nil
	}
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot watch files: %w", err)
	}
	n := &notifier{f: os.NewFile(uintptr(fd), "inotify"), dirs: map[int32][]string{}}
	const events = unix.IN_CLOSE_WRITE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_DELETE
	var failed error
	seen := map[string]bool{}
	for _, w := range list {
		if seen[w.dir] {
			continue
		}
		seen[w.dir] = true
		wd, err := unix.InotifyAddWatch(fd, w.dir, events)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("cannot watch directory %s: %w", w.dir, err))
			continue
		}
		n.dirs[int32(wd)] = append(n.dirs[int32(wd)], w.dir)
	}
	return n, failed
}

func (n *notifier) close() { n.once.Do(func() { n.f.Close() }) }

// loop calls changed for each event until the notifier is closed.
func (n *notifier) loop(changed func(dir, base string)) {
	buf := make([]byte, 16<<10)
	for {
		size, err := n.f.Read(buf)
		if err != nil {
			return
		}
		for b := buf[:size]; len(b) >= unix.SizeofInotifyEvent; {
			wd := int32(binary.NativeEndian.Uint32(b))
			length := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(b[12:]))
			base := strings.TrimRight(string(b[unix.SizeofInotifyEvent:length]), "\x00")
			b = b[length:]
			n.tell(wd, base, changed)
		}
	}
}

// tell passes an event on. After an overflow of the queue everything may have changed.
func (n *notifier) tell(wd int32, base string, changed func(dir, base string)) {
	if wd >= 0 {
		for _, dir := range n.dirs[wd] {
			changed(dir, base)
		}
		return
	}
	for _, dirs := range n.dirs {
		for _, dir := range dirs {
			changed(dir, "..")
		}
	}
}
