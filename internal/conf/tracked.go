package conf

import (
	"slices"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// finishTracks settles what the instances and groups track, and leaves out what nobody does. Priorities in a sync group
// must not drift apart, and the owner's is fixed: weights mean nothing there.
func (b *builder) finishTracks() {
	grouped := map[string]bool{}
	for _, g := range b.vrrp.groups {
		g.Tracks = resolve(g.tracks)
		for _, m := range g.Members {
			grouped[m] = !g.TrackingWeight
		}
	}
	for _, t := range b.vrrp.instances {
		b.ownTracks(t, grouped[t.Name])
	}
	for _, s := range b.vrrp.scriptOrder {
		if s.used {
			b.cfg.Scripts = append(b.cfg.Scripts, s.VRRPScript)
		}
	}
	for _, f := range b.vrrp.files {
		b.cfg.Files = append(b.cfg.Files, f.WatchedFile) // the checkers may want it
	}
	for _, p := range b.vrrp.processes {
		if p.used {
			b.cfg.Processes = append(b.cfg.Processes, p.WatchedProcess)
		}
	}
}

// ownTracks reports what an instance tracks in vain, and resolves the rest.
func (b *builder) ownTracks(t *instanceBlock, grouped bool) {
	kept := slices.DeleteFunc(slices.Clone(t.tracks), func(e trackEntry) bool {
		switch {
		case e.Kind == TrackInterface && e.Name == t.Interface && !t.DontTrackPrimary:
			b.add(syntax.Diagnostic{Pos: e.pos, Severity: syntax.GeneralError,
				Text: "(" + t.Name + ") Ignoring track_interface " + e.Name + " since own interface"})
			return true
		case e.Weight == 0:
			return false
		case t.Priority == owner:
			return b.inVain(t, e, "address_owner")
		case grouped:
			return b.inVain(t, e, "SYNC group")
		}
		return false
	})
	t.Tracks = append(resolve(kept), b.routeLinks(t)...)
}

// routeLinks returns the interfaces that the routes and rules of an instance need, and the static ones of its track groups:
// without them it must not be master.
func (b *builder) routeLinks(t *instanceBlock) []Track {
	var out []Track
	seen := map[string]bool{"": true, t.Interface: true}
	add := func(dev string) {
		if !seen[dev] {
			seen[dev] = true
			out = append(out, Track{Target: Target{TrackInterface, dev}})
		}
	}
	for _, r := range t.Routes {
		if !r.NoTrack {
			add(r.Dev)
		}
	}
	for _, r := range t.Rules {
		if !r.NoTrack {
			add(r.IIF)
			add(r.OIF)
		}
	}
	for _, g := range b.cfg.TrackGroups {
		if !slices.Contains(g.Members, t.Name) {
			continue
		}
		for _, a := range b.cfg.StaticAddrs {
			if a.TrackGroup == g.Name {
				add(a.Dev)
			}
		}
		for _, r := range b.cfg.StaticRoutes {
			if r.TrackGroup == g.Name {
				add(r.Dev)
			}
		}
		for _, r := range b.cfg.StaticRules {
			if r.TrackGroup == g.Name {
				add(r.IIF)
			}
		}
	}
	return out
}

func (b *builder) inVain(t *instanceBlock, e trackEntry, why string) bool {
	b.add(syntax.Diagnostic{Pos: e.pos, Severity: syntax.Note, Text: "(" + t.Name + ") ignoring tracked " +
		[...]string{"interface", "script", "file", "process", "BFD"}[e.Kind] + " " + e.Name + " with weights due to " + why})
	return true
}
