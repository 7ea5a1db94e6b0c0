package vrouter

import (
	"slices"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// setRoutes puts the routes in place that belong to the addresses, and then the rules, which may point to them.
func (m *machine) setRoutes() {
	m.changeRoutes(AddRoutes, m.cfg.Routes, nil)
	m.changeRoutes(AddRoutes, nil, m.cfg.Rules)
}

// removeRoutes takes them away in the opposite order.
func (m *machine) removeRoutes() {
	m.changeRoutes(DelRoutes, nil, m.cfg.Rules)
	m.changeRoutes(DelRoutes, m.cfg.Routes, nil)
}

func (m *machine) changeRoutes(kind ActionKind, routes []*conf.Route, rules []*conf.Rule) {
	if len(routes)+len(rules) == 0 {
		return
	}
	what := "setting"
	if kind == DelRoutes {
		what = "removing"
	}
	if len(routes) > 0 {
		m.detail(what + " Virtual Routes")
	} else {
		m.detail(what + " Virtual Rules")
	}
	m.set.do(Action{Kind: kind, ID: m.id, Routes: routes, Rules: rules})
}

// exchangeRoutes makes the routes and rules of a master follow another configuration.
func (m *machine) exchangeRoutes(old *conf.Instance) {
	m.changeRoutes(DelRoutes, nil, rulesWithout(old.Rules, m.cfg.Rules))
	m.changeRoutes(DelRoutes, routesWithout(old.Routes, m.cfg.Routes), nil)
	m.changeRoutes(AddRoutes, routesWithout(m.cfg.Routes, old.Routes), nil)
	m.changeRoutes(AddRoutes, nil, rulesWithout(m.cfg.Rules, old.Rules))
}

// routesWithout returns the routes of a that are not in b.
func routesWithout(a, b []*conf.Route) []*conf.Route {
	return slices.DeleteFunc(slices.Clone(a), func(x *conf.Route) bool {
		return slices.ContainsFunc(b, func(y *conf.Route) bool { return x.Text == y.Text })
	})
}

// rulesWithout returns the rules of a that are not in b.
func rulesWithout(a, b []*conf.Rule) []*conf.Rule {
	return slices.DeleteFunc(slices.Clone(a), func(x *conf.Rule) bool {
		return slices.ContainsFunc(b, func(y *conf.Rule) bool { return x.Text == y.Text && x.Preference == y.Preference })
	})
}
