package host

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Machine is this machine, in the network namespace of the calling thread.
type Machine struct{}

var _ conf.Host = Machine{}

// Link returns the interface of that name, and whether there is one.
func (Machine) Link(name string) (conf.Link, bool) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return conf.Link{}, false
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return conf.Link{}, false
	}
	defer unix.Close(fd)
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr); err != nil {
		return conf.Link{}, false
	}
	flags := ifr.Uint16()
	l := conf.Link{Loopback: flags&unix.IFF_LOOPBACK != 0, Multicast: flags&unix.IFF_MULTICAST != 0}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFMTU, ifr); err == nil {
		l.MTU = int(ifr.Uint32())
	}
	if info, err := unix.IoctlGetEthtoolDrvinfo(fd, name); err == nil {
		l.VRF = unix.ByteSliceToString(info.Driver[:]) == "vrf"
	}
	return l, true
}

// User returns the numeric ids of a user and group; an empty group means the user's own.
func (Machine) User(name, group string) (uid, gid uint32, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, fmt.Errorf("cannot look up user %s: %w", name, err)
	}
	g := u.Gid
	if group != "" {
		found, err := user.LookupGroup(group)
		if err != nil {
			return 0, 0, fmt.Errorf("cannot look up group %s: %w", group, err)
		}
		g = found.Gid
	}
	id, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("cannot use the uid of %s: %w", name, err)
	}
	gr, err := strconv.ParseUint(g, 10, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("cannot use the gid of %s: %w", name, err)
	}
	return uint32(id), uint32(gr), nil
}

// resolveTimeout bounds the look-up of a host name.
const resolveTimeout = 5 * time.Second

// Resolves tells whether a host name has an address.
func (Machine) Resolves(name string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupHost(ctx, name)
	return err == nil && len(addrs) > 0
}

// CPUs returns the number of processors.
func (Machine) CPUs() int { return runtime.NumCPU() }

// Hostname returns the name of the machine, empty when it has none.
func (Machine) Hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// Exists tells whether a file exists.
func (Machine) Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
