package ipvs

import "github.com/keepalived-go/keepalived/internal/conf"

// Follower keeps the kernel's sync daemons in step with a VRRP instance: the sending one while that is master, the
// receiving one otherwise. It works in a goroutine of its own, as the instance must not wait for the kernel.
type Follower struct {
	want chan Sync
	done chan struct{}
}

// Follow returns a Follower that connects by open when there is something to do, and reports what goes wrong from its
// goroutine.
func Follow(open func() (Client, error), report func(text string)) *Follower {
	f := &Follower{want: make(chan Sync, 64), done: make(chan struct{})}
	go f.work(open, report)
	return f
}

// Set says which daemon is to run; one without a Daemon stands for none. It waits only after dozens of changes that the
// kernel has not carried out.
func (f *Follower) Set(s Sync) { f.want <- s }

// Close stops the daemon that runs.
func (f *Follower) Close() {
	close(f.want)
	<-f.done
}

func (f *Follower) work(open func() (Client, error), report func(text string)) {
	defer close(f.done)
	var client Client
	var running Sync
	change := func(to Sync) {
		if same(running, to) {
			return
		}
		if client == nil {
			c, err := open()
			if err != nil {
				report(err.Error())
				return
			}
			client = c
		}
		running = replace(client, running, to, report)
	}
	for s := range f.want {
		change(s)
	}
	change(Sync{})
	if client != nil {
		client.Close()
	}
}

// replace stops one daemon, starts the other and returns what runs then.
func replace(c Client, from, to Sync, report func(text string)) Sync {
	if from.Daemon != nil {
		if err := c.StopSync(from.Master); err != nil {
			report(err.Error())
		}
	}
	if to.Daemon == nil {
		return to
	}
	if err := c.StartSync(to); err != nil {
		report(err.Error())
		return Sync{}
	}
	return to
}

func same(a, b Sync) bool {
	if a.Daemon == nil || b.Daemon == nil {
		return a.Daemon == b.Daemon
	}
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
