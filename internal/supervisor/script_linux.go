package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/script"
)

// runScript runs the startup or shutdown script, if there is one, and waits for it, for at most limit. It returns false
// when a signal asked for the end meanwhile; the script is ended then.
func (s *Supervisor) runScript(what string, c *conf.Script, limit time.Duration, signals <-chan os.Signal) bool {
	if c == nil {
		return true
	}
	s.Log.Info("Running " + what + " script " + c.Line)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- run(ctx, c, s.current.Config.Global.ScriptUser) }()
	goOn := true
	for {
		select {
		case err := <-done:
			s.Log.Info(scriptResult(what, err))
			return goOn
		case sig := <-signals: // nil: never
			if sig == unix.SIGTERM || sig == unix.SIGINT {
				goOn = false
				cancel()
			}
		}
	}
}

func run(ctx context.Context, c *conf.Script, user conf.User) error {
	cmd, err := script.New(c, user)
	if err != nil {
		return err
	}
	return cmd.Run(ctx)
}

func scriptResult(what string, err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return what + " script succeeded"
	case errors.As(err, &exit) && exit.Exited():
		return fmt.Sprintf("%s script failed, status %d", what, exit.ExitCode())
	case errors.Is(err, context.DeadlineExceeded):
		return what + " script timed out"
	}
	return what + " script failed: " + err.Error()
}
