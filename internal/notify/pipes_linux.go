package notify

import "github.com/keepalived-go/keepalived/internal/conf"

// pipe is one FIFO of the configuration and its reader.
type pipe struct {
	conf   conf.FIFO
	user   conf.User // the default that it was opened with
	fifo   *FIFO
	reader *reader // nil: none
}

// usePipes makes the pipes those of the configuration. One that stays the same is not touched.
func (n *Notifier) usePipes(g *conf.Global) {
	want := []struct {
		what string
		fifo conf.FIFO
	}{{"notify", g.NotifyFIFO}, {"vrrp notify", g.VRRPFIFO}}
	if n.servers {
		want[1].what, want[1].fifo = "lvs notify", g.LVSFIFO
	}
	old := n.pipes
	n.pipes = nil
	var fresh []int
	for i, w := range want {
		if w.fifo.Path == "" {
			continue
		}
		p := takePipe(&old, w.fifo, g.ScriptUser)
		if p == nil {
			fresh = append(fresh, i)
			continue
		}
		n.pipes = append(n.pipes, p)
	}
	for _, p := range old { // before the new ones: the path may be the same
		p.close()
	}
	for _, i := range fresh {
		n.openPipe(want[i].what, want[i].fifo, g.ScriptUser)
	}
}

// takePipe takes the pipe that fits out of the list; nil: there is none.
func takePipe(list *[]*pipe, c conf.FIFO, user conf.User) *pipe {
	for i, p := range *list {
		if p.conf.Path == c.Path && p.conf.User == c.User && p.user == user && sameScript(p.conf.Script, c.Script) {
			*list = append((*list)[:i:i], (*list)[i+1:]...)
			return p
		}
	}
	return nil
}

func sameScript(a, b *conf.Script) bool {
	return a == b || a != nil && b != nil && a.Line == b.Line && a.User == b.User
}

func (n *Notifier) openPipe(what string, c conf.FIFO, user conf.User) {
	f, err := OpenFIFO(what, c, user, n.report)
	if err != nil {
		n.report(err.Error())
		return
	}
	p := &pipe{conf: c, user: user, fifo: f}
	if c.Script != nil {
		if p.reader, err = startReader(f, c.Script, user, &n.readers); err != nil {
			n.report(err.Error())
		}
	}
	n.pipes = append(n.pipes, p)
}

// close gives the pipe up at once; its reader ends in its own time.
func (p *pipe) close() {
	if p.reader != nil {
		p.reader.cancel()
	}
	p.fifo.Close()
}
