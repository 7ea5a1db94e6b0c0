package checkd

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/netmon"
)

// addresses watches which addresses this host has, for ha_suspend.
type addresses struct {
	mon  *netmon.Monitor
	have map[netip.Addr]bool
	wake chan struct{} // there is something to read
	read chan struct{} // it has been read
	quit chan struct{}
	done chan struct{}
}

// readable returns a channel that tells when there is something to read; nil when nothing is watched.
func (a *addresses) readable() <-chan struct{} {
	if a == nil {
		return nil
	}
	return a.wake
}

// watchAddresses begins to watch when a virtual server wants it, and tells the table what is there.
func (d *daemon) watchAddresses() {
	wanted := false
	for _, v := range d.Config.VirtualServers {
		wanted = wanted || v.HASuspend
	}
	if !wanted || d.vips != nil {
		return
	}
	d.log.Info("Registering Kernel netlink reflector")
	g := &d.Config.Global.LVS
	mon, err := netmon.Open(g.MonitorRcvBuf, g.MonitorRcvBufForce, 0)
	if err != nil {
		d.log.Log(log.Err, err.Error())
		return
	}
	d.vips = &addresses{mon: mon, have: map[netip.Addr]bool{}, wake: make(chan struct{}), read: make(chan struct{}),
		quit: make(chan struct{}), done: make(chan struct{})}
	go d.vips.watch()
	d.compareAddresses(false)
}

func (d *daemon) closeAddresses() {
	if d.vips == nil {
		return
	}
	close(d.vips.quit)
	<-d.vips.done
	d.vips.mon.Close()
}

// pollPeriod is how often the watcher looks whether it is to end, in milliseconds.
const pollPeriod = 200

// watch waits until the monitor has something to say and until the loop has read it.
func (a *addresses) watch() {
	defer close(a.done)
	fds := []unix.PollFd{{Fd: int32(a.mon.FD()), Events: unix.POLLIN}}
	for {
		n, _ := unix.Poll(fds, pollPeriod)
		select {
		case <-a.quit:
			return
		default:
		}
		if n <= 0 {
			continue
		}
		select {
		case a.wake <- struct{}{}:
			<-a.read
		case <-a.quit:
			return
		}
	}
}

func (d *daemon) readAddresses() {
	if _, err := d.vips.mon.Read(nil); err != nil {
		d.log.Log(log.Err, err.Error())
	}
	d.vips.read <- struct{}{}
	d.compareAddresses(true)
}

// compareAddresses tells the table which addresses have come and gone.
func (d *daemon) compareAddresses(say bool) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		d.log.Log(log.Err, fmt.Sprintf("cannot list the addresses of this host: %v", err))
		return
	}
	have := map[netip.Addr]bool{}
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			have[p.Addr().Unmap()] = true
		}
	}
	tell := func(a netip.Addr, here bool) {
		word := map[bool]string{true: "added", false: "removed"}[here]
		if say {
			d.log.Info(fmt.Sprintf("Netlink reflector reports IP %s %s", a, word))
		}
		d.step(lvs.Event{Kind: lvs.Address, Addr: a, Up: here})
	}
	for a := range d.vips.have {
		if !have[a] {
			tell(a, false)
		}
	}
	for a := range have {
		if !d.vips.have[a] {
			tell(a, true)
		}
	}
	d.vips.have = have
}

// pingRange is who may ping by a datagram socket.
const pingRange = "/proc/sys/net/ipv4/ping_group_range"

// allowPing lets this process's group ping, as PING_CHECK needs it; who was allowed before stays so.
func allowPing() {
	b, err := os.ReadFile(pingRange)
	if err != nil {
		return
	}
	var least, most int
	if n, err := fmt.Sscan(strings.TrimSpace(string(b)), &least, &most); n != 2 || err != nil {
		return
	}
	gid := os.Getegid()
	switch {
	case least > most:
		least, most = gid, gid
	case gid >= least && gid <= most:
		return
	}
	_ = os.WriteFile(pingRange, fmt.Appendf(nil, "%d %d", min(least, gid), max(most, gid)), 0)
}
