package netcfg

import (
	"bytes"
	"os"
)

// Forwards6 tells whether the interface forwards IPv6; false when that cannot be found out.
func Forwards6(ifname string) bool {
	b, err := os.ReadFile("/proc/sys/net/ipv6/conf/" + ifname + "/forwarding")
	return err == nil && bytes.HasPrefix(b, []byte("1"))
}
