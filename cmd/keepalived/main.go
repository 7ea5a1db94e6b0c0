// Command keepalived is a drop-in for keepalived: it moves addresses between hosts by VRRP.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/script"
	"github.com/keepalived-go/keepalived/internal/supervisor"
)

func main() {
	// The loops are single-threaded; more would only cost memory on a large machine.
	runtime.GOMAXPROCS(min(4, runtime.NumCPU()))
	if args, ok := genhashArgs(os.Args); ok {
		os.Exit(runGenhash(args))
	}
	o := newOptions()
	words, err := getopt(optionTable(), os.Args[1:], o)
	if o.coreDump {
		allowCoreDumps()
	}
	if os.Getenv(supervisor.ChildEnv) != "" {
		os.Exit(runChild(o)) // the parent has seen the errors
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(supervisor.ExitFatal)
	}
	if code, done := answer(o); done {
		os.Exit(code)
	}
	if len(words) > 0 {
		fmt.Print("Unexpected argument(s): ")
		for _, w := range words {
			fmt.Print(w, " ")
		}
		fmt.Println()
	}
	if o.badUmask != "" {
		fmt.Fprintf(os.Stderr, "Invalid --umask option %s\n", o.badUmask)
	}
	if err := script.CloseOnExec(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if o.test {
		os.Exit(testConfig(o))
	}
	os.Exit(runParent(o))
}

// answer does what needs no configuration.
func answer(o *options) (code int, done bool) {
	switch {
	case o.version:
		writeVersion(os.Stderr)
		return 0, true
	case o.help:
		writeUsage(os.Stderr, optionTable())
		return 0, true
	case o.signum != "":
		n, ok := signalNumber(o.signum)
		if !ok {
			fmt.Fprintf(os.Stderr, "Unknown sigfunc %s\n", o.signum)
			return supervisor.ExitFatal, true
		}
		fmt.Println(n)
		return 0, true
	case o.genhash:
		fmt.Fprintln(os.Stderr, "--genhash should be the first option; those before it are ignored")
		return runGenhash(genhashAfter(os.Args[1:])), true
	}
	return 0, false
}

// allowCoreDumps has this process leave a core file when it crashes (--core-dump).
func allowCoreDumps() {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}); err != nil {
		fmt.Fprintln(os.Stderr, "cannot allow core dumps:", err)
	}
	debug.SetTraceback("crash")
}

// setUmaskTo sets the mask for created files: the command line's, else the configuration's.
func (o *options) setUmaskTo(configured int) {
	if o.umask >= 0 {
		configured = o.umask
	}
	unix.Umask(configured)
}

// setComm names the process as ps shows it: what was executed is called "exe" otherwise.
func setComm(name string) {
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0) // a cosmetic matter
}
