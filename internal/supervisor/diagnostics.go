package supervisor

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/log"
)

// LogDiagnostics writes every diagnostic to the log with its place.
func LogDiagnostics(l *log.Logger, ds syntax.Diagnostics) {
	for _, d := range ds {
		sev := log.Info
		switch d.Severity.String() {
		case "error":
			sev = log.Err
		case "warning":
			sev = log.Warning
		}
		l.Log(sev, d.String())
	}
}

// isError tells errors from warnings and notes.
func isError(d syntax.Diagnostic) bool { return d.Severity.String() == "error" }

// reloadingState is what a service manager wants to hear at the start of a reload (sd_notify(3)).
func reloadingState() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return "RELOADING=1"
	}
	return fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000)
}
