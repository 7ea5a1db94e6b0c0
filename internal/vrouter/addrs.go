package vrouter

import (
	"fmt"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// retryAfter is how long a failed change of addresses rests before it is tried again.
const retryAfter = 5 * time.Second

// setAddrs puts all addresses in place.
func (m *machine) setAddrs() {
	m.held = true
	m.change(AddAddrs, "setting VIPs.", m.cfg.Addrs)
	m.change(AddAddrs, "setting E-VIPs.", m.cfg.ExcludedAddrs)
	m.setRoutes()
}

// removeAddrs takes all addresses away.
func (m *machine) removeAddrs() {
	m.held = false
	m.removeRoutes()
	m.change(DelAddrs, "removing VIPs.", m.cfg.Addrs)
	m.change(DelAddrs, "removing E-VIPs.", m.cfg.ExcludedAddrs)
}

func (m *machine) change(kind ActionKind, text string, addrs []conf.Address) {
	if len(addrs) == 0 {
		return
	}
	m.detail(text)
	m.set.do(Action{Kind: kind, ID: m.id, Addrs: addrs})
}

// announceAll announces every address count times.
func (m *machine) announceAll(count int, refresh bool) {
	m.announce(m.cfg.Addrs, count, refresh)
	m.announce(m.cfg.ExcludedAddrs, count, refresh)
}

func (m *machine) announce(addrs []conf.Address, count int, refresh bool) {
	if len(addrs) == 0 || count <= 0 {
		return
	}
	if m.set.detail {
		for _, a := range addrs {
			what := "gratuitous ARPs"
			if a.Prefix.Addr().Is6() {
				what = "Unsolicited Neighbour Adverts"
			}
			m.detail(fmt.Sprintf("Sending/queueing %s on %s for %s", what, m.device(a), a.Prefix.Addr()))
		}
	}
	m.set.do(Action{Kind: Announce, ID: m.id, Addrs: addrs, Count: count, Refresh: refresh})
}

// startExtra has one address of each further interface announced again in a while (garp_extra_if).
func (m *machine) startExtra(now time.Time) {
	m.timer.extra = time.Time{}
	if x := m.cfg.ExtraIf; x.All && x.Every > 0 {
		m.timer.extra = now.Add(x.Every)
	}
}

// announceExtra announces the first address of each interface other than that of the instance, once.
func (m *machine) announceExtra() {
	seen := map[string]bool{m.cfg.Interface: true}
	for _, list := range [][]conf.Address{m.cfg.Addrs, m.cfg.ExcludedAddrs} {
		for i := range list {
			if dev := m.device(list[i]); !seen[dev] {
				seen[dev] = true
				m.announce(list[i:i+1], 1, true)
			}
		}
	}
}

// device returns the interface that a belongs on.
func (m *machine) device(a conf.Address) string {
	if a.Dev == "" {
		return m.cfg.Interface
	}
	return a.Dev
}

// addrLost handles the removal of one of our addresses by someone else. Part of the addresses is no virtual router:
// give it up, so that another may take it, and claim it anew soon if none does.
func (m *machine) addrLost(now time.Time) {
	if m.state != Master {
		return
	}
	m.becomeBackup(now, m.skew(), true)
	m.group.follow(now, m, true)
}

// actionFailed handles that something we asked for could not be done. Addresses are tried again for as long as the state
// wants them so; we remain master meanwhile, as giving up would only make two routers take turns.
func (m *machine) actionFailed(now time.Time, kind ActionKind, reason string) {
	switch kind {
	case AddAddrs, DelAddrs, AddRoutes, DelRoutes:
		if m.timer.retry.IsZero() {
			m.timer.retry = now.Add(retryAfter)
		}
		if !m.setFailed {
			m.setFailed = true
			what := "set"
			if kind == DelAddrs || kind == DelRoutes {
				what = "remove"
			}
			things := "addresses"
			if kind == AddRoutes || kind == DelRoutes {
				things = "routes and rules"
			}
			m.log(Error, fmt.Sprintf("cannot %s %s, trying again every %s: %s", what, things, retryAfter, reason))
		}
	case SendAdvert:
		// Nobody expects to reach anyone through an interface that is down.
		if !m.sendFailed && m.faults&faultLink == 0 {
			m.sendFailed = true
			m.logColon("send advert error " + reason)
		}
	}
}

// retry sets or removes the addresses again, which does no harm to those that are right already.
func (m *machine) retry() {
	if m.held {
		m.setAddrs()
		m.announceAll(m.cfg.Announce.Repeat, false)
		return
	}
	m.removeAddrs()
}
