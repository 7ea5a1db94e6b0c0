package conf

import (
	"slices"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// LinkPoll is how the link of an interface is polled, for drivers that do not tell the kernel when it changes.
type LinkPoll uint8

// The ways to poll, in the order in which PollAny tries them.
const (
	PollAny     LinkPoll = iota // the first that the driver supports
	PollMII                     // the status register of the transceiver
	PollEthtool                 // ETHTOOL_GLINK
	PollIOCTL                   // the flags of the interface
)

// String returns the word of linkbeat_interfaces.
func (p LinkPoll) String() string { return [...]string{"", "MII", "ETHTOOL", "IOCTL"}[p] }

func linkbeatWords() []Keyword {
	var out []Keyword
	for p := PollMII; p <= PollIOCTL; p++ {
		out = append(out, Keyword{Path: "<entry>/" + p.String(), Kind: Flag, Owner: VRRP, InEffect: true})
	}
	return out
}

// polledLink is one line of linkbeat_interfaces.
type polledLink struct {
	pos  syntax.Pos
	name string
	how  LinkPoll
}

// readLinkbeat reads lines of an interface and how it is polled.
func (b *builder) readLinkbeat(d *syntax.Directive) {
	for _, l := range b.entries(entry{d, value{}}) {
		if _, ok := b.link(l.Name()); !ok && !b.cfg.Global.DynamicIfaces {
			b.report(l, syntax.BadInterface, "unknown interface "+l.Name()+" specified for linkbeat interface")
			continue
		}
		p := polledLink{pos: l.Pos(), name: l.Name()}
		for i, w := range l.Words[1:] {
			how := slices.Index([]string{"MII", "ETHTOOL", "IOCTL"}, w.Text)
			if i > 0 || how < 0 {
				b.err(w, syntax.GeneralError, "extra characters "+strings.Join(wordsOf(l)[i+1:], " ")+" in linkbeat interface")
				break
			}
			p.how = PollMII + LinkPoll(how)
		}
		b.vrrp.polled = append(b.vrrp.polled, p)
	}
}

// finishLinkbeat settles which interfaces are polled: those named that anything depends on, and all of them, or those of
// single instances, with linkbeat_use_polling.
func (b *builder) finishLinkbeat() {
	polled := map[string]LinkPoll{}
	used := b.cfg.Links()
	for _, p := range b.vrrp.polled {
		if !slices.Contains(used, p.name) {
			b.add(syntax.Diagnostic{Pos: p.pos, Severity: syntax.Note,
				Text: "Turning off linkbeat for " + p.name + " since not used for tracking"})
			continue
		}
		polled[p.name] = p.how
	}
	if !b.cfg.Global.PollLinks {
		used = nil
	}
	for _, t := range b.vrrp.instances {
		if t.pollLink && t.Interface != "" {
			used = append(used, t.Interface)
		}
	}
	for _, name := range used {
		if _, given := polled[name]; !given {
			polled[name] = PollAny
		}
	}
	b.cfg.PolledLinks = polled
}

// Links returns the names of all interfaces that instances depend on, those of the instances first.
func (c *Config) Links() []string {
	var names []string
	seen := map[string]bool{"": true}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	lists := make([][]Track, 0, len(c.Instances)+len(c.SyncGroups))
	for _, inst := range c.Instances {
		add(inst.Link())
		lists = append(lists, inst.Tracks)
	}
	for _, g := range c.SyncGroups {
		lists = append(lists, g.Tracks)
	}
	for _, list := range lists {
		for _, t := range list {
			if t.Kind == TrackInterface {
				add(t.Name)
			}
		}
	}
	return names
}
