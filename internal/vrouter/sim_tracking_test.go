package vrouter_test

import (
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/transcript"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// addTrackers has every second router track a script and a file, with or without weights.
func (c *cluster) addTrackers(r *transcript.Router, inst *conf.Instance) {
	if c.rnd.IntN(2) == 0 {
		return
	}
	script := conf.Track{Target: conf.Target{Kind: conf.TrackScript, Name: "s"}, Reverse: c.rnd.IntN(4) == 0}
	if c.rnd.IntN(2) == 0 {
		script.Weight = c.rnd.IntN(200) - 100
	}
	file := conf.Track{Target: conf.Target{Kind: conf.TrackFile, Name: "f"}, Weight: c.rnd.IntN(5) - 2}
	inst.Tracks = []conf.Track{script, file}
	c.tracked[r] = []vrouter.Tracked{{Target: script.Target, Known: true, Up: true}, {Target: file.Target, Known: true}}
	c.say("# tracks %+v %+v", script, file)
}

// start starts a router and lets its scripts run for the first time.
func (c *cluster) start(r *transcript.Router) {
	r.Start()
	for _, t := range c.tracked[r] {
		r.Track(t)
	}
}

// flap changes what a router tracks.
func (c *cluster) flap(r *transcript.Router) {
	for i := range c.tracked[r] {
		t := &c.tracked[r][i]
		t.Up = !t.Up
		t.Value = [...]int{0, 10, -20, 254}[c.rnd.IntN(4)]
		c.say("%s tracks %+v", r.Name, *t)
		r.Track(*t)
	}
}

// trackersFail tells whether what a router tracks keeps it from taking part.
func (c *cluster) trackersFail(r *transcript.Router) bool {
	states := c.tracked[r]
	for i, t := range r.Config().Instances[0].Tracks {
		switch {
		case t.Kind == conf.TrackScript:
			if t.Weight == 0 && states[i].Up == t.Reverse {
				return true
			}
		case t.Weight == 0:
			if states[i].Value != 0 {
				return true
			}
		case len(c.links) > 1: // a member of a group: its own weights do not count
		case states[i].Value*t.Weight <= -254:
			return true
		}
	}
	return false
}
