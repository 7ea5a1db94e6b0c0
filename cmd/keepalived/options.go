package main

import (
	"fmt"
	"log/syslog"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// options are the command line. Parent and children read the same one.
type options struct {
	configFile       string
	noVRRP, noCheck  bool
	noBFD, all       bool
	console          bool
	detail           int
	facility         syslog.Priority
	logFile          string
	noSyslog         bool
	umask            int // -1: not given
	keepAddrs        bool
	noRespawn        bool
	foreground       bool
	dump             bool
	pidFile          string // empty: default
	vrrpPidFile      string
	checkersPidFile  string
	namespace        string
	coreDump         bool
	strictIncludes   bool
	configID         string
	signum           string
	test             bool
	testLog          string
	ignoreSIGINT     bool
	version, help    bool
	watchdogTick     time.Duration
	watchdogMisses   int
	later            []string // options given whose effect is not built yet
	badUmask         string
	genhash          bool
	reportAddrEvents bool
	snmp             bool
	snmpSocket       string // empty: that of the configuration
	label            string // of the configuration: see label
}

const (
	defaultConfig  = "/etc/keepalived/keepalived.conf"
	defaultLogFile = "/tmp/keepalived.log"
)

func newOptions() *options {
	return &options{configFile: defaultConfig, facility: syslog.LOG_DAEMON, umask: -1,
		watchdogTick: time.Second, watchdogMisses: 5}
}

// apply carries out an option and remembers those that do nothing yet.
func (o *options) apply(opt *option, value string) error {
	if opt.later {
		o.later = append(o.later, "--"+opt.long)
	}
	if opt.set == nil {
		return nil
	}
	return opt.set(o, value)
}

// flag returns a setter that switches something on.
func flag(f func(*options) *bool) func(*options, string) error {
	return func(o *options, _ string) error {
		*f(o) = true
		return nil
	}
}

// text returns a setter that stores the argument.
func text(f func(*options) *string) func(*options, string) error {
	return func(o *options, v string) error {
		*f(o) = v
		return nil
	}
}

// optionTable returns every option of keepalived, and the watchdog's, which keepalived does not have.
func optionTable() []option {
	return []option{
		{'f', "use-file", required, "FILE", "Use the specified configuration file", false, text(func(o *options) *string { return &o.configFile })},
		{'P', "vrrp", none, "", "Only run with VRRP subsystem", false, flag(func(o *options) *bool { return &o.noCheck })},
		{'C', "check", none, "", "Only run with Health-checker subsystem", false, flag(func(o *options) *bool { return &o.noVRRP })},
		{'B', "no_bfd", none, "", "Don't run BFD subsystem", false, flag(func(o *options) *bool { return &o.noBFD })},
		{0, "all", none, "", "Force all child processes to run, even if have no configuration", false, flag(func(o *options) *bool { return &o.all })},
		{'l', "log-console", none, "", "Log messages to local console", false, flag(func(o *options) *bool { return &o.console })},
		{'D', "log-detail", none, "", "Detailed log messages", false, func(o *options, _ string) error { o.detail++; return nil }},
		{'S', "log-facility", required, "([0-7]|local[0-7]|user|daemon)", "Set syslog facility to LOG_LOCAL[0-7], user or daemon (default)", false, setFacility},
		{'g', "log-file", optional, "FILE", "Also log to FILE (default " + defaultLogFile + ")", false, setLogFile},
		{0, "flush-log-file", none, "", "Flush log file on write (every line is written at once in any case)", false, nil},
		{'G', "no-syslog", none, "", "Don't log via syslog", false, flag(func(o *options) *bool { return &o.noSyslog })},
		{'u', "umask", required, "MASK", "umask for file creation (in numeric form)", false, setUmask},
		{'X', "release-vips", none, "", "Drop VIP on transition from signal.", false, nil},
		{'V', "dont-release-vrrp", none, "", "Don't remove VRRP VIPs and VROUTEs on daemon stop", false, flag(func(o *options) *bool { return &o.keepAddrs })},
		{'I', "dont-release-ipvs", none, "", "Don't remove IPVS topology on daemon stop", true, nil},
		{'R', "dont-respawn", none, "", "Don't respawn child processes", false, flag(func(o *options) *bool { return &o.noRespawn })},
		{'n', "dont-fork", none, "", "Don't fork the daemon process", false, flag(func(o *options) *bool { return &o.foreground })},
		{'d', "dump-conf", none, "", "Dump the configuration data", false, flag(func(o *options) *bool { return &o.dump })},
		{'p', "pid", required, "FILE", "Use specified pidfile for parent process", false, text(func(o *options) *string { return &o.pidFile })},
		{'r', "vrrp_pid", required, "FILE", "Use specified pidfile for VRRP child process", false, text(func(o *options) *string { return &o.vrrpPidFile })},
		{'T', "genhash", none, "", "Enter into genhash utility mode (this should be the first option used).", false, flag(func(o *options) *bool { return &o.genhash })},
		{'c', "checkers_pid", required, "FILE", "Use specified pidfile for checkers child process", false, text(func(o *options) *string { return &o.checkersPidFile })},
		{'a', "address-monitoring", none, "", "Report all address additions/deletions notified via netlink", false, flag(func(o *options) *bool { return &o.reportAddrEvents })},
		{'b', "bfd_pid", required, "FILE", "Use specified pidfile for BFD child process", true, nil},
		{'x', "snmp", none, "", "Enable SNMP subsystem (the checkers' part)", false, flag(func(o *options) *bool { return &o.snmp })},
		{'A', "snmp-agent-socket", required, "FILE", "Use the specified socket for master agent", false, text(func(o *options) *string { return &o.snmpSocket })},
		{'s', "namespace", required, "NAME", "Run in network namespace NAME (overrides config)", false, text(func(o *options) *string { return &o.namespace })},
		{'m', "core-dump", none, "", "Produce core dump if terminate abnormally", false, flag(func(o *options) *bool { return &o.coreDump })},
		{'M', "core-dump-pattern", optional, "PATN", "Also set /proc/sys/kernel/core_pattern to PATN (default 'core')", true, flag(func(o *options) *bool { return &o.coreDump })},
		{0, "no-mem-check", none, "", "Disable malloc() etc mem-checks (there are none)", false, nil},
		{'L', "mem-check-log", none, "", "Log malloc/frees (there are none)", true, nil},
		{'O', "openssl-mem-check", none, "", "Check OpenSSL allocations (there are none)", true, nil},
		{'e', "all-config", none, "", "Error if any configuration file missing (same as includet)", false, flag(func(o *options) *bool { return &o.strictIncludes })},
		{'i', "config-id", required, "id", "Skip any configuration lines beginning '@' that don't match id or any lines beginning @^ that do match. The config-id defaults to the node name if option not used", false, text(func(o *options) *string { return &o.configID })},
		{0, "signum", required, "SIGFUNC", "Return signal number for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON, TDUMP", false, text(func(o *options) *string { return &o.signum })},
		{'t', "config-test", optional, "LOG_FILE", "Check the configuration for obvious errors, output to stderr by default", false, setTest},
		{0, "config-fd", required, "N", "Internal", true, nil},
		{0, "ignore-sigint", none, "", "Ignore SIGINT", false, flag(func(o *options) *bool { return &o.ignoreSIGINT })},
		{0, "perf", optional, "all|run|end", "Collect perf data of the VRRP process", true, nil},
		{0, "debug", optional, "LETTERS", "Run-time debug switches", true, nil},
		{0, "watchdog-tick", required, "SECONDS", "How often the event loop of each child is asked for a sign of life; 0 turns the watchdog off (default 1)", false, setWatchdogTick},
		{0, "watchdog-threshold", required, "N", "Signs of life that a child may owe until it is restarted (default 5)", false, setWatchdogMisses},
		{'v', "version", none, "", "Display the version number", false, flag(func(o *options) *bool { return &o.version })},
		{'h', "help", none, "", "Display this help message", false, flag(func(o *options) *bool { return &o.help })},
	}
}

func setTest(o *options, file string) error {
	o.test, o.testLog = true, file
	return nil
}

func setLogFile(o *options, file string) error {
	o.logFile = defaultLogFile
	if file != "" {
		abs, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		o.logFile = abs
	}
	return nil
}

func setFacility(o *options, v string) error {
	bad := usageError(fmt.Sprintf("Invalid log facility '%s'", v))
	switch v {
	case "user":
		o.facility = syslog.LOG_USER
		return nil
	case "daemon":
		o.facility = syslog.LOG_DAEMON
		return nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(v, "local"), 10, 8)
	if err != nil || n > 7 {
		return bad
	}
	o.facility = syslog.LOG_LOCAL0 + syslog.Priority(n)<<3
	return nil
}

// setUmask notes a bad mask, which keepalived reports and then does without.
func setUmask(o *options, v string) error {
	n, err := strconv.ParseUint(v, 0, 32)
	if err != nil || n > 0o777 {
		o.badUmask = v
		return nil
	}
	o.umask = int(n)
	return nil
}

func setWatchdogTick(o *options, v string) error {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f < 0 || f > 3600 {
		return fmt.Errorf("invalid --watchdog-tick '%s': seconds from 0 to 3600", v)
	}
	o.watchdogTick = time.Duration(f * float64(time.Second))
	return nil
}

func setWatchdogMisses(o *options, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 10000 {
		return fmt.Errorf("invalid --watchdog-threshold '%s': number from 1 to 10000", v)
	}
	o.watchdogMisses = n
	return nil
}
