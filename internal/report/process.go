package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Process is a definition of processes that instances track, as it is at the moment of the report.
type Process struct {
	Conf   *conf.WatchedProcess
	Count  int
	Quorum bool // there are as many as there should be
	// Forked and Terminated tell that the delay runs after which there are, or are not.
	Forked, Terminated bool
}

// processEntry is a definition in version 2 of the JSON.
type processEntry struct {
	Process        string  `json:"process"`
	Parameters     string  `json:"parameters,omitempty"`
	Match          string  `json:"param_match"`
	Min            int     `json:"min_processes"`
	Max            *int    `json:"max_processes,omitempty"` // nil: no limit
	Current        int     `json:"current_processes"`
	Quorum         bool    `json:"have_quorum"`
	Weight         int     `json:"weight"`
	TerminateDelay float64 `json:"terminate_delay"` // s
	ForkDelay      float64 `json:"fork_delay"`      // s
	Forked         bool    `json:"fork_delay_timer_running"`
	Terminated     bool    `json:"terminate_delay_timer_running"`
	FullCommand    bool    `json:"full_command"`
}

func (p *Process) entry() processEntry {
	c := p.Conf
	e := processEntry{Process: c.Path, Parameters: strings.Join(c.Params, " "), Match: matchName(c.Match), Min: c.Quorum,
		Current: p.Count, Quorum: p.Quorum, Weight: c.Weight, TerminateDelay: c.TerminateDelay.Seconds(),
		ForkDelay: c.ForkDelay.Seconds(), Forked: p.Forked, Terminated: p.Terminated, FullCommand: c.FullCommand}
	if c.QuorumMax != conf.MaxProcesses {
		e.Max = &c.QuorumMax
	}
	return e
}

func matchName(m conf.ParamMatch) string {
	return map[conf.ParamMatch]string{conf.MatchNone: "none", conf.MatchExact: "exact", conf.MatchPartial: "partial",
		conf.MatchInitial: "initial"}[m]
}

// WriteProcesses writes the processes for a person, with the keys that programs look for.
func WriteProcesses(w io.Writer, processes []Process) error {
	if len(processes) == 0 {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "------< VRRP Track processes >------\n")
	for i := range processes {
		writeProcess(&b, &processes[i])
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeProcess(b *bytes.Buffer, p *Process) {
	c := p.Conf
	fmt.Fprintf(b, " VRRP Track process = %s\n   Process = %s\n", c.Name, c.Path)
	if len(c.Params) > 0 {
		fmt.Fprintf(b, "   Parameters = %s\n   Param match = %s\n", strings.Join(c.Params, " "), matchName(c.Match))
	}
	fmt.Fprintf(b, "   Min processes = %d\n", c.Quorum)
	if c.QuorumMax != conf.MaxProcesses {
		fmt.Fprintf(b, "   Max processes = %d\n", c.QuorumMax)
	}
	fmt.Fprintf(b, "   Current processes = %d\n   Have quorum = %t\n   Weight = %d\n", p.Count, p.Quorum, c.Weight)
	fmt.Fprintf(b, "   Terminate delay = %fs\n   Fork delay = %fs\n", c.TerminateDelay.Seconds(), c.ForkDelay.Seconds())
	fmt.Fprintf(b, "   Fork delay timer %s\n   Terminate delay timer %s\n   Full command = %t\n", runs(p.Forked), runs(p.Terminated),
		c.FullCommand)
}

func runs(on bool) string {
	if on {
		return "running"
	}
	return "not running"
}
