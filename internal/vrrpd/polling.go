package vrrpd

import (
	"fmt"
	"maps"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/linkbeat"
	"github.com/keepalived-go/keepalived/internal/netmon"
)

// beats hands what the poller of links finds to the loop and the log.
type beats struct{ d *daemon }

var _ linkbeat.Outlet = beats{}

// Report posts a report.
func (b beats) Report(r linkbeat.Report) { b.d.inbox.post(message{beat: r}) }

// Log writes a line.
func (b beats) Log(text string) { b.d.log.Info(text) }

// pollLinks has the links polled that a configuration wants polled. Until the first look at one, netlink is believed.
func (d *daemon) pollLinks(c *conf.Config) {
	if len(c.PolledLinks) > 0 && len(d.beats) == 0 {
		d.detail("Using MII-BMSR/ETHTOOL NIC polling thread(s)...")
	}
	maps.DeleteFunc(d.beats, func(name string, _ bool) bool {
		_, wanted := c.PolledLinks[name]
		return !wanted
	})
	d.poller.Apply(c.PolledLinks)
}

// polled takes in how a polled link is.
func (d *daemon) polled(r linkbeat.Report) {
	if !d.isPolled(r.Name) {
		return // not any more
	}
	_, known := d.beats[r.Name]
	d.beats[r.Name] = r.Up
	if known {
		d.log.Info(fmt.Sprintf("Linkbeat reports %s %s", r.Name, upOrDown(r.Up)))
	}
	if known && r.Up {
		d.mendRoutes()
	}
	d.tellLinks()
}

func (d *daemon) isPolled(name string) bool {
	_, polled := d.Config.PolledLinks[name]
	return polled
}

// isUp tells whether an interface can carry packets: as the poller has found it, else as netlink says.
func (d *daemon) isUp(link *netmon.Link) bool {
	if up, known := d.beats[link.Name]; known {
		return up
	}
	return link.Up
}

func upOrDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}
