// Package script runs a configured program as the configured user, cut off from the daemon's own descriptors.
package script

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/host"
)

// DefaultUser runs the scripts of a configuration that names no user, when the system has it.
const DefaultUser = "keepalived_script"

// Command is a program that is ready to run.
type Command struct {
	path string              // what is executed
	argv []string            // and what it is called by
	cred *syscall.Credential // nil: as the daemon
	// secure refuses to run as root what others may change.
	secure bool
	// bounded keeps the script from gaining privileges by what it executes.
	bounded bool
}

// New prepares s to run with additional arguments. def is script_user of the configuration. An error names the user or
// group that does not exist.
func New(s *conf.Script, def conf.User, args ...string) (Command, error) {
	who := s.User
	if who.Name == "" {
		who = def
	}
	cred, err := credential(who)
	if err == nil && s.Groups && cred != nil {
		cred.Groups, err = groups(who, def)
	}
	if err != nil {
		return Command{}, fmt.Errorf("script '%s': %w", s.Line, err)
	}
	c := Command{argv: argv(s, args), cred: cred, secure: s.Secure, bounded: s.Secure && !gains(s)}
	if c.path = c.argv[0]; !s.KeepLinks {
		if real, err := filepath.EvalSymlinks(c.path); err == nil {
			c.path = real
		}
	}
	return c, nil
}

// String returns the command as the log shows it.
func (c Command) String() string { return strings.Join(c.argv, " ") }

// argv returns what is executed: the program itself when there is one, else a shell that makes sense of the line.
func argv(s *conf.Script, args []string) []string {
	if !s.Shell() {
		if path, err := exec.LookPath(s.Argv[0]); err == nil {
			return slices.Concat([]string{path}, s.Argv[1:], args)
		}
	}
	// "$@" hands the additional arguments on without the shell taking them apart.
	if len(args) > 0 {
		return slices.Concat([]string{shell(s.Line), "-c", s.Line + ` "$@"`, "sh"}, args)
	}
	return []string{shell(s.Line), "-c", s.Line}
}

// shell returns the shell for a line. The test with two brackets is bash's: elsewhere it would fail quietly.
func shell(line string) string {
	const bash = "/bin/bash"
	if strings.Contains(line, "[[ ") {
		if _, err := os.Stat(bash); err == nil {
			return bash
		}
	}
	return "/bin/sh"
}

// groups returns all groups of the user.
func groups(who, def conf.User) ([]uint32, error) {
	name := cmp.Or(who.Name, def.Name, DefaultUser)
	u, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("script user '%s' does not exist", name)
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("groups of script user '%s': %w", name, err)
	}
	var out []uint32
	for _, id := range ids {
		n, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("groups of script user '%s': %w", name, err)
		}
		out = append(out, uint32(n))
	}
	return out, nil
}

// IDs returns the numbers of the user and group that a script of this user runs as.
func IDs(who conf.User) (uid, gid int, err error) {
	cred, err := credential(who)
	if err != nil || cred == nil {
		return os.Geteuid(), os.Getegid(), err
	}
	return int(cred.Uid), int(cred.Gid), nil
}

// credential returns the identity of the user, nil when that is the daemon's own.
func credential(who conf.User) (*syscall.Credential, error) {
	name := who.Name
	if name == "" {
		name = DefaultUser
	}
	u, err := user.Lookup(name)
	if err != nil && who.Name == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("script user '%s' does not exist", name)
	}
	gid := u.Gid
	if who.Group != "" {
		g, err := user.LookupGroup(who.Group)
		if err != nil {
			return nil, fmt.Errorf("script group '%s' does not exist", who.Group)
		}
		gid = g.Gid
	}
	uid, errU := strconv.ParseUint(u.Uid, 10, 32)
	gidN, errG := strconv.ParseUint(gid, 10, 32)
	if err := errors.Join(errU, errG); err != nil {
		return nil, fmt.Errorf("script user '%s': %w", name, err)
	}
	if int(uid) == os.Geteuid() && int(gidN) == os.Getegid() {
		return nil, nil
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gidN)}, nil
}

// killDelay is how long a script that was asked to end has until it is killed.
const killDelay = 2 * time.Second

// Run runs the command and waits for it. When ctx ends, the script's process group gets SIGTERM, SIGKILL two seconds
// later, and Run returns the context's error. A script that fails gives an *exec.ExitError.
func (c Command) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	// The death signal of a child is bound to the thread that started it.
	runtime.LockOSThread()
	if !c.bounded && !realtime() {
		defer runtime.UnlockOSThread()
		return c.execute(ctx)
	}
	runtime.UnlockOSThread()
	result := make(chan error, 1)
	go c.onThread(ctx, result)
	return <-result
}

// execute runs the command as a child of the calling thread.
func (c Command) execute(ctx context.Context) error {
	cmd, err := c.start(c.path, c.argv)
	if errors.Is(err, syscall.ENOEXEC) { // no #! line: the shell reads it
		cmd, err = c.start("/bin/sh", slices.Concat([]string{"/bin/sh", c.path}, c.argv[1:]))
	}
	if err != nil {
		return fmt.Errorf("cannot run script '%s': %w", c, err)
	}
	done := make(chan struct{})
	go end(ctx, cmd.Process.Pid, done)
	err = cmd.Wait()
	close(done)
	if ctx.Err() == nil {
		return err
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it has started and left behind
	return ctx.Err()
}

// check refuses a program that root is to run and others may change. It is done for each run, as the program may have been
// changed since the last.
func (c Command) check() error {
	uid, gid := uint32(os.Geteuid()), uint32(os.Getegid())
	if c.cred != nil {
		uid, gid = c.cred.Uid, c.cred.Gid
	}
	if !c.secure || uid != 0 && gid != 0 {
		return nil
	}
	if err := host.Unsafe(c.path); err != nil {
		return fmt.Errorf("unsafe permissions found for script '%s': %w", c.argv[0], err)
	}
	return nil
}

func (c Command) start(path string, argv []string) (*exec.Cmd, error) {
	cmd := &exec.Cmd{Path: path, Args: argv, Env: cleanEnv(os.Environ())}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM, Credential: c.cred}
	return cmd, cmd.Start()
}

// CloseOnExec marks every descriptor but the standard ones, so that no script inherits what this process was started
// with or opens. The Go runtime opens the time zone without that mark when it needs it first: it needs it now.
func CloseOnExec() error {
	_, _ = time.Now().Zone()
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("cannot mark descriptors close-on-exec: %w", err)
	}
	return nil
}

// end makes the process group end when ctx does, unless the script is done before.
func end(ctx context.Context, pid int, done <-chan struct{}) {
	for _, step := range []struct {
		after <-chan struct{}
		sig   syscall.Signal
	}{{ctx.Done(), syscall.SIGTERM}, {after(killDelay, ctx), syscall.SIGKILL}} {
		select {
		case <-done:
			return
		case <-step.after:
			_ = syscall.Kill(-pid, step.sig)
		}
	}
}

// after returns a channel that is closed d after ctx has ended.
func after(d time.Duration, ctx context.Context) <-chan struct{} {
	c := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(d, func() { close(c) }) })
	return c
}

// cleanEnv drops what could change how the script is run, and the daemon's own variables.
func cleanEnv(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name == "IFS" || name == "LD_PRELOAD" || name == "LD_LIBRARY_PATH" || strings.HasPrefix(name, "KEEPALIVED_CHILD")
	})
}
