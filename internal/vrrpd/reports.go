package vrrpd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/report"
)

// The real-time signals of keepalived: 36 and 37 are SIGRTMIN+2 with glibc and with musl, 63 is SIGRTMAX-1.
const (
	sigJSON       = syscall.Signal(36)
	sigJSONMusl   = syscall.Signal(37)
	sigStatsClear = syscall.Signal(63)
)

// dump writes what a signal asks for. What is to be written is put together at once, so that it is of one moment; the
// file is left to a goroutine, as a slow disk must not hold up an advert.
func (d *daemon) dump(sig os.Signal) {
	switch sig {
	case unix.SIGUSR1:
		d.writeReport("Printing VRRP data for process(%d) on signal", report.StateFile(&d.Config.Global.Dump, report.VRRP, d.Label), func(w io.Writer) error {
			if err := report.WriteData(w, &d.Config.Global, d.snapshot()); err != nil {
				return err
			}
			if err := report.WriteScripts(w, d.scripts()); err != nil {
				return err
			}
			return report.WriteProcesses(w, d.processes())
		})
	case unix.SIGUSR2, sigStatsClear:
		what := "Printing VRRP stats for process(%d) on signal"
		if sig == sigStatsClear {
			what = "Printing and clearing VRRP stats for process(%d) on signal"
		}
		d.writeReport(what, report.StatsFile(&d.Config.Global.Dump, d.Label), func(w io.Writer) error { return report.WriteStats(w, d.snapshot()) })
		if sig == sigStatsClear {
			d.set.ClearStats()
		}
	case sigJSON, sigJSONMusl:
		d.writeReport("Printing VRRP as json for process(%d) on signal", report.JSONFile(), func(w io.Writer) error {
			return report.WriteJSON(w, d.snapshot(), d.processes(), d.Config.Global.JSONVersion)
		})
	}
}

func (d *daemon) snapshot() []report.Instance {
	var all []report.Instance
	for _, id := range d.set.IDs(nil) {
		all = append(all, report.Instance{Conf: d.set.Instance(id), Status: d.set.Status(id), Stats: d.set.Stats(id),
			Scripts: d.scriptsOf(d.set.Instance(id))})
	}
	return all
}

// scripts returns the state of all scripts.
func (d *daemon) scripts() []report.Script {
	var all []report.Script
	for _, c := range d.Config.Scripts {
		up, known, running := d.watcher.Script(c.Name)
		all = append(all, report.Script{Conf: c, Up: up, Known: known, Running: running})
	}
	return all
}

// processes returns the state of all processes.
func (d *daemon) processes() []report.Process {
	var all []report.Process
	for _, c := range d.Config.Processes {
		n := d.watcher.Processes(c.Name)
		all = append(all, report.Process{Conf: c, Count: n.Now, Quorum: n.Quorum, Forked: n.Forked, Terminated: n.Terminated})
	}
	return all
}

// scriptsOf returns the scripts that an instance tracks.
func (d *daemon) scriptsOf(c *conf.Instance) []*conf.VRRPScript {
	var out []*conf.VRRPScript
	for _, t := range c.Tracks {
		for _, s := range d.Config.Scripts {
			if t.Kind == conf.TrackScript && t.Name == s.Name {
				out = append(out, s)
			}
		}
	}
	return out
}

func (d *daemon) writeReport(what, path string, write func(io.Writer) error) {
	d.log.Info(fmt.Sprintf(what, os.Getpid()))
	var b bytes.Buffer
	if err := write(&b); err != nil {
		d.log.Log(log.Err, err.Error())
		return
	}
	d.reports.Add(1)
	go func() {
		defer d.reports.Done()
		if err := report.Replace(path, b.Bytes()); err != nil {
			d.log.Log(log.Err, err.Error())
		}
	}()
}
