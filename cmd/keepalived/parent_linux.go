package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/netcfg"
	"github.com/keepalived-go/keepalived/internal/supervisor"
)

const (
	identParent  = "Keepalived"
	identVRRP    = "Keepalived_vrrp"
	identChecker = "Keepalived_healthcheckers"
	runDir       = "/run"
)

// runParent is the life of the parent. It returns the exit code of the daemon.
func runParent(o *options) int {
	debug.SetGCPercent(startGC)
	if !o.foreground && !inBackground() {
		if err := enterNamespace(o, load(o, toNobody).Config, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return supervisor.ExitFatal
		}
		return background() // in a process that reads the files itself, as this one cannot pass on what they say
	}
	signals := supervisor.Signals()
	o.makeAbsolute()
	report := reportUp()
	starter := supervisor.NewStarter(o.foreground)
	defer starter.Close()
	starter.Ahead()
	first := load(o, starter.Hand)
	if err := enterNamespace(o, first.Config, func() { starter.EndSpare(); letEnd(signals) }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return supervisor.ExitFatal
	}
	code := supervise(o, first, starter, signals, report)
	report(code)
	return code
}

func supervise(o *options, first supervisor.Loaded, starter *supervisor.Starter, signals <-chan os.Signal, report func(code int)) int {
	g := &first.Config.Global
	o.label = label(o, g)
	l := log.Setup(o.logOptions(identParent, ""))
	defer l.Close()
	setComm(processName(g.ProcessNames.Parent))
	o.setUmaskTo(int(g.Umask))
	logStart(o, l)
	if g.MaxAutoPriority == 0 {
		l.Info("NOTICE: setting config option max_auto_priority should result in better keepalived performance")
	}
	supervisor.LogDiagnostics(l, first.Diags)
	if first.Diags.Unusable() || first.Missing {
		l.Info("Stopped " + version)
		return supervisor.ExitNoConfig
	}
	dumpConfig(o, l, first.Tree)
	s := supervisor.New(supervisor.Options{
		Log: l, Version: version, Label: o.label, Starter: starter, First: first,
		Load: func() supervisor.Loaded {
			l.Info("Configuration file " + o.configFile)
			defer debug.SetGCPercent(debug.SetGCPercent(startGC))
			loaded := load(o, toNobody)
			dumpConfig(o, l, loaded.Tree)
			return loaded
		},
		Signals: signals, PidFile: o.pidPath(o.pidFile, "keepalived", g), ReloadFile: o.reloadPath(g), Children: o.children,
		NoRespawn: o.noRespawn, IgnoreSIGINT: o.ignoreSIGINT,
		WatchdogTick: o.watchdogTick, WatchdogMisses: o.watchdogMisses,
		Up: func() {
			debug.SetGCPercent(usualGC)
			debug.FreeOSMemory() // what reading the configuration has taken
			report(supervisor.ExitOK)
		},
		Notify: func(state string) { _, _ = daemon.SdNotify(false, state) },
	})
	restore := silenceIGMP(o, first.Config, l)
	code := s.Run(context.Background())
	restore()
	if l.Detailed() {
		logCPU(l)
	}
	l.Info("Stopped " + version)
	return code
}

// silenceIGMP carries out disable_local_igmp and returns what restores the kernel's setting. It is the parent's as a child
// may die.
func silenceIGMP(o *options, c *conf.Config, l *log.Logger) (restore func()) {
	if !c.Global.DisableLocalIGMP || !c.HasVRRP || o.noVRRP {
		return func() {}
	}
	undo, err := netcfg.SilenceIGMP()
	if err != nil {
		l.Info(err.Error())
		return func() {}
	}
	return func() {
		if err := undo(); err != nil {
			l.Info(err.Error())
		}
	}
}

