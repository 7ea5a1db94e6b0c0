package vrrpd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/netcfg"
	"github.com/keepalived-go/keepalived/internal/netmon"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// routing is the routes and rules that are in place, and whose they are. The static ones are staticID's.
type routing struct {
	routes map[netmon.Route]heldRoute
	rules  map[netmon.Rule]heldRoute
}

type heldRoute struct {
	id      vrouter.ID
	noTrack bool
}

func newRouting() routing {
	return routing{routes: map[netmon.Route]heldRoute{}, rules: map[netmon.Rule]heldRoute{}}
}

// defaultMetric6 is what the kernel gives an IPv6 route without metric (IP6_RT_PRIO_USER).
const defaultMetric6 = 1024

func routeKey(r *conf.Route) netmon.Route {
	k := netmon.Route{Dst: r.Dst, Table: r.Table, TOS: r.TOS, Metric: r.Metric}
	if r.Family == conf.IPv6 && k.Metric == 0 {
		k.Metric = defaultMetric6
	}
	return k
}

func ruleKey(r *conf.Rule) netmon.Rule {
	return netmon.Rule{V6: r.Family == conf.IPv6, Preference: r.Preference, Table: r.Table}
}

// workRoutes carries out a job of routes and rules, in one batch each.
func (d *daemon) workRoutes(j *job) {
	if j.add {
		d.setRoutes(j)
		return
	}
	routes := d.placed(j.routes)
	for _, r := range routes {
		delete(d.routing.routes, routeKey(r))
	}
	for _, r := range j.rules {
		delete(d.routing.rules, ruleKey(r))
	}
	routes = d.reachable(routes)
	d.routesFailed(j, vrouter.DelRoutes, d.kernel.DelRules(j.rules), ruleTexts(j.rules))
	d.routesFailed(j, vrouter.DelRoutes, d.kernel.DelRoutes(routes, d.index), routeTexts(routes))
}

// setRoutes puts routes and rules in place. Those on an interface that does not exist wait until it does.
func (d *daemon) setRoutes(j *job) {
	routes := d.reachable(d.placed(j.routes))
	d.routesFailed(j, vrouter.AddRoutes, d.kernel.AddRoutes(routes, d.index), routeTexts(routes))
	d.routesFailed(j, vrouter.AddRoutes, d.kernel.AddRules(j.rules), ruleTexts(j.rules))
	for _, r := range routes {
		d.routing.routes[routeKey(r)] = heldRoute{j.id, r.NoTrack}
	}
	for _, r := range j.rules {
		d.routing.rules[ruleKey(r)] = heldRoute{j.id, r.NoTrack}
	}
}

// placed returns the routes with the tables that they belong in: that of a VRF is known once the device is there, and
// routes of one that is not are left out.
func (d *daemon) placed(routes []*conf.Route) []*conf.Route {
	out := make([]*conf.Route, 0, len(routes))
	for _, r := range routes {
		if r.VRF != "" {
			link := d.mon.Link(r.VRF)
			if link == nil || link.VRF == 0 {
				continue
			}
			own := *r
			own.Table = link.VRF
			r = &own
		}
		out = append(out, r)
	}
	return out
}

// reachable returns the routes all interfaces of which exist.
func (d *daemon) reachable(routes []*conf.Route) []*conf.Route {
	missing := func(dev string) bool { return dev != "" && d.index(dev) == 0 }
	return slices.DeleteFunc(slices.Clone(routes), func(r *conf.Route) bool {
		return missing(r.Dev) || slices.ContainsFunc(r.Hops, func(h conf.RouteHop) bool { return missing(h.HopDev) })
	})
}

// routesFailed reports what the kernel has refused: to the state machine, or to the log what is static.
func (d *daemon) routesFailed(j *job, kind vrouter.ActionKind, err error, texts []string) {
	if err == nil {
		return
	}
	reason := err.Error()
	var errs netcfg.ItemErrors
	if errors.As(err, &errs) {
		reason = fmt.Sprintf("%s: %v", texts[errs[0].Index], errs[0].Err)
		if len(errs) > 1 {
			reason += fmt.Sprintf(" (and %d more)", len(errs)-1)
		}
	}
	if j.id == staticID {
		d.log.Info("cannot change static routes or rules: " + reason)
		return
	}
	d.failed(j.id, kind, reason)
}

func routeTexts(routes []*conf.Route) []string {
	var out []string
	for _, r := range routes {
		out = append(out, r.Text)
	}
	return out
}

func ruleTexts(rules []*conf.Rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.Text)
	}
	return out
}

// routeRemoved handles that someone has removed a route that we had set.
func (d *daemon) routeRemoved(r netmon.Route) {
	h, ours := d.routing.routes[r]
	delete(d.routing.routes, r)
	if ours {
		d.lostRoute(h, fmt.Sprintf("route %v", r.Dst))
	}
}

// ruleRemoved does so for a rule.
func (d *daemon) ruleRemoved(r netmon.Rule) {
	h, ours := d.routing.rules[r]
	delete(d.routing.rules, r)
	if ours {
		d.lostRoute(h, fmt.Sprintf("rule %d", r.Preference))
	}
}

func (d *daemon) lostRoute(h heldRoute, what string) {
	switch c := d.set.Instance(h.id); {
	case h.id == staticID:
		d.log.Info("Restoring deleted static " + what)
		d.restoreStatics()
	case h.noTrack || c == nil:
	default:
		d.log.Info(fmt.Sprintf("(%s) %s, no longer exist", c.Name, what))
		d.step(vrouter.Event{Kind: vrouter.AddrLost, ID: h.id})
	}
}

// mendRoutes puts the routes of masters in place once more, and what is static: when an interface goes down the kernel
// removes routes without a word.
func (d *daemon) mendRoutes() {
	for _, id := range d.set.IDs(nil) {
		if c := d.set.Instance(id); len(c.Routes) > 0 && d.set.State(id) == vrouter.Master {
			d.out.routes(id, true, c.Routes, nil)
		}
	}
	if d.hasStatics() {
		d.restoreStatics()
	}
}
