package transcript

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// trackKind returns the kind that a word of a script names.
func trackKind(word string) (conf.TrackKind, bool) {
	switch word {
	case "interface":
		return conf.TrackInterface, true
	case "script":
		return conf.TrackScript, true
	case "file":
		return conf.TrackFile, true
	case "process":
		return conf.TrackProcess, true
	case "bfd":
		return conf.TrackBFD, true
	}
	return 0, false
}

// tracks reads track_KIND=NAME[:WEIGHT[r]][,...]; false: the word is none of these.
func tracks(word string) ([]conf.Track, bool, error) {
	key, value, _ := strings.Cut(word, "=")
	kindWord, ok := strings.CutPrefix(key, "track_")
	kind, known := trackKind(kindWord)
	if !ok || !known {
		return nil, false, nil
	}
	var out []conf.Track
	for _, entry := range strings.Split(value, ",") {
		name, weight, given := strings.Cut(entry, ":")
		t := conf.Track{Target: conf.Target{Kind: kind, Name: name}}
		if kind == conf.TrackFile {
			t.Weight = 1
		}
		if given {
			weight, t.Reverse = strings.CutSuffix(weight, "r")
			n, err := strconv.Atoi(weight)
			if err != nil {
				return nil, true, err
			}
			t.Weight = n
		}
		out = append(out, t)
	}
	return out, true, nil
}

// group ROUTER GROUP INSTANCE|OPTION...
func (s *script) group(r *Router, args []string) error {
	g := &conf.SyncGroup{Name: args[0]}
	for _, word := range args[1:] {
		ts, ok, err := tracks(word)
		switch {
		case err != nil:
			return err
		case ok:
			g.Tracks = append(g.Tracks, ts...)
		case word == "sync_group_tracking_weight":
			g.TrackingWeight = true
		case word == "notify_priority_changes":
			g.NotifyPriorityMoves = true
		default:
			g.Members = append(g.Members, word)
		}
	}
	r.cfg.SyncGroups = append(r.cfg.SyncGroups, g)
	return nil
}

// tracked ROUTER NAME up|down|unknown|VALUE
func tracked(r *Router, kind conf.TrackKind, args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("want NAME STATE")
	}
	t := vrouter.Tracked{Target: conf.Target{Kind: kind, Name: args[0]}, Known: true}
	switch args[1] {
	case "up":
		t.Up = true
	case "down":
	case "unknown":
		t.Known = false
	default:
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		t.Value = n
	}
	r.Track(t)
	return nil
}
