package conf

import (
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// trackRows lists the words of an entry of a track_* block.
func trackRows(effect bool, words ...string) []Keyword {
	var out []Keyword
	for _, w := range words {
		k := Keyword{Path: "<entry>/" + w, Kind: Flag, Owner: VRRP, InEffect: effect}
		if w == "weight" {
			k.Kind, k.Args = Value, "-254..254"
		}
		out = append(out, k)
	}
	return out
}

// tracker is what the lines of track_* blocks must know of the thing that they name.
type tracker struct {
	weight  int // of a line that gives none
	reverse bool
	used    bool
	gone    bool // it cannot run
}

// trackEntry is one line of a track_* block. Whether what it names can run turns out later.
type trackEntry struct {
	Track
	pos syntax.Pos
	of  *tracker // nil: an interface
}

// defineTracker notes a thing that can be tracked; the first of its name counts.
func (b *builder) defineTracker(kind TrackKind, name string, t *tracker) bool {
	if b.vrrp.trackers == nil {
		b.vrrp.trackers = map[Target]*tracker{}
	}
	id := Target{kind, name}
	if b.vrrp.trackers[id] != nil {
		return false
	}
	b.vrrp.trackers[id] = t
	return true
}

// trackEntries reads NAME [weight N [reverse|noreverse]] lines. What they name must have been defined before.
func (b *builder) trackEntries(owner string, l entry, kind TrackKind) []trackEntry {
	var out []trackEntry
	for _, d := range b.entries(l) {
		e := trackEntry{pos: d.Pos()}
		e.Target = Target{kind, d.Name()}
		if kind != TrackInterface {
			if e.of = b.vrrp.trackers[e.Target]; e.of == nil {
				b.add(syntax.Diagnostic{Pos: e.pos, Severity: syntax.GeneralError,
					Text: "(" + owner + ") " + kind.String() + " " + e.Name + " not found, ignoring..."})
				continue
			}
			e.Weight, e.Reverse = e.of.weight, e.of.reverse
		}
		b.trackWords(&e, d)
		out = append(out, e)
	}
	return out
}

// trackWords reads what stands behind the name of a tracked thing.
func (b *builder) trackWords(e *trackEntry, d *syntax.Directive) {
	what, most := e.Kind.String(), e.Kind.mostWeight()
	for i := 1; i < len(d.Words); i++ {
		w := d.Words[i]
		switch w.Text {
		case "weight":
			if i+1 >= len(d.Words) {
				b.err(w, syntax.GeneralError, "weight without value specified for "+what+" "+e.Name+" - ignoring")
				return
			}
			i++
			// 254 and -254 were allowed once and mean 253 and -253.
			if n, ok := b.signed(d.Words[i], -254, 254); ok {
				e.Weight = int(max(-most, min(most, n)))
			}
		case "reverse", "noreverse":
			e.Reverse = w.Text == "reverse"
		default:
			b.err(w, syntax.GeneralError, "unknown "+what+" option '"+w.Text+"' for "+e.Name+" - ignoring")
		}
	}
}

func (b *builder) trackInterfaces(t *instanceBlock, l entry) {
	entries := b.trackEntries(t.Name, l, TrackInterface)
	for _, e := range entries {
		if _, ok := b.link(e.Name); !ok && !b.cfg.Global.DynamicIfaces {
			b.add(syntax.Diagnostic{Pos: e.pos, Severity: syntax.GeneralError,
				Text: "(" + t.Name + ") tracked interface " + e.Name + " doesn't exist"})
			b.vrrp.missingLink = true
		}
	}
	t.tracks = append(t.tracks, entries...)
}

// trackNamed reads a block of an instance whose things are defined elsewhere.
func (b *builder) trackNamed(t *instanceBlock, l entry, kind TrackKind) {
	t.tracks = append(t.tracks, b.trackEntries(t.Name, l, kind)...)
}

// resolve returns the lines that take effect: what they name can run. BFD sessions are not watched yet.
func resolve(entries []trackEntry) []Track {
	var out []Track
	for _, e := range entries {
		if e.Kind == TrackBFD || e.of != nil && e.of.gone {
			continue
		}
		if e.of != nil {
			e.of.used = true
		}
		out = append(out, e.Track)
	}
	return out
}

func vmacWords() []Keyword {
	return []Keyword{
		{Path: "<word>/name", Kind: Value, Args: "ifname", Owner: VRRP},
		{Path: "<word>/netlink_notify_msg", Kind: Flag, Owner: VRRP},
		{Path: "<word>/group", Kind: Value, Args: "name or number", Owner: VRRP},
		{Path: "<word>/MAC", Kind: Value, Args: "xx:xx:xx:xx:xx[:xx]", Owner: VRRP},
	}
}

func ipvlanWords() []Keyword {
	return []Keyword{
		{Path: "<word>/name", Kind: Value, Args: "ifname", Owner: VRRP},
		{Path: "<word>/bridge", Kind: Flag, Owner: VRRP},
		{Path: "<word>/private", Kind: Flag, Owner: VRRP},
		{Path: "<word>/vepa", Kind: Flag, Owner: VRRP},
		{Path: "<word>/group", Kind: Value, Args: "name or number", Owner: VRRP},
		{Path: "<word>/ADDRESS", Kind: Value, Args: "IP[/len]", Owner: VRRP},
	}
}

// readVMAC checks use_vmac [[name] IFNAME] [MAC] [netlink_notify_msg] [group G].
func (b *builder) readVMAC(t *instanceBlock, l entry) {
	t.vmac = true
	for i := 1; i < len(l.Words); i++ {
		w := l.Words[i]
		switch {
		case w.Text == "netlink_notify_msg":
		case w.Text == "group" || w.Text == "name":
			if i+1 >= len(l.Words) {
				b.missing(l.Directive, i+1)
				return
			}
			i++
			t.vmacName = t.vmacName || w.Text == "name"
		case strings.Contains(w.Text, ":") || strings.Contains(w.Text, "/"):
			b.checkMAC(t, w)
		case !t.vmacName:
			t.vmacName = true
			if len(w.Text) > maxIfname {
				b.err(w, syntax.GeneralError, "VMAC interface name '"+w.Text+"' too long or invalid characters - ignoring")
			}
		default:
			b.err(w, syntax.GeneralError, "("+t.Name+") unknown use_vmac option '"+w.Text+"' - ignoring")
		}
	}
}

// checkMAC checks a MAC address of six octets, or five to which the VRID is added.
func (b *builder) checkMAC(t *instanceBlock, w syntax.Word) {
	octets := strings.Split(w.Text, ":")
	ok := len(octets) == 5 || len(octets) == 6
	for _, o := range octets {
		ok = ok && o != "" && len(o) <= 2 && strings.Trim(o, "0123456789abcdefABCDEF") == ""
	}
	if !ok {
		b.err(w, syntax.GeneralError, "("+t.Name+") invalid MAC address "+w.Text+" - ignoring")
	}
}

func (b *builder) readIPVLAN(t *instanceBlock, l entry) {
	t.ipvlan = true
	named := false
	for i := 1; i < len(l.Words); i++ {
		w := l.Words[i]
		switch w.Text {
		case "bridge", "private", "vepa":
			continue
		case "group", "name":
			i++
			continue
		}
		if host, _, _ := strings.Cut(w.Text, "/"); strings.ContainsAny(host, ".:") {
			if _, ok := parseAddr(host); ok {
				t.ipvlanAddr = true
				continue
			}
		}
		if named {
			b.err(w, syntax.GeneralError, "("+t.Name+") unknown use_ipvlan option '"+w.Text+"' - ignoring")
		}
		named = true
	}
}
