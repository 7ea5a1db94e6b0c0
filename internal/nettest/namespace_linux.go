// Package nettest makes network namespaces, links and processes for tests, and takes them away again.
package nettest

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// CannotRun ends the test because this machine lacks something that it needs. The test is reported as skipped by name,
// with the reason; where CI=true is set that is a failure.
func CannotRun(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s cannot run here: %s", t.Name(), reason)
	}
	t.Skipf("%s cannot run here: %s", t.Name(), reason)
}

// NeedRoot ends the test unless it may make network namespaces.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		CannotRun(t, "it needs root to make network namespaces")
	}
	NeedProgram(t, "ip", "iproute2")
}

// NeedProgram ends the test unless the program is installed, and names the Debian package that has it.
func NeedProgram(t testing.TB, program, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		CannotRun(t, program+" is missing (apt-get install "+pkg+")")
	}
}

// debian is where Debian's package has its program. It is not looked for by name: under tests of commands that name is ours.
const debian = "/usr/sbin/keepalived"

// Debian returns the path of Debian's keepalived, to compare with, and ends the test unless it is installed.
func Debian(t testing.TB) string {
	t.Helper()
	out, err := exec.Command(debian, "-v").CombinedOutput()
	if err != nil {
		CannotRun(t, "Debian's keepalived is missing (apt-get install keepalived)")
	}
	if !strings.Contains(string(out), "Alexandre Cassen") {
		CannotRun(t, debian+" is not Debian's keepalived")
	}
	return debian
}

// Enter puts the test's goroutine into a network namespace of its own, in which lo is up. The thread is never used
// again, so nothing leaks out of it.
func Enter(t testing.TB) {
	t.Helper()
	NeedRoot(t)
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		CannotRun(t, "it cannot make a network namespace: "+err.Error())
	}
	IP(t, "link set lo up")
}

// IP runs ip(8) with the arguments in command, separated by blanks, in the namespace of the test's thread.
func IP(t testing.TB, command string) string {
	t.Helper()
	out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %s: %v: %s", command, err, out)
	}
	return string(out)
}
