package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// version is the release of keepalived that this daemon stands in for; programs parse it.
	version = "Keepalived v2.4.3 (11/20,2026)"
	// ownVersion is this implementation's.
	ownVersion = "0.1.0"
)

// writeVersion writes what -v prints. Exporters look for the version in the first line and for --enable-json.
func writeVersion(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", version)
	fmt.Fprintf(w, "keepalived-go %s, a keepalived in Go (%s), licensed under Apache-2.0\n\n", ownVersion, runtime.Version())
	fmt.Fprintf(w, "Running on %s\n", kernel())
	if d := distro(); d != "" {
		fmt.Fprintf(w, "Distro: %s\n", d)
	}
	fmt.Fprint(w, "\nconfigure options: --enable-json --enable-snmp-checker --disable-dbus --disable-bfd\n")
	fmt.Fprint(w, "\nConfig options:  LVS REGEX VRRP VRRP_AUTH JSON OLD_CHKSUM_COMPAT SNMP_CHECKER\n")
	fmt.Fprint(w, "\nSystem options:  VSYSLOG MEMFD_CREATE\n")
}

// kernel returns system name, release and version as uname(2) gives them.
func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "an unknown kernel"
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " +
		unix.ByteSliceToString(u.Version[:])
}

func distro() string {
	f, err := os.Open("/etc/os-release")
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, ok := strings.CutPrefix(s.Text(), "PRETTY_NAME="); ok {
			return strings.Trim(name, `"'`)
		}
	}
	return ""
}

// writeUsage writes what -h prints.
func writeUsage(w io.Writer, table []option) {
	fmt.Fprint(w, "Usage: keepalived [OPTION...]\n")
	for _, o := range table {
		name := "      "
		if o.short != 0 {
			name = fmt.Sprintf("  -%c, ", o.short)
		}
		name += "--" + o.long
		switch o.arg {
		case required:
			name += "=" + o.value
		case optional:
			name += "[=" + o.value + "]"
		}
		help := o.help
		if o.later {
			help += " (no effect yet)"
		}
		if len(name) > 30 {
			fmt.Fprintf(w, "%s\n%31s%s\n", name, "", help)
		} else {
			fmt.Fprintf(w, "%-31s%s\n", name, help)
		}
	}
}

// signals are the numbers that --signum prints, those of Linux with glibc.
func signalNumber(name string) (int, bool) {
	n, ok := map[string]int{"STOP": 15, "RELOAD": 1, "DATA": 10, "STATS": 12, "STATS_CLEAR": 63, "JSON": 36, "TDUMP": 64}[name]
	return n, ok
}
