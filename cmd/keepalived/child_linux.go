package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/checkd"
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/firewall"
	"github.com/keepalived-go/keepalived/internal/host"
	"github.com/keepalived-go/keepalived/internal/ipvs"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/script"
	"github.com/keepalived-go/keepalived/internal/supervisor"
	"github.com/keepalived-go/keepalived/internal/vrrpd"
)

const (
	roleVRRP    = "vrrp"
	roleChecker = "healthcheckers"
)

// part is what a child does.
type part struct {
	ident, logSuffix string
	child            syntax.Child // that errors of the configuration may end
	comm             func(g *conf.Global) string
	process          func(g *conf.Global) *conf.Process
	tune             func() // the Go runtime
	run              func(o *options, c *conf.Config, l *log.Logger, ctl *control.Conn, signals <-chan os.Signal) error
}

// partOf returns what the child of a role does.
func partOf(role string) (p part, ok bool) {
	switch role {
	case roleVRRP:
		return part{identVRRP, "_vrrp", syntax.VRRPChild, func(g *conf.Global) string { return g.ProcessNames.VRRP },
			func(g *conf.Global) *conf.Process { return &g.VRRPProcess }, tuneVRRP, runVRRP}, true
	case roleChecker:
		return part{identChecker, "_healthcheckers", syntax.NoChild, func(g *conf.Global) string { return g.ProcessNames.Checker },
			func(g *conf.Global) *conf.Process { return &g.CheckerProcess }, tuneChecker, runChecker}, true
	}
	return part{}, false
}

// A start makes much garbage and is over soon: it is collected rarely until then.
const startGC, usualGC = 400, 100

// tuneVRRP ends what suits the start.
func tuneVRRP() { debug.SetGCPercent(usualGC) }

// tuneChecker suits the runtime to many short checks that mostly wait: on one processor, as keepalived's run, they take two
// thirds of the time that handing them between processors costs. Its start ends when the services are programmed.
func tuneChecker() { runtime.GOMAXPROCS(1) }

func runVRRP(o *options, c *conf.Config, l *log.Logger, ctl *control.Conn, signals <-chan os.Signal) error {
	return vrrpd.Run(context.Background(), vrrpd.Deps{
		Config: c, Log: l, Control: ctl, Signals: signals, Read: readFor(syntax.VRRPChild),
		Raise: func(n int) error { return schedule(&conf.Process{RTPriority: n}) },
		Label: o.label, KeepAddrs: o.keepAddrs, LogAddrs: o.reportAddrEvents, HasChecker: o.runsChecker,
	})
}

func runChecker(o *options, c *conf.Config, l *log.Logger, ctl *control.Conn, signals <-chan os.Signal) error {
	return checkd.Run(context.Background(), checkd.Deps{
		Config: c, Log: l, Control: ctl, Signals: signals, Read: readFor(syntax.NoChild), Label: o.label,
		SNMP:     checkd.SNMP{Enable: o.snmp, Socket: o.snmpSocket, Version: version, Namespace: o.netns(&c.Global)},
		Open:     func(namespace string) (ipvs.Client, error) { return ipvs.Open(namespace) },
		Firewall: func(namespace string, log func(text string)) firewall.Kernel { return firewall.New(namespace, log) },
	})
}

