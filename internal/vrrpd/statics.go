package vrrpd

import (
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// staticID stands for what belongs to no instance.
const staticID vrouter.ID = -1

// restoreEvery bounds how often what someone removes is put back: two programs that disagree must not keep a machine busy.
const restoreEvery = time.Second

func (d *daemon) hasStatics() bool {
	return len(d.Config.StaticAddrs)+len(d.Config.StaticRoutes)+len(d.Config.StaticRules) > 0
}

// restoreStatics puts everything static in place, now or as soon as it may.
func (d *daemon) restoreStatics() {
	next := d.restored.Add(restoreEvery)
	if d.now.Before(next) {
		d.restoreAt = next
		return
	}
	d.restored, d.restoreAt = d.now, time.Time{}
	d.setStatics(d.Config)
}

// setStatics puts what a configuration has of addresses, routes and rules in place for good.
func (d *daemon) setStatics(c *conf.Config) {
	d.out.addStatic(staticAddrs(c), c.Global.DefaultInterface)
	d.out.routes(staticID, true, c.StaticRoutes, c.StaticRules)
}

// changeStatics goes over from one configuration to another; what both have is not touched.
func (d *daemon) changeStatics(old, c *conf.Config) {
	had, have := staticAddrs(old), staticAddrs(c)
	d.out.routes(staticID, false, routesWithout(old.StaticRoutes, c.StaticRoutes), rulesWithout(old.StaticRules, c.StaticRules))
	d.out.delStatic(addrsWithout(had, have))
	d.out.addStatic(addrsWithout(have, had), c.Global.DefaultInterface)
	d.out.routes(staticID, true, routesWithout(c.StaticRoutes, old.StaticRoutes), rulesWithout(c.StaticRules, old.StaticRules))
}

// removeStatics takes everything static away.
func (d *daemon) removeStatics() { d.changeStatics(d.Config, &conf.Config{}) }

func staticAddrs(c *conf.Config) []conf.Address {
	var out []conf.Address
	for _, a := range c.StaticAddrs {
		out = append(out, a.Address)
	}
	return out
}

func addrsWithout(a, b []conf.Address) []conf.Address {
	return slices.DeleteFunc(slices.Clone(a), func(x conf.Address) bool {
		return slices.ContainsFunc(b, func(y conf.Address) bool {
			y.Pos = x.Pos
			return x == y
		})
	})
}

func routesWithout(a, b []*conf.Route) []*conf.Route {
	return slices.DeleteFunc(slices.Clone(a), func(x *conf.Route) bool {
		return slices.ContainsFunc(b, func(y *conf.Route) bool { return x.Text == y.Text })
	})
}

func rulesWithout(a, b []*conf.Rule) []*conf.Rule {
	return slices.DeleteFunc(slices.Clone(a), func(x *conf.Rule) bool {
		return slices.ContainsFunc(b, func(y *conf.Rule) bool { return x.Text == y.Text && x.Preference == y.Preference })
	})
}
