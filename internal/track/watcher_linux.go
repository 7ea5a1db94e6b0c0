// Package track watches scripts, files and processes and reports how they are.
package track

import (
	"context"
	"slices"
	"sync"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Report says how something that is tracked is now.
type Report struct {
	conf.Target
	Up    bool // not for files
	Value int  // of a file

	from *watch
}

// Outlet is where a Watcher leaves what it finds. Its methods are called from several goroutines and must not block.
type Outlet interface {
	// Report hands a change over.
	Report(Report)
	// Log writes a line.
	Log(text string)
}

// watch is a goroutine that watches one script, or all files, or all processes.
type watch struct {
	cancel  context.CancelFunc
	ready   chan struct{} // closed when the first reports are out; scripts never close it
	script  *conf.VRRPScript
	user    conf.User
	mu      sync.Mutex // guards the rest
	running bool
	up      bool
	known   bool
	counts  map[string]Count // of processes, by definition
}

// Watcher watches what a configuration tracks. Its methods are for one goroutine.
type Watcher struct {
	out      Outlet
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup
	scripts  map[string]*watch
	files    *watch
	procs    *watch
	fileList []*conf.WatchedFile
	procList []*conf.WatchedProcess
}

// New returns a Watcher that watches nothing yet.
func New(out Outlet) *Watcher {
	w := &Watcher{out: out, scripts: map[string]*watch{}}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

// Apply watches what cfg tracks, and nothing else. What stays the same goes on undisturbed; it returns the scripts and
// processes of which nothing is known yet.
func (w *Watcher) Apply(cfg *conf.Config) (fresh []conf.Target) {
	old := w.scripts
	w.scripts = make(map[string]*watch, len(cfg.Scripts))
	for _, s := range cfg.Scripts {
		if o := old[s.Name]; o != nil && o.user == cfg.Global.ScriptUser && sameScript(o.script, s) {
			w.scripts[s.Name] = o
			o.considered(s.Name, w.out)
			delete(old, s.Name)
			continue
		}
		w.scripts[s.Name] = w.start(func(ctx context.Context, x *watch) { runScript(ctx, x, w.out) }, s, cfg.Global.ScriptUser)
		fresh = append(fresh, conf.Target{Kind: conf.TrackScript, Name: s.Name})
	}
	for _, o := range old {
		o.cancel()
	}
	w.applyFiles(cfg.Files)
	return append(fresh, w.applyProcesses(cfg)...)
}

func (w *Watcher) applyFiles(files []*conf.WatchedFile) {
	if w.files != nil && slices.EqualFunc(files, w.fileList, sameFile) {
		return
	}
	first := w.files == nil
	if !first {
		w.files.cancel()
	}
	w.fileList = files
	w.files = w.start(func(ctx context.Context, x *watch) { watchFiles(ctx, x, files, first, w.out) }, nil, conf.User{})
}

func (w *Watcher) applyProcesses(cfg *conf.Config) (fresh []conf.Target) {
	procs := cfg.Processes
	if w.procs != nil && slices.EqualFunc(procs, w.procList, sameProcess) {
		return nil
	}
	if w.procs != nil {
		w.procs.cancel()
	}
	for _, p := range procs {
		if !slices.ContainsFunc(w.procList, func(o *conf.WatchedProcess) bool { return sameProcess(o, p) }) {
			fresh = append(fresh, conf.Target{Kind: conf.TrackProcess, Name: p.Name})
		}
	}
	w.procList = procs
	w.procs = w.start(func(ctx context.Context, x *watch) { watchProcesses(ctx, x, cfg, w.out) }, nil, conf.User{})
	return fresh
}

// start runs f until the watch is cancelled.
func (w *Watcher) start(f func(context.Context, *watch), s *conf.VRRPScript, user conf.User) *watch {
	ctx, cancel := context.WithCancel(w.ctx)
	x := &watch{cancel: cancel, ready: make(chan struct{}), script: s, user: user}
	w.running.Add(1)
	go func() {
		defer w.running.Done()
		defer cancel()
		f(ctx, x)
	}()
	return x
}

// Settle waits until files and processes have been looked at for the first time, or ctx ends.
func (w *Watcher) Settle(ctx context.Context) {
	for _, x := range []*watch{w.files, w.procs} {
		select {
		case <-x.ready:
		case <-ctx.Done():
		}
	}
}

// Current tells whether a report comes from what is watched now: one may have been under way when it was replaced.
func (w *Watcher) Current(r Report) bool {
	switch r.Kind {
	case conf.TrackScript:
		return w.scripts[r.Name] == r.from
	case conf.TrackFile:
		return w.files == r.from
	}
	return w.procs == r.from
}

// Script returns how a script is: known is false before its first result.
func (w *Watcher) Script(name string) (up, known, running bool) {
	x := w.scripts[name]
	if x == nil {
		return false, false, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.up, x.known, x.running
}

// Count is how many processes a definition has.
type Count struct {
	Now    int
	Quorum bool // they are as many as they should be
	// Forked and Terminated tell that this is about to change, once the delay of the definition is over.
	Forked, Terminated bool
}

// Processes returns how many processes a definition has; the zero Count before the first look.
func (w *Watcher) Processes(name string) Count {
	w.procs.mu.Lock()
	defer w.procs.mu.Unlock()
	return w.procs.counts[name]
}

// Close ends everything, scripts that are running included, and waits for it.
func (w *Watcher) Close() {
	w.cancel()
	w.running.Wait()
}

// considered says which state of a script a reload keeps.
func (x *watch) considered(name string, out Outlet) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case !x.known:
	case x.up:
		out.Log("VRRP_Script(" + name + ") considered successful on reload")
	default:
		out.Log("VRRP_Script(" + name + ") considered unsuccessful on reload")
	}
}

func sameScript(a, b *conf.VRRPScript) bool {
	return a.Script.Line == b.Script.Line && a.Script.User == b.Script.User && a.Interval == b.Interval &&
		a.Timeout == b.Timeout && a.Rise == b.Rise && a.Fall == b.Fall && a.InitFail == b.InitFail
}

func sameFile(a, b *conf.WatchedFile) bool {
	x, y := *a, *b
	x.Pos, y.Pos = b.Pos, b.Pos
	return x == y
}

func sameProcess(a, b *conf.WatchedProcess) bool {
	return a.Name == b.Name && a.Path == b.Path && slices.Equal(a.Params, b.Params) && a.Match == b.Match &&
		a.FullCommand == b.FullCommand && a.Quorum == b.Quorum && a.QuorumMax == b.QuorumMax &&
		a.ForkDelay == b.ForkDelay && a.TerminateDelay == b.TerminateDelay
}