// runChild is the life of a child process. It returns the exit code.
func runChild(o *options) int {
	debug.SetGCPercent(startGC)
	if os.Getenv(supervisor.RuntimeEnv) == supervisor.RuntimeSettings {
		_ = os.Unsetenv(supervisor.RuntimeEnv)
	}
	setComm("keepalived")
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, unix.SIGTERM, unix.SIGHUP, unix.SIGINT, unix.SIGUSR1, unix.SIGUSR2,
		syscall.Signal(36), syscall.Signal(37), syscall.Signal(63))
	signal.Notify(make(chan os.Signal, 1), unix.SIGPIPE) // a console that goes away ends nothing
	_ = script.CloseOnExec()                             // nothing but scripts is executed
	ctl, err := control.FromFile(os.NewFile(supervisor.ControlFD, "control"))
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s is set, but this process was not started by keepalived: %v\n", supervisor.ChildEnv, err)
		return supervisor.ExitFatal
	}
	in, err := await(ctl)
	switch {
	case errors.Is(err, control.ErrClosed):
		return supervisor.ExitOK // the parent has no use for this process
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return supervisor.ExitFatal
	}
	p := in.part
	o.label = in.label
	l := log.Setup(o.logOptions(p.ident, p.logSuffix))
	defer l.Close()
	go dumpStacks(l)
	config, err := (<-in.read).as(p.child)
	if err != nil {
		l.Log(log.Err, err.Error())
		var refused configError
		if errors.As(err, &refused) {
			return supervisor.ExitConfig
		}
		return supervisor.ExitFatal
	}
	setComm(processName(p.comm(&config.Global)))
	p.tune()
	o.setUmaskTo(int(config.Global.Umask))
	if err := schedule(p.process(&config.Global)); err != nil {
		l.Log(log.Warning, err.Error())
	}
	err = p.run(o, config, l, ctl, signals)
	switch {
	case err == nil:
		l.Info("Stopped")
		return supervisor.ExitOK
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		l.Log(log.Err, err.Error())
		return supervisor.ExitPermission
	}
	l.Log(log.Err, err.Error())
	if errors.Is(err, ipvs.ErrNoIPVS) || errors.Is(err, checkd.ErrSSL) {
		return supervisor.ExitFatal // starting again would not help
	}
	return 70 // keepalived's code for an internal error; the parent starts the child again
}

// processName returns the comm of a process.
func processName(configured string) string {
	if configured != "" {
		return configured
	}
	return "keepalived"
}

// configError means that a child must not start with the configuration.
type configError struct{ d syntax.Diagnostic }

func (e configError) Error() string { return e.d.String() }

// reading is the configuration that the parent has read, as this process understands it. Both come to the same result, as
// they have the same text and ask the same machine.
type reading struct {
	config *conf.Config
	diags  syntax.Diagnostics
	err    error
}

// as returns the configuration for a child, unless it must not start with it.
func (r reading) as(child syntax.Child) (*conf.Config, error) {
	if r.err != nil {
		return nil, r.err
	}
	if d, bad := r.diags.Fatal(child); bad {
		return nil, configError{d}
	}
	return r.config, nil
}

// read builds the configuration in a file, and closes the file.
func read(f *os.File) reading {
	data, err := control.ReadSealed(f)
	if err != nil {
		return reading{err: err}
	}
	tree, err := syntax.Decode(data)
	if err != nil {
		return reading{err: fmt.Errorf("cannot decode the configuration: %w", err)}
	}
	config, diags := conf.Build(tree, host.Machine{})
	return reading{config: config, diags: diags}
}

// readFor returns the function that reads a configuration for a child.
func readFor(child syntax.Child) func(f *os.File) (*conf.Config, error) {
	return func(f *os.File) (*conf.Config, error) { return read(f).as(child) }
}

// instructions are what a child is told by its parent before it begins.
type instructions struct {
	part
	label string
	read  <-chan reading // the configuration, when it has been read
}

// await waits for the instructions. The configuration is read meanwhile: most of a start is that. It returns
// control.ErrClosed when the parent has no use for this process.
func await(ctl *control.Conn) (i instructions, err error) {
	for {
		m, err := ctl.Receive()
		if err != nil {
			return i, err
		}
		switch m.Kind {
		case control.Config:
			c := make(chan reading, 1)
			go func() { c <- read(os.NewFile(uintptr(m.FD), "config")) }()
			i.read = c
		case control.Begin:
			p, known := partOf(m.Role)
			if !known || i.read == nil {
				return i, fmt.Errorf("the parent has nothing for a child to do: role %q", m.Role)
			}
			i.part, i.label = p, m.Label
			return i, nil
		}
	}
}

// dumpStacks writes the stacks of all goroutines to the log on SIGQUIT: the parent asks for them before it ends a child
// that hangs.
func dumpStacks(l *log.Logger) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGQUIT)
	for range c {
		buf := make([]byte, 1<<20)
		buf = buf[:runtime.Stack(buf, true)]
		l.Log(log.Alert, "the event loop hangs; stacks of all goroutines:")
		for _, line := range strings.Split(string(buf), "\n") {
			l.Log(log.Alert, "  "+line)
		}
	}
}
