package conf

import (
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// tracking is a kind of tracked thing that is defined in a block of its own.
type tracking uint8

const (
	trackingScript tracking = iota
	trackingFile
	trackingProcess
	trackingBFD
)

func (k tracking) String() string {
	return [...]string{"track script", "track file", "track process", "tracked BFD"}[k]
}

// mostWeight is how far a weight may reach; a file's weight multiplies its value.
func (k tracking) mostWeight() int64 {
	if k == trackingFile || k == trackingProcess {
		return 254
	}
	return 253
}

// trackRows lists the words of an entry of a track_* block.
func trackRows(words ...string) []Keyword {
	var out []Keyword
	for _, w := range words {
		k := Keyword{Path: "<entry>/" + w, Kind: Flag, Owner: VRRP}
		if w == "weight" {
			k.Kind, k.Args = Value, "-254..254"
		}
		out = append(out, k)
	}
	return out
}

// trackEntries reads NAME [weight N [reverse|noreverse]] lines.
func (b *builder) trackEntries(l entry, most int64, what string) []trackEntry {
	var out []trackEntry
	for _, d := range b.entries(l) {
		e := trackEntry{pos: d.Pos(), name: d.Name()}
		for i := 1; i < len(d.Words); i++ {
			w := d.Words[i]
			switch w.Text {
			case "weight":
				if i+1 >= len(d.Words) {
					b.err(w, syntax.GeneralError, "weight without value specified for "+what+" "+e.name+" - ignoring")
					break
				}
				i++
				// 254 and -254 were allowed once and mean 253 and -253.
				if n, ok := b.signed(d.Words[i], -254, 254); ok {
					e.weight, e.hasW = int(max(-most, min(most, n))), true
				}
			case "reverse", "noreverse":
			default:
				b.err(w, syntax.GeneralError, "unknown "+what+" option '"+w.Text+"' for "+e.name+" - ignoring")
			}
		}
		out = append(out, e)
	}
	return out
}

func (b *builder) trackInterfaces(t *instanceBlock, l entry) {
	for _, e := range b.trackEntries(l, 253, "track interface") {
		if _, ok := b.link(e.name); !ok && !b.cfg.Global.DynamicIfaces {
			b.add(syntax.Diagnostic{Pos: e.pos, Severity: syntax.GeneralError,
				Text: "(" + t.Name + ") tracked interface " + e.name + " doesn't exist"})
			b.vrrp.missingLink = true
		}
		t.trackIfaces = append(t.trackIfaces, e)
	}
}

func (b *builder) trackScripts(t *instanceBlock, l entry) {
	for _, e := range b.trackEntries(l, 253, "track script") {
		if b.tracked(t.Name, trackingScript, e) {
			t.trackScripts = append(t.trackScripts, e)
		}
	}
}

// trackNamed checks the entries of a block whose things are defined elsewhere.
func (b *builder) trackNamed(owner string, l entry, kind tracking) {
	for _, e := range b.trackEntries(l, kind.mostWeight(), kind.String()) {
		b.tracked(owner, kind, e)
	}
}

// tracked tells whether the thing that an entry names has been defined before it.
func (b *builder) tracked(owner string, kind tracking, e trackEntry) bool {
	known := false
	switch kind {
	case trackingScript:
		known = b.vrrp.scripts[e.name] != nil
	case trackingFile:
		known = b.vrrp.trackFiles[e.name]
	case trackingProcess:
		known = b.vrrp.trackProcesses[e.name]
	case trackingBFD:
		known = b.vrrp.bfd[e.name]
	}
	if !known {
		b.add(syntax.Diagnostic{Pos: e.pos, Severity: syntax.GeneralError,
			Text: "(" + owner + ") " + kind.String() + " " + e.name + " not found, ignoring..."})
	}
	return known
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
