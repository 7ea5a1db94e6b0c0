package netcfg

import (
	"bytes"
	"fmt"
	"os"
)

// localReports makes the kernel report membership of 224.0.0.0/24, which every switch forwards anyway (RFC 4541 section
// 2.1.2).
const localReports = "/proc/sys/net/ipv4/igmp_link_local_mcast_reports"

// SilenceIGMP has the kernel report no groups of 224.0.0.0/24 in this namespace, and returns what undoes that. It was
// reported before or not: undone is what has been done.
func SilenceIGMP() (undo func() error, err error) {
	undo = func() error { return nil }
	was, err := os.ReadFile(localReports)
	if err == nil && !bytes.HasPrefix(was, []byte("0")) {
		err = os.WriteFile(localReports, []byte("0"), 0)
		undo = func() error { return os.WriteFile(localReports, was, 0) }
	}
	if err != nil {
		return nil, fmt.Errorf("cannot disable local IGMP: %w", err)
	}
	return undo, nil
}

// Forwards6 tells whether the interface forwards IPv6; false when that cannot be found out.
func Forwards6(ifname string) bool {
	b, err := os.ReadFile("/proc/sys/net/ipv6/conf/" + ifname + "/forwarding")
	return err == nil && bytes.HasPrefix(b, []byte("1"))
}
