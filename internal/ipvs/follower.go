package ipvs

import (
	"slices"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Follower keeps the kernel's sync daemons as they should be: the sending one, the receiving one, both or none. It works in
// a goroutine of its own, as whoever decides must not wait for the kernel.
type Follower struct {
	want chan []Sync
	done chan struct{}
}

// Follow returns a Follower that connects by open when there is something to do, and reports what goes wrong from its
// goroutine.
func Follow(open func() (Client, error), report func(text string)) *Follower {
	f := &Follower{want: make(chan []Sync, 64), done: make(chan struct{})}
	go f.work(open, report)
	return f
}

// Set says which daemons are to run. It waits only after dozens of changes that the kernel has not carried out.
func (f *Follower) Set(daemons ...Sync) { f.want <- daemons }

// Close stops the daemons that run.
func (f *Follower) Close() {
	close(f.want)
	<-f.done
}

func (f *Follower) work(open func() (Client, error), report func(text string)) {
	defer close(f.done)
	var client Client
	var running []Sync
	change := func(to []Sync) {
		if slices.EqualFunc(running, to, same) {
			return
		}
		if client == nil {
			c, err := open()
			if err != nil {
				report(err.Error())
				return
			}
			client = c
			for _, master := range []bool{true, false} {
				_ = c.StopSync(master) // what a process has left that was killed; there is none as a rule
			}
		}
		running = replace(client, running, to, report)
	}
	for to := range f.want {
		change(to)
	}
	change(nil)
	if client != nil {
		client.Close()
	}
}

// replace stops the daemons that are not wanted any more, starts the others and returns what runs then.
func replace(c Client, from, to []Sync, report func(text string)) []Sync {
	var running []Sync
	for _, s := range from {
		if slices.ContainsFunc(to, func(o Sync) bool { return same(s, o) }) {
			running = append(running, s)
		} else if err := c.StopSync(s.Master); err != nil {
			report(err.Error())
		}
	}
	for _, s := range to {
		if slices.ContainsFunc(running, func(o Sync) bool { return same(s, o) }) {
			continue
		}
		if err := c.StartSync(s); err != nil {
			report(err.Error())
			continue
		}
		running = append(running, s)
	}
	return running
}

func same(a, b Sync) bool {
	return a.Master == b.Master && a.ID == b.ID && *a.Daemon == *b.Daemon
}

// SyncFor returns the daemon for an instance that is master, or not.
func SyncFor(d *conf.SyncDaemon, vrid uint8, master bool) Sync {
	id := vrid
	if d.IDSet {
		id = d.ID
	}
	return Sync{Master: master, ID: id, Daemon: d}
}

// SyncBoth returns both daemons: they run when no instance chooses between them.
func SyncBoth(d *conf.SyncDaemon) []Sync {
	return []Sync{SyncFor(d, 0, true), SyncFor(d, 0, false)}
}
