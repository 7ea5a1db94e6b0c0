package vrrpd

import (
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// pace has announcements paced as a configuration says. A garp_group is a lane of its own, with a negative number; other
// interfaces are lanes by their index.
func (d *daemon) pace(c *conf.Config) {
	d.announces.Lane = func(ifindex int) int {
		link := d.mon.LinkByIndex(ifindex)
		if link == nil {
			return ifindex
		}
		i := slices.IndexFunc(c.GARPGroups, func(g conf.GARPGroup) bool { return slices.Contains(g.Links, link.Name) })
		if i < 0 {
			return ifindex
		}
		return -1 - i
	}
	d.announces.Interval = func(lane int, v6 bool) time.Duration { return interval(c, lane, v6) }
}

// interval returns the least time between two announcements in a lane. What a group does not say is 0, as it is in
// keepalived.
func interval(c *conf.Config, lane int, v6 bool) time.Duration {
	arp, na := c.Global.GARPInterval, c.Global.GNAInterval
	if lane < 0 {
		arp, na = 0, 0
		if i := -1 - lane; i < len(c.GARPGroups) { // else what waits in the lane of a group that a reload has removed
			arp, na = c.GARPGroups[i].GARPInterval, c.GARPGroups[i].GNAInterval
		}
	}
	if v6 {
		return na
	}
	return arp
}
