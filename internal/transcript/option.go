package transcript

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// DefaultInstance returns VI_1 on eth0 with one address, as the smallest useful configuration gives it.
func DefaultInstance(priority uint8) *conf.Instance {
	return &conf.Instance{
		Name: "VI_1", Interface: "eth0", VRID: 51, Family: conf.IPv4, Version: 2, Priority: priority,
		AdvertInterval: time.Second, DownAdverts: 3, Preempt: true,
		MulticastGroup: vrrp.GroupV4(), UnicastTTL: 255,
		Addrs: []conf.Address{{Prefix: netip.MustParsePrefix("10.0.0.100/24"), Dev: "eth0"}},
		Announce: conf.Announce{
			Delay: 5 * time.Second, Repeat: 5, RefreshRepeat: 1, LowerPrioDelay: 5 * time.Second, LowerPrioRepeat: 5,
		},
	}
}

// setFlag sets an option of an instance that has no value; false: there is none of that name.
func setFlag(c *conf.Instance, word string) bool {
	switch word {
	case "master":
		c.WantMaster = true
	case "nopreempt":
		c.Preempt = false
	case "preempt":
		c.Preempt = true
	case "skip_check_adv_addr":
		c.SkipCheckAddrs = true
	case "lower_prio_no_advert":
		c.LowerPrioNoAdvert = true
	case "higher_prio_send_advert":
		c.HigherPrioAdvert = true
	case "owner_ignore_adverts":
		c.OwnerIgnoreAdverts = true
	case "dont_track_primary":
		c.DontTrackPrimary = true
	case "track_src_ip":
		c.TrackSource = true
	case "check_unicast_src":
		c.CheckSource = true
	case "unicast_fault_no_peer":
		c.FaultNoPeer, c.Unicast = true, true
	case "notify_priority_changes":
		c.NotifyPriorityMoves = true
	case "untracked":
		c.Tracks = nil
	case "unrouted":
		c.Routes, c.Rules = nil, nil
	case "notify_deleted":
		c.NotifyDeletedState = true
	case "v3_checksum_as_v2":
		c.ChecksumAsV2 = true
	case "old_unicast_checksum":
		c.OldUnicastChecksum = conf.OldChecksumForce
	case "ah":
		c.Auth.Type = conf.AuthAH
	default:
		return false
	}
	return true
}

// setOption changes an instance by one word of a script: a flag, or key=value.
func setOption(c *conf.Instance, word string) error {
	if setFlag(c, word) {
		return nil
	}
	if ts, ok, err := tracks(word); ok {
		c.Tracks = append(slices.Clip(c.Tracks), ts...)
		return err
	}
	key, value, ok := strings.Cut(word, "=")
	if !ok {
		return fmt.Errorf("unknown option %q", word)
	}
	if ok, err := setNumber(c, key, value); ok {
		return err
	}
	if ok, err := setDuration(c, key, value); ok {
		return err
	}
	switch key {
	case "name":
		c.Name = value
	case "dev":
		c.Interface = value
		for i := range c.Addrs {
			c.Addrs[i].Dev = value
		}
	case "vrf":
		c.VRF, c.Interface = value, ""
	case "pass":
		c.Auth.Type = conf.AuthPass
		copy(c.Auth.Pass[:], value)
	case "src":
		c.SourceAddr = netip.MustParseAddr(value)
	case "vip":
		c.Addrs = addresses(c, value)
		if len(c.Addrs) > 0 && c.Addrs[0].Prefix.Addr().Is6() {
			c.Family, c.Version, c.MulticastGroup = conf.IPv6, 3, vrrp.GroupV6()
		}
	case "evip":
		c.ExcludedAddrs = addresses(c, value)
	case "route":
		c.Routes = append(slices.Clip(c.Routes), &conf.Route{Text: value})
	case "rule":
		c.Rules = append(slices.Clip(c.Rules), &conf.Rule{Text: value})
	case "peers":
		c.Unicast, c.MulticastGroup, c.Peers = true, netip.Addr{}, nil
		for _, a := range strings.Split(value, ",") {
			c.Peers = append(c.Peers, conf.Peer{Addr: netip.MustParseAddr(a), MaxTTL: 255})
		}
	default:
		return fmt.Errorf("unknown option %q", word)
	}
	return nil
}

func addresses(c *conf.Instance, list string) []conf.Address {
	var addrs []conf.Address
	for _, p := range strings.Split(list, ",") {
		if p == "" {
			continue
		}
		dev := c.Interface
		if prefix, on, other := strings.Cut(p, "@"); other {
			p, dev = prefix, on
		}
		addrs = append(addrs, conf.Address{Prefix: netip.MustParsePrefix(p), Dev: dev})
	}
	return addrs
}

// setNumber sets an option whose value is a number; false: there is none of that name.
func setNumber(c *conf.Instance, key, value string) (bool, error) {
	n, err := strconv.Atoi(value)
	switch key {
	case "priority":
		c.Priority = uint8(n)
	case "vrid":
		c.VRID = uint8(n)
	case "version":
		c.Version = uint8(n)
	case "down_timer_adverts":
		c.DownAdverts = n
	case "timer_expired_backup":
		c.TimerExpiredBackup = uint8(n)
	case "min_ttl", "max_ttl":
		for i := range c.Peers {
			if key == "min_ttl" {
				c.Peers[i].MinTTL, c.CheckSource = uint8(n), true
			} else {
				c.Peers[i].MaxTTL, c.CheckSource = uint8(n), true
			}
		}
	case "garp_master_repeat":
		c.Announce.Repeat = n
	case "garp_master_refresh_repeat":
		c.Announce.RefreshRepeat = n
	case "garp_lower_prio_repeat":
		c.Announce.LowerPrioRepeat = n
	default:
		return false, nil
	}
	return true, err
}

// setDuration sets an option whose value is a duration; false: there is none of that name.
func setDuration(c *conf.Instance, key, value string) (bool, error) {
	d, err := time.ParseDuration(value)
	switch key {
	case "advert_int":
		c.AdvertInterval = d
	case "preempt_delay":
		c.PreemptDelay = d
	case "garp_master_delay":
		c.Announce.Delay = d
	case "garp_master_refresh":
		c.Announce.Refresh = d
	case "garp_extra_if":
		c.ExtraIf = conf.ExtraIf{Every: d, All: true}
	case "garp_lower_prio_delay":
		c.Announce.LowerPrioDelay = d
	default:
		return false, nil
	}
	return true, err
}
