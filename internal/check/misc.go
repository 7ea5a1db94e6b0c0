package check

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/script"
)

// miscCheck runs a script: exit status 0 is well. With misc_dynamic 2 to 255 are well too, and set the weight.
type miscCheck struct {
	command script.Command
	conf    *conf.Check
}

func newMisc(c *conf.Check, o Options) (probe, error) {
	command, err := script.New(c.Script, o.ScriptUser)
	if err != nil {
		return nil, err
	}
	return miscCheck{command: command, conf: c}, nil
}

// ExitError is how a script has failed.
type ExitError struct {
	Signal bool // it was ended by a signal
	Number int  // of the signal, else the exit status
}

// Error describes the end as log lines do.
func (e ExitError) Error() string {
	if e.Signal {
		return fmt.Sprintf("due to signal %d", e.Number)
	}
	return fmt.Sprintf("exited with status %d", e.Number)
}

// check runs the script.
func (m miscCheck) check(ctx context.Context, _ int) (int, error) {
	err := m.command.Run(ctx)
	if err == nil {
		return 0, nil
	}
	if ctx.Err() != nil {
		return 0, ErrTimeout
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	code := exit.ExitCode()
	if code < 0 {
		return 0, ExitError{true, signalOf(exit)}
	}
	if m.conf.Dynamic && code >= 2 {
		return code - 2 + 1, nil // 0 stands for the weight of the configuration
	}
	return 0, ExitError{false, code}
}

func signalOf(e *exec.ExitError) int {
	if st, ok := e.Sys().(syscall.WaitStatus); ok {
		return int(st.Signal())
	}
	return 0
}
