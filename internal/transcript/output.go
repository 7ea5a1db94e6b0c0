package transcript

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// beat is the ordinary adverts of one instance, which a transcript only counts.
type beat struct {
	priority uint8
	count    int
	at       time.Duration // of the latest
}

// trace notes the actions of one step. Adverts that go out without anything else and only repeat the ones before are
// counted.
func (s *script) trace(r *Router, acts []vrouter.Action) {
	steady := s.isSteady(r, acts)
	for _, a := range acts {
		who := s.name(r, a)
		b := s.beat(who)
		if steady {
			b.count, b.at = b.count+1, s.lan.Elapsed()
			continue
		}
		if a.Kind == vrouter.SendAdvert {
			b.priority = a.Priority
		}
		s.flush(who, b)
		s.line(s.lan.Elapsed(), who, Text(a))
	}
}

func (s *script) isSteady(r *Router, acts []vrouter.Action) bool {
	for _, a := range acts {
		if a.Kind != vrouter.SendAdvert || a.Priority != s.beat(s.name(r, a)).priority {
			return false
		}
	}
	return true
}

func (s *script) beat(who string) *beat {
	b := s.beats[who]
	if b == nil {
		b = &beat{}
		s.beats[who] = b
	}
	return b
}

// flush writes down how many adverts have been counted.
func (s *script) flush(who string, b *beat) {
	if b.count > 0 {
		s.line(b.at, who, fmt.Sprintf("... %d x SendAdvert{Priority:%d}", b.count, b.priority))
		b.count = 0
	}
}

// name returns the router's name, with that of the instance that the action is about when it has several.
func (s *script) name(r *Router, a vrouter.Action) string {
	if a.Kind == vrouter.NotifyGroup {
		return r.Name
	}
	return s.instanceName(r, a.ID)
}

func (s *script) instanceName(r *Router, id vrouter.ID) string {
	if inst := r.set.Instance(id); inst != nil && len(r.cfg.Instances) > 1 {
		return r.Name + "/" + inst.Name
	}
	return r.Name
}

func (s *script) line(at time.Duration, who, text string) {
	s.lines = append(s.lines, fmt.Sprintf("%8.3fs %s %s", at.Seconds(), who, text))
}

// output returns the lines since the previous call.
func (s *script) output() string {
	for _, who := range slices.Sorted(maps.Keys(s.beats)) {
		s.flush(who, s.beats[who])
	}
	// A count is written down late, but belongs where its latest advert was. All times have the same width.
	slices.SortStableFunc(s.lines, func(a, b string) int { return strings.Compare(a[:9], b[:9]) })
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l + "\n")
	}
	s.lines = nil
	return b.String()
}

// Text returns an action as a transcript shows it.
func Text(a vrouter.Action) string {
	switch a.Kind {
	case vrouter.SendAdvert:
		return fmt.Sprintf("SendAdvert{Priority:%d}", a.Priority)
	case vrouter.AddAddrs:
		return "AddAddrs{" + list(a.Addrs) + "}"
	case vrouter.DelAddrs:
		return "DelAddrs{" + list(a.Addrs) + "}"
	case vrouter.Announce:
		refresh := ""
		if a.Refresh {
			refresh = " Refresh"
		}
		return fmt.Sprintf("Announce{%s Count:%d%s}", list(a.Addrs), a.Count, refresh)
	case vrouter.StopAnnounce:
		return "StopAnnounce{}"
	case vrouter.NotifyState:
		return fmt.Sprintf("NotifyState{From:%s To:%s Priority:%d}", a.From, a.To, a.Priority)
	case vrouter.NotifyGroup:
		return fmt.Sprintf("NotifyGroup{Group:%s From:%s To:%s}", a.Group, a.From, a.To)
	case vrouter.NotifyRxLowerPrio:
		return fmt.Sprintf("NotifyRxLowerPrio{Priority:%d}", a.Priority)
	case vrouter.AddRoutes, vrouter.DelRoutes:
		return routesText(a)
	case vrouter.NotifyPriority:
		return fmt.Sprintf("NotifyPriority{%s %d}", a.To, a.Priority)
	case vrouter.Log:
		return logText(a)
	}
	return fmt.Sprintf("Action(%d)", a.Kind)
}

func logText(a vrouter.Action) string {
	level := map[vrouter.Level]string{
		vrouter.Info: "log", vrouter.Notice: "notice", vrouter.Warning: "warning", vrouter.Error: "error",
		vrouter.Alert: "alert",
	}[a.Level]
	if a.Detail {
		level = "detail"
	}
	return level + ": " + a.Text
}

func list(addrs []conf.Address) string {
	var s []string
	for _, a := range addrs {
		s = append(s, a.Prefix.String())
	}
	return strings.Join(s, " ")
}

// routesText shows the routes and rules of an action as the configuration has them.
func routesText(a vrouter.Action) string {
	var texts []string
	for _, r := range a.Routes {
		texts = append(texts, r.Text)
	}
	for _, r := range a.Rules {
		texts = append(texts, r.Text)
	}
	name := "AddRoutes{"
	if a.Kind == vrouter.DelRoutes {
		name = "DelRoutes{"
	}
	return name + strings.Join(texts, "; ") + "}"
}
