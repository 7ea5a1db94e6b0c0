package track

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// watched is one file and where it really lies.
type watched struct {
	*conf.WatchedFile
	dir, base string
	value     int
	told      bool
}

// watchFiles reports the values of files until ctx ends. At a start it creates those that are to be created.
func watchFiles(ctx context.Context, x *watch, files []*conf.WatchedFile, start bool, out Outlet) {
	var list []*watched
	for _, f := range files {
		if start {
			create(f, out)
		}
		w := &watched{WatchedFile: f, dir: filepath.Dir(f.Path), base: filepath.Base(f.Path)}
		if dir, err := filepath.EvalSymlinks(w.dir); err == nil {
			w.dir = dir
		}
		list = append(list, w)
	}
	n, err := openNotifier(list)
	if err != nil {
		out.Log(err.Error())
	}
	for _, w := range list { // after the notifier is there: no change falls in between
		w.read(x, out)
	}
	close(x.ready)
	if n == nil {
		return
	}
	defer n.close()
	stop := context.AfterFunc(ctx, n.close)
	defer stop()
	n.loop(func(dir, base string) {
		for _, w := range list {
			// A name that begins with two dots is how a whole directory of files is replaced at once.
			if w.dir == dir && (w.base == base || strings.HasPrefix(base, "..")) {
				w.read(x, out)
			}
		}
	})
}

// create writes the initial value of a file that is not there, or is to be overwritten.
func create(f *conf.WatchedFile, out Outlet) {
	if !f.Create {
		return
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if f.Overwrite {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	h, err := os.OpenFile(f.Path, flags, 0o644)
	if errors.Is(err, os.ErrExist) {
		return
	}
	if err == nil {
		_, err = fmt.Fprintf(h, "%d\n", f.Value)
		err = errors.Join(err, h.Close())
	}
	if err != nil {
		out.Log(fmt.Sprintf("cannot create track file %s: %v", f.Name, err))
	}
}

// read reports the value when it is another one. A file that is not there counts as 0.
func (w *watched) read(x *watch, out Outlet) {
	value, err := readValue(filepath.Join(w.dir, w.base))
	if err != nil {
		out.Log(fmt.Sprintf("track file %s: %v - taking it for 0", w.Name, err))
	}
	if w.told && value == w.value {
		return
	}
	w.value, w.told = value, true
	out.Report(Report{Target: conf.Target{Kind: conf.TrackFile, Name: w.Name}, Value: value, from: x})
}

// mostDigits is more than any number that fits has.
const mostDigits = 64

func readValue(path string) (int, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostDigits))
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return 0, nil
	}
	first, _, _ := strings.Cut(text, "\n")
	n, err := strconv.ParseInt(strings.TrimSpace(first), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("'%s' is not a number", first)
	}
	return int(n), nil
}
