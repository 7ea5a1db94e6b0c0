package conf

import (
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// TrackKind is a kind of thing that instances and sync groups can track.
type TrackKind uint8

// The kinds.
const (
	TrackInterface TrackKind = iota
	TrackScript
	TrackFile
	TrackProcess
	TrackBFD
)

// String returns the kind as messages name it.
func (k TrackKind) String() string {
	return [...]string{"track interface", "track script", "track file", "track process", "tracked BFD"}[k]
}

// mostWeight is how far a weight may reach; a file's weight multiplies its value.
func (k TrackKind) mostWeight() int64 {
	if k == TrackFile || k == TrackProcess {
		return 254
	}
	return 253
}

// Target names a tracked thing.
type Target struct {
	Kind TrackKind
	Name string
}

// Track is one line of a track_* block: what is tracked, and how it bears on the priority.
type Track struct {
	Target
	// Weight is -254..254. 0: FAULT while the thing is down. Above 0: added while it is up; below 0: added while it is
	// down. The value of a file is multiplied by it, and a file of weight 0 that is not 0 means FAULT.
	Weight int
	// Reverse swaps up and down for the weight 0, and the sign otherwise.
	Reverse bool
}

// VRRPScript is a vrrp_script block: a command that is run again and again.
type VRRPScript struct {
	Pos      syntax.Pos
	Name     string
	Script   *Script
	Interval time.Duration // between the starts of two runs; default 1 s
	Timeout  time.Duration // after which a run has failed; default Interval
	Rise     int           // successes in a row that it takes to be up, at least 1
	Fall     int           // failures in a row that it takes to be down, at least 1
	InitFail bool          // the first result counts no more than later ones
}

// WatchedFile is a track_file block: a file that contains a number.
type WatchedFile struct {
	Pos       syntax.Pos
	Name      string
	Path      string
	Create    bool // init_file: it is created when it is not there
	Overwrite bool // init_file overwrite: and overwritten at a start when it is
	Value     int  // what is written then, -254..254
}

// ParamMatch says how the parameters of a process are compared.
type ParamMatch uint8

// The ways to compare parameters.
const (
	MatchNone    ParamMatch = iota // no parameters given: they do not matter
	MatchExact                     // all, and no others
	MatchPartial                   // all but the last are the same, that is the beginning of its counterpart; more may follow
	MatchInitial                   // all are the same; more may follow
)

// WatchedProcess is a vrrp_track_process block: a program of which some processes must run.
type WatchedProcess struct {
	Pos            syntax.Pos
	Name           string
	Path           string   // the name of the program, or its path
	Params         []string // that the processes must have been started with
	Match          ParamMatch
	FullCommand    bool // Path is compared with the command line rather than the name that the kernel has
	Quorum         int  // fewest processes that make it up, default 1
	QuorumMax      int  // most processes; MaxProcesses: no limit
	ForkDelay      time.Duration
	TerminateDelay time.Duration
	Weight         int // of an instance that tracks it and gives none, -254..254; default 0
}

// MaxProcesses stands for no limit.
const MaxProcesses = 1<<31 - 1
