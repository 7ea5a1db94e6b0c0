package track

import (
	"path"
	"slices"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// commLength is how much of a program's name the kernel keeps (TASK_COMM_LEN without the final zero).
const commLength = 15

// process is what must be known of a process to tell whether it is meant.
type process struct {
	comm string
	argv []string // nil: not known
}

// needsArgs tells whether the command line decides.
func needsArgs(w *conf.WatchedProcess) bool {
	return w.FullCommand || w.Match != conf.MatchNone || strings.Contains(w.Path, "/")
}

// matches tells whether p is a process that w means.
func matches(w *conf.WatchedProcess, p process) bool {
	if !needsArgs(w) {
		return p.comm == w.Path[:min(len(w.Path), commLength)]
	}
	if len(p.argv) == 0 || !sameProgram(w, p) {
		return false
	}
	params := p.argv[1:]
	switch w.Match {
	case conf.MatchExact:
		return slices.Equal(params, w.Params)
	case conf.MatchInitial:
		return len(params) >= len(w.Params) && slices.Equal(params[:len(w.Params)], w.Params)
	case conf.MatchPartial:
		return partial(params, w.Params)
	}
	return true
}

// sameProgram compares the name of the program: a bare name, unless the full command counts, means a program wherever it
// lies.
func sameProgram(w *conf.WatchedProcess, p process) bool {
	if w.FullCommand || strings.Contains(w.Path, "/") {
		return p.argv[0] == w.Path
	}
	return path.Base(p.argv[0]) == w.Path || p.comm == w.Path[:min(len(w.Path), commLength)]
}

// partial tells whether params begin with want, the last of which may itself be a beginning.
func partial(params, want []string) bool {
	last := len(want) - 1
	if last < 0 {
		return true
	}
	return len(params) > last && slices.Equal(params[:last], want[:last]) && strings.HasPrefix(params[last], want[last])
}