// makeAbsolute makes file names independent of the working directory, which a daemon leaves.
func (o *options) makeAbsolute() {
	if o.foreground {
		return
	}
	for _, name := range []*string{&o.configFile, &o.pidFile, &o.vrrpPidFile, &o.checkersPidFile} {
		if abs, err := filepath.Abs(*name); err == nil && *name != "" {
			*name = abs
		}
	}
}

// logStart writes the lines that every start begins with.
func logStart(o *options, l *log.Logger) {
	l.Info("Starting " + version)
	l.Info("Running on " + kernel())
	quoted := make([]string, len(os.Args))
	for i, a := range os.Args {
		quoted[i] = "'" + a + "'"
	}
	l.Info("Command line: " + strings.Join(quoted, " "))
	l.Info("Configuration file " + o.configFile)
	if s := o.suffix(); s != "" {
		l.Info("Changing syslog ident to " + identParent + s)
	}
	for _, name := range o.later {
		l.Log(log.Warning, "option "+name+" has no effect yet")
	}
}

// dumpConfig logs the configuration as it was understood, with everything included and expanded (--dump-conf).
func dumpConfig(o *options, l *log.Logger, tree []byte) {
	if !o.dump {
		return
	}
	file, err := syntax.Decode(tree)
	if err != nil {
		l.Log(log.Err, err.Error())
		return
	}
	for line := range strings.Lines(string(file.Format())) {
		l.Info(" " + strings.TrimRight(line, "\n"))
	}
}

func logCPU(l *log.Logger) {
	var self, children unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &self) != nil || unix.Getrusage(unix.RUSAGE_CHILDREN, &children) != nil {
		return
	}
	seconds := func(t unix.Timeval) float64 { return float64(t.Nano()) / 1e9 }
	l.Info(fmt.Sprintf("CPU usage (self/children) user: %.6f/%.6f system: %.6f/%.6f",
		seconds(self.Utime), seconds(children.Utime), seconds(self.Stime), seconds(children.Stime)))
}

// runsChecker tells whether there is a checker child.
func (o *options) runsChecker(c *conf.Config) bool { return !o.noCheck && (c.HasChecker || o.all) }

// children returns the children that the configuration and the command line want.
func (o *options) children(c *conf.Config) []supervisor.ChildOptions {
	var cs []supervisor.ChildOptions
	if !o.noVRRP && (c.HasVRRP || o.all) {
		cs = append(cs, supervisor.ChildOptions{
			Role:    supervisor.Role{Name: "VRRP", Value: roleVRRP},
			PidFile: o.pidPath(o.vrrpPidFile, "vrrp", &c.Global),
		})
	}
	if o.runsChecker(c) {
		cs = append(cs, supervisor.ChildOptions{
			Role:    supervisor.Role{Name: "Healthcheck", Value: roleChecker},
			PidFile: o.pidPath(o.checkersPidFile, "checkers", &c.Global),
		})
	}
	return cs
}

// pidPath returns where a pid file is: as the command line says, else below /run.
func (o *options) pidPath(given, name string, g *conf.Global) string {
	if given != "" {
		return given
	}
	if !g.UsePidDir && o.netns(g) == "" && g.InstanceName == "" {
		return filepath.Join(runDir, name+".pid")
	}
	if g.InstanceName != "" {
		name += "_" + g.InstanceName
	}
	return filepath.Join(runDir, "keepalived", o.netns(g), name+".pid")
}

// reloadPath returns where the file is that exists during a reload, unless the configuration names one.
func (o *options) reloadPath(g *conf.Global) string {
	return strings.TrimSuffix(o.pidPath("", "keepalived", g), ".pid") + ".reload"
}

// netns returns the network namespace to run in; the command line wins.
func (o *options) netns(g *conf.Global) string {
	if o.namespace != "" {
		return o.namespace
	}
	return g.NetNamespace
}

// label tells several daemons of one machine apart, in the names of files.
func label(o *options, g *conf.Global) string {
	parts := []string{o.netns(g), g.InstanceName}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "_")
}

