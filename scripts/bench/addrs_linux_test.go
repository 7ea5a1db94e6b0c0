//go:build bench

package bench

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// watchAddrs returns a socket that hears of every new IPv4 address.
func watchAddrs() (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return -1, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20); err != nil {
		return -1, err
	}
	tv := unix.Timeval{Sec: 30}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		return -1, err
	}
	return fd, unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (unix.RTNLGRP_IPV4_IFADDR - 1)})
}

func countAddrs(b []byte) int {
	msgs, err := syscall.ParseNetlinkMessage(b)
	if err != nil {
		return 0
	}
	n := 0
	for _, m := range msgs {
		if m.Header.Type == unix.RTM_NEWADDR {
			n++
		}
	}
	return n
}
