package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Script is a script that instances track, as it is at the moment of the report.
type Script struct {
	Conf    *conf.VRRPScript
	Up      bool
	Known   bool // it has had a result
	Running bool
}

// WriteScripts writes the scripts for a person, with the keys that programs look for.
func WriteScripts(w io.Writer, scripts []Script) error {
	if len(scripts) == 0 {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "------< VRRP Scripts >------\n")
	for _, s := range scripts {
		c := s.Conf
		status, state := "BAD", "idle"
		if s.Up {
			status = "GOOD"
		}
		if !s.Known {
			status = "INIT"
		}
		if s.Running {
			state = "running"
		}
		fmt.Fprintf(&b, " VRRP Script = %s\n   Command = %s\n   Interval = %g sec\n   Timeout = %g sec\n   Rise = %d\n   Fall = %d\n",
			c.Name, command(c.Script), c.Interval.Seconds(), c.Timeout.Seconds(), c.Rise, c.Fall)
		fmt.Fprintf(&b, "   Status = %s\n   State = %s\n", status, state)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// trackedBy returns what an instance tracks: the names of interfaces, the commands of scripts and the names of processes.
func (in *Instance) trackedBy() (links, scripts, processes []string) {
	for _, t := range in.Conf.Tracks {
		switch t.Kind {
		case conf.TrackInterface:
			links = append(links, t.Name)
		case conf.TrackProcess:
			processes = append(processes, t.Name)
		}
	}
	for _, s := range in.Scripts {
		scripts = append(scripts, command(s.Script))
	}
	return links, scripts, processes
}

// routing returns the routes and rules of an instance as the configuration has them.
func (in *Instance) routing() (routes, rules []string) {
	for _, r := range in.Conf.Routes {
		routes = append(routes, r.Text)
	}
	for _, r := range in.Conf.Rules {
		rules = append(rules, r.Text)
	}
	return routes, rules
}