// suffix is the label at the end of idents of the log and of the names of its files.
func (o *options) suffix() string {
	if o.label == "" {
		return ""
	}
	return "_" + o.label
}

// logOptions returns where a process logs to.
func (o *options) logOptions(ident, fileSuffix string) log.Options {
	s := o.suffix()
	lo := log.Options{Ident: ident + s, Facility: o.facility, Syslog: !o.noSyslog, Detail: o.detail > 0}
	if o.console && o.foreground {
		lo.Console = os.Stderr
	}
	if o.logFile != "" {
		lo.File = log.FileFor(o.logFile, fileSuffix+s)
	}
	return lo
}

// namespaceEnv marks a process that is in its network namespace already.
const namespaceEnv = "KEEPALIVED_NETNS"

// enterNamespace makes this program start over in the configured network namespace: a namespace belongs to a thread,
// and only what is executed anew is in it as a whole. Before that it calls leave, unless that is nil.
func enterNamespace(o *options, c *conf.Config, leave func()) error {
	name := o.netns(&c.Global)
	if name == "" || os.Getenv(namespaceEnv) == name {
		return nil
	}
	f, err := os.Open(filepath.Join("/run/netns", name))
	if err != nil {
		return fmt.Errorf("cannot find network namespace %s: %w", name, err)
	}
	if leave != nil {
		leave()
	}
	runtime.LockOSThread() // the thread that enters it has to be the one that executes
	if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("cannot enter network namespace %s: %w", name, err)
	}
	return unix.Exec("/proc/self/exe", os.Args, append(os.Environ(), namespaceEnv+"="+name))
}

// letEnd has the signals that end a program end this process, those too that have come already. A reload that was asked for
// meanwhile is of no use: the files are read anew.
func letEnd(signals <-chan os.Signal) {
	signal.Reset()
	for {
		select {
		case sig := <-signals:
			if sig == unix.SIGTERM || sig == unix.SIGINT {
				_ = unix.Kill(os.Getpid(), sig.(unix.Signal))
			}
		default:
			return
		}
	}
}

const (
	// backgroundEnv marks the process that a start in the background has made; upFD is its end of the pipe to the shell's.
	backgroundEnv = "KEEPALIVED_BACKGROUND"
	upFD          = 3
)

func inBackground() bool { return os.Getenv(backgroundEnv) != "" }

// background starts the daemon as a process of its own session and waits until it is up or has failed, so that the shell
// knows which. It returns the exit code for the shell.
func background() int {
	r, w, err := os.Pipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot go to the background:", err)
		return supervisor.ExitFatal
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot go to the background:", err)
		return supervisor.ExitFatal
	}
	p, err := os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{
		Env:   append(os.Environ(), backgroundEnv+"=1"),
		Files: []*os.File{null, null, os.Stderr, w},
		Sys:   &unix.SysProcAttr{Setsid: true},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot go to the background:", err)
		return supervisor.ExitFatal
	}
	w.Close()
	code := make([]byte, 1)
	if n, _ := r.Read(code); n == 1 {
		return int(code[0])
	}
	if st, err := p.Wait(); err == nil && st.ExitCode() > 0 {
		return st.ExitCode()
	}
	return supervisor.ExitFatal
}

// reportUp returns a function that tells the process which waits in background() how the start went, once.
func reportUp() func(code int) {
	if !inBackground() {
		return func(int) {}
	}
	_ = os.Unsetenv(backgroundEnv)
	pipe := os.NewFile(upFD, "up")
	unix.CloseOnExec(upFD)
	_ = os.Chdir("/") // so that no file system is kept busy
	return func(code int) {
		if pipe == nil {
			return
		}
		_, _ = pipe.Write([]byte{byte(code)})
		pipe.Close()
		pipe = nil
		if null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0); err == nil {
			_ = unix.Dup2(int(null.Fd()), 2) // the shell's terminal is no longer ours
			null.Close()
		}
	}
}
