package checkd

import (
	"context"
	"sync"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/track"
)

// files watches the files of FILE_CHECK and keeps their numbers until the loop takes them.
type files struct {
	watcher *track.Watcher
	log     *log.Logger
	wake    chan struct{}

	mu      sync.Mutex // guards what follows
	reports []track.Report
}

var _ track.Outlet = (*files)(nil)

// Report keeps a number.
func (f *files) Report(r track.Report) {
	f.mu.Lock()
	f.reports = append(f.reports, r)
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Log writes a line.
func (f *files) Log(text string) { f.log.Info(text) }

// changed returns a channel that tells that there are reports; nil when nothing is watched.
func (f *files) changed() <-chan struct{} {
	if f == nil {
		return nil
	}
	return f.wake
}

// firstReading is how long the start waits for files: one may lie where nobody answers.
const firstReading = 2 * time.Second

// watchFiles watches the files that checkers look at, and tells the table what is in them.
func (d *daemon) watchFiles() {
	used := filesOf(d.Config)
	if len(used) == 0 && d.files == nil {
		return
	}
	if d.files == nil {
		d.files = &files{log: d.log, wake: make(chan struct{}, 1)}
		d.files.watcher = track.New(d.files)
	}
	d.files.watcher.Apply(&conf.Config{Files: used})
	ctx, cancel := context.WithTimeout(context.Background(), firstReading)
	defer cancel()
	d.files.watcher.Settle(ctx)
	d.readFiles()
}

// filesOf returns the files that checkers look at.
func filesOf(c *conf.Config) (used []*conf.WatchedFile) {
	names := map[string]bool{}
	for _, v := range c.VirtualServers {
		for _, s := range v.Servers {
			for _, k := range s.Checks {
				if k.Kind == "FILE_CHECK" {
					names[k.Name] = true
				}
			}
		}
	}
	for _, f := range c.Files {
		if names[f.Name] {
			used = append(used, f)
		}
	}
	return used
}

// readFiles hands the numbers to the table.
func (d *daemon) readFiles() {
	d.files.mu.Lock()
	reports := d.files.reports
	d.files.reports = nil
	d.files.mu.Unlock()
	for _, r := range reports {
		if d.files.watcher.Current(r) {
			d.step(lvs.Event{Kind: lvs.File, Name: r.Name, Number: r.Value})
		}
	}
}

func (d *daemon) closeFiles() {
	if d.files != nil {
		d.files.watcher.Close()
	}
}
