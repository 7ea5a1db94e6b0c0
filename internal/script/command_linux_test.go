package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

func program(t *testing.T, text string) (path, out string) {
	t.Helper()
	dir := t.TempDir()
	path, out = filepath.Join(dir, "script"), filepath.Join(dir, "out")
	install(t, path, strings.ReplaceAll(text, "OUT", out))
	return path, out
}

// install writes a program while no other process is made, which would have it open for writing: the kernel would not execute it.
func install(t *testing.T, path, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, s *conf.Script, args ...string) error {
	t.Helper()
	c, err := New(s, conf.User{}, args...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return c.Run(ctx)
}

func TestArgumentsReachTheProgram(t *testing.T) {
	for name, head := range map[string]string{"with #!": "#!/bin/sh\n", "without #!": ""} {
		path, out := program(t, head+`printf '%s|' "$@" >OUT`)
		if err := run(t, &conf.Script{Line: path + " a", Argv: []string{path, "a"}}, "INSTANCE", "b c", "MASTER"); err != nil {
			t.Fatal(name, err)
		}
		if got, _ := os.ReadFile(out); string(got) != "a|INSTANCE|b c|MASTER|" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestShellSyntaxIsRunByTheShell(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	line := "[ 1 = 1 ] && printf '%s|' x >" + out + " && true"
	if err := run(t, &conf.Script{Line: line, Argv: []string{"[ 1 = 1 ]"}}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(out); string(got) != "x|" {
		t.Errorf("got %q", got)
	}
}

func TestEnvironmentAndDescriptorsAreClean(t *testing.T) {
	t.Setenv("LD_PRELOAD", "")
	t.Setenv("IFS", "x")
	t.Setenv("KEEPALIVED_CHILD", "vrrp")
	t.Setenv("KEPT", "yes")
	if err := CloseOnExec(); err != nil { // the test may have been started with descriptors open
		t.Fatal(err)
	}
	path, out := program(t, "#!/bin/sh\ntr '\\0' '\\n' </proc/self/environ >OUT; ls /proc/self/fd | wc -l >>OUT; readlink /proc/self/fd/0 >>OUT")
	if err := run(t, &conf.Script{Line: path, Argv: []string{path}}); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(out)
	for _, bad := range []string{"LD_PRELOAD", "\nIFS=", "KEEPALIVED_CHILD"} {
		if strings.Contains(string(got), bad) {
			t.Errorf("%s was handed on", bad)
		}
	}
	if !strings.Contains(string(got), "KEPT=yes") || !strings.HasSuffix(string(got), "\n4\n/dev/null\n") {
		t.Errorf("got %s", got)
	}
}

func TestTestsWithTwoBracketsWork(t *testing.T) {
	if _, err := os.Stat("/bin/bash"); err != nil {
		t.Skip(err)
	}
	down := filepath.Join(t.TempDir(), "down")
	line := "[[ -f " + down + " ]] && exit 1 || exit 0"
	s := &conf.Script{Line: line, Argv: strings.Fields(line)}
	if err := run(t, s); err != nil {
		t.Errorf("without the file: %v", err)
	}
	if err := os.WriteFile(down, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t, s); err == nil {
		t.Error("with the file it succeeds")
	}
}

func TestOperatorsOfTheShellAreNoArguments(t *testing.T) {
	line := "true && exit 3 || exit 4"
	var exit *exec.ExitError
	if err := run(t, &conf.Script{Line: line, Argv: strings.Fields(line)}); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("got %v", err)
	}
}

// TestProgramThatOthersMayChangeIsRefused changes the program between two runs.
func TestProgramThatOthersMayChangeIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root is to run it")
	}
	dir, err := os.MkdirTemp("/root", "secure") // everything above it is root's
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &conf.Script{Line: path, Argv: []string{path}, Secure: true}
	if err := run(t, s); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		spoil func() error
		want  string
	}{
		{func() error { return os.Chmod(path, 0o777) }, "anyone may write to " + path + ", mode 0777: chmod o-w " + path},
		{func() error { return errors.Join(os.Chmod(path, 0o700), os.Chown(path, 1234, 0)) }, path + " belongs to user 1234, not to root: chown root " + path},
		{func() error { return errors.Join(os.Chown(path, 0, 77), os.Chmod(path, 0o770)) }, "group 77 may write to " + path + ", mode 0770: chmod g-w " + path},
		{func() error { return errors.Join(os.Chmod(path, 0o700), os.Chown(dir, 5, 0)) }, dir + " belongs to user 5, not to root: chown root " + dir},
	} {
		if err := c.spoil(); err != nil {
			t.Fatal(err)
		}
		want := "unsafe permissions found for script '" + path + "': " + c.want
		if err := run(t, s); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	s.Secure = false
	if err := run(t, s); err != nil {
		t.Errorf("without script security: %v", err)
	}
}

func TestExitStatusIsReported(t *testing.T) {
	var exit *exec.ExitError
	if err := run(t, &conf.Script{Line: "exit 7"}); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("got %v", err)
	}
}

