package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/script"
)

// FIFO is a named pipe that tells of changes, a line each. Writing never blocks: what the pipe has no room for waits here.
type FIFO struct {
	what    string // in messages
	path    string
	created bool
	report  func(text string)

	mu      sync.Mutex // guards the rest; held for moments only
	fd      int        // -1: closed
	backlog []string
	failing bool
	retry   *time.Timer
}

const (
	// maxBacklog bounds the lines that wait for a reader; past it the oldest are given up, never the newest.
	maxBacklog = 1024
	// retryAfter is how long a full pipe is left alone.
	retryAfter = 100 * time.Millisecond
	// drainTime is how long a reader has at the end for what is left, and to notice the end.
	drainTime = 300 * time.Millisecond
)

// OpenFIFO makes the named pipe, mode 0644, or takes one that is there and belongs to this user. def owns a new one unless
// the configuration says who does. report is called, maybe from several goroutines, for what goes wrong.
func OpenFIFO(what string, c conf.FIFO, def conf.User, report func(text string)) (*FIFO, error) {
	f := &FIFO{what: what, path: c.Path, report: report, fd: -1}
	err := unix.Mkfifo(c.Path, 0o600)
	switch {
	case err == nil:
		f.created = true
		err = f.give(c.User, def)
	case errors.Is(err, unix.EEXIST):
		err = f.inspect()
	}
	if err == nil {
		f.fd, err = unix.Open(c.Path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot open %s fifo %s: %w", what, c.Path, err)
	}
	return f, nil
}

// give hands a new pipe to its owner.
func (f *FIFO) give(to, def conf.User) error {
	if to.Name == "" {
		to = def
	}
	uid, gid, err := script.IDs(to)
	if err != nil {
		return err
	}
	if err := os.Chmod(f.path, 0o644); err != nil {
		return err
	}
	return os.Lchown(f.path, uid, gid)
}

// inspect tells what is wrong with a pipe that was there before.
func (f *FIFO) inspect() error {
	var st unix.Stat_t
	if err := unix.Lstat(f.path, &st); err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFIFO:
		return errors.New("it exists and is not a fifo")
	case int(st.Uid) != os.Geteuid():
		return errors.New("it exists and belongs to someone else")
	}
	return nil
}

// Write hands a line, with its end, to the pipe in one piece.
func (f *FIFO) Write(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.backlog = append(f.backlog, line)
	if over := len(f.backlog) - maxBacklog; over > 0 {
		f.backlog = f.backlog[over:]
	}
	f.flush()
}

// flush writes what waits, as far as there is room.
func (f *FIFO) flush() {
	for len(f.backlog) > 0 && f.fd >= 0 {
		// A write of less than PIPE_BUF octets is done wholly or not at all (pipe(7)).
		_, err := unix.Write(f.fd, []byte(f.backlog[0]))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			if !f.failing {
				f.report(fmt.Sprintf("%s fifo write error: %v", f.what, err))
			}
			f.failing = true
			f.later()
			return
		}
		f.failing = false
		f.backlog = f.backlog[1:]
	}
}

// pending tells whether something waits to be read.
func (f *FIFO) pending() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := unix.IoctlGetInt(f.fd, unix.TIOCINQ)
	return len(f.backlog) > 0 || err == nil && n > 0
}

func (f *FIFO) later() {
	if f.retry != nil {
		f.retry.Stop()
	}
	f.retry = time.AfterFunc(retryAfter, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.flush()
	})
}

// Close closes the pipe, and removes it when it was made here.
func (f *FIFO) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.retry != nil {
		f.retry.Stop()
	}
	if f.fd >= 0 {
		unix.Close(f.fd)
	}
	f.fd = -1
	if f.created {
		_ = os.Remove(f.path)
	}
}

// reader is the program that reads a pipe.
type reader struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startReader runs the script of a pipe, with the path as its last argument, until it is stopped.
func startReader(f *FIFO, s *conf.Script, def conf.User, running *sync.WaitGroup) (*reader, error) {
	cmd, err := script.New(s, def, f.path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &reader{cancel: cancel, done: make(chan struct{})}
	running.Add(1)
	go func() {
		defer running.Done()
		defer close(r.done)
		err := cmd.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		text := f.what + " fifo script terminated"
		if err != nil {
			text += ": " + err.Error()
		}
		f.report(text)
	}()
	return r, nil
}

// finish lets the program read what is left, up to the end of the pipe, and ends it.
func (r *reader) finish(f *FIFO) {
	limit := time.Now().Add(drainTime)
	for f.pending() && time.Now().Before(limit) {
		time.Sleep(time.Millisecond)
	}
	f.Close()
	select {
	case <-r.done:
	case <-time.After(drainTime):
	}
	r.cancel()
}
