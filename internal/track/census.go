package track

import (
	"slices"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// census knows which processes each watched program has.
type census struct {
	defs  []*conf.WatchedProcess
	pids  []map[int]bool // by definition
	args  bool           // some definition looks at command lines
	files reader
}

// reader looks at the processes of this machine.
type reader interface {
	// All returns all process ids.
	All() []int
	// Read returns what a process is; false: there is none, or it has ended.
	Read(pid int, args bool) (process, bool)
}

func newCensus(defs []*conf.WatchedProcess, files reader) *census {
	c := &census{defs: defs, files: files, args: slices.ContainsFunc(defs, needsArgs)}
	for range defs {
		c.pids = append(c.pids, map[int]bool{})
	}
	return c
}

// scan looks at every process anew.
func (c *census) scan() {
	for i := range c.pids {
		clear(c.pids[i])
	}
	for _, pid := range c.files.All() {
		c.look(pid)
	}
}

// look looks at one process.
func (c *census) look(pid int) {
	p, ok := c.files.Read(pid, c.args)
	for i, w := range c.defs {
		if ok && matches(w, p) {
			c.pids[i][pid] = true
		} else {
			delete(c.pids[i], pid)
		}
	}
}

// forked notes a child, which is what its parent is.
func (c *census) forked(parent, child int) {
	for i := range c.pids {
		if c.pids[i][parent] {
			c.pids[i][child] = true
		}
	}
}

// exited forgets a process.
func (c *census) exited(pid int) {
	for i := range c.pids {
		delete(c.pids[i], pid)
	}
}

// count returns how many processes the definition at i has.
func (c *census) count(i int) int { return len(c.pids[i]) }