func TestHangingScriptIsEndedWithItsChildren(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	path, out := program(t, "#!/bin/sh\n(trap '' TERM; sleep 1000) & echo $! >OUT; mkfifo "+fifo+"; cat "+fifo)
	c, err := New(&conf.Script{Line: path, Argv: []string{path}}, conf.User{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for {
			if b, _ := os.ReadFile(out); strings.HasSuffix(string(b), "\n") {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if err := c.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	left, _ := os.ReadFile(out)
	pid, err := strconv.Atoi(strings.TrimSpace(string(left)))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the script's child lives on")
		}
	}
}

// alive tells whether the process exists and is no zombie, which it stays where nobody reaps orphans.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestSupplementaryGroupsAreThoseAskedFor(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become someone else")
	}
	line := "grep -q '^Groups:.*[0-9]' /proc/self/status"
	for groups, want := range map[bool]int{true: 0, false: 1} {
		s := &conf.Script{Line: line, Argv: []string{"no such program"}, User: conf.User{Name: "nobody"}, Groups: groups}
		var exit *exec.ExitError
		err := run(t, s)
		if code := 0; errors.As(err, &exit) {
			if code = exit.ExitCode(); code != want {
				t.Errorf("with groups %t: status %d, want %d", groups, code, want)
			}
		} else if err != nil || want != 0 {
			t.Errorf("with groups %t: %v", groups, err)
		}
	}
}

func TestUnknownUserIsNamed(t *testing.T) {
	_, err := New(&conf.Script{Line: "true", User: conf.User{Name: "no_such_user"}}, conf.User{})
	if err == nil || err.Error() != "script 'true': script user 'no_such_user' does not exist" {
		t.Errorf("got %v", err)
	}
	_, err = New(&conf.Script{Line: "true"}, conf.User{Name: "root", Group: "no_such_group"})
	if err == nil || !strings.Contains(err.Error(), "script group 'no_such_group' does not exist") {
		t.Errorf("got %v", err)
	}
}

// The runtime opens the file of the time zone so that a script which is started at that moment would inherit it. After
// CloseOnExec it is opened no more: in another process, whose file is gone by the time that the zone is asked for.
func TestTimeZoneIsReadBeforeScriptsRun(t *testing.T) {
	const name = "TIME_ZONE_OF_TEST"
	if file := os.Getenv(name); file != "" {
		if err := errors.Join(CloseOnExec(), os.Remove(file)); err != nil {
			t.Fatal(err)
		}
		zone, _ := time.Now().Zone()
		fmt.Println("zone", zone)
		return
	}
	// RFC 9636: a zone of one type, 5 letters with the zero at their end, an hour east.
	zone := "TZif" + strings.Repeat("\x00", 16+4*4) + "\x00\x00\x00\x01\x00\x00\x00\x05" + "\x00\x00\x0e\x10\x00\x00" + "HERE\x00"
	file := filepath.Join(t.TempDir(), "zone")
	if err := os.WriteFile(file, []byte(zone), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "TZ="+file, name+"="+file)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "zone HERE\n") {
		t.Errorf("%v\n%s", err, out)
	}
}
