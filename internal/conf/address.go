package conf

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// The flags of linux/if_addr.h that an address line can set.
const (
	flagNoDAD         = 0x02
	flagHome          = 0x10
	flagManageTemp    = 0x100
	flagNoPrefixRoute = 0x200
	flagAutoJoin      = 0x400
)

// addressLine is an address line while it is read.
type addressLine struct {
	Address
	place      string // where it stands, for messages
	noDev      bool   // the interface does not exist
	useVMAC    bool
	trackGroup string
	withPrefix bool
	lftSet     bool
	bad        bool // no address at all
}

// option is one word of an entry, with its argument if it takes one.
type option[T any] struct {
	name   string
	flag   bool // takes no argument
	args   string
	effect bool
	old    bool
	// set takes the argument, or the option itself for a flag.
	set func(b *builder, t *T, w syntax.Word)
}

func optionRows[T any](options []option[T], owner Owner, prefix string) []Keyword {
	var out []Keyword
	for _, o := range options {
		kind := Value
		if o.flag {
			kind = Flag
		}
		out = append(out, Keyword{prefix + o.name, kind, o.args, owner, o.old, o.effect})
	}
	return out
}

func addressOptions() []option[addressLine] {
	type line = addressLine
	type opt = option[line]
	flag := func(name string, bit uint32) opt {
		return opt{name: name, flag: true, effect: on, set: func(b *builder, t *line, w syntax.Word) { t.Flags |= bit }}
	}
	brd := func(name string) opt {
		return opt{name: name, args: "IPv4 or + or -", effect: on, set: func(b *builder, t *line, w syntax.Word) { b.readBroadcast(t, w) }}
	}
	return []opt{
		{name: "dev", args: "ifname", effect: on, set: func(b *builder, t *line, w syntax.Word) { b.readAddressDev(t, w) }},
		{name: "scope", args: "name or number", effect: on, set: func(b *builder, t *line, w syntax.Word) { b.readAddressScope(t, w) }},
		brd("broadcast"),
		brd("brd"),
		{name: "label", args: "string<=15", effect: on, set: func(b *builder, t *line, w syntax.Word) { b.readLabel(t, w) }},
		{name: "peer", args: "IP", effect: on, set: func(b *builder, t *line, w syntax.Word) { b.readPeerAddress(t, w) }},
		flag("home", flagHome),
		// An address that moves is in use elsewhere until a moment ago: it is set without duplicate address detection.
		{name: "-nodad", flag: true, effect: on, set: func(b *builder, t *line, w syntax.Word) { t.Flags &^= flagNoDAD }},
		flag("mngtmpaddr", flagManageTemp),
		flag("noprefixroute", flagNoPrefixRoute),
		flag("autojoin", flagAutoJoin),
		{name: "no_track", flag: true, effect: on, set: func(b *builder, t *line, w syntax.Word) { t.NoTrack = true }},
		{name: "preferred_lft", args: "seconds or forever", effect: on, set: func(b *builder, t *line, w syntax.Word) { b.readLifetime(t, w) }},
		{name: "use_vmac", flag: true, set: func(b *builder, t *line, w syntax.Word) { t.useVMAC = true; b.optionNoEffect(w) }},
	}
}

// staticOptions are what an address line may hold outside an instance.
func staticOptions() []option[addressLine] {
	return []option[addressLine]{
		{name: "track_group", args: "track_group name", effect: on, set: func(b *builder, t *addressLine, w syntax.Word) { t.trackGroup = w.Text }},
	}
}

func (b *builder) optionNoEffect(w syntax.Word) {
	if b.quiet == 0 && !b.warned[w.Text] {
		b.warned[w.Text] = true
		b.err(w, syntax.NoEffect, w.Text+" of an address has no effect yet")
	}
}

// parsePrefix reads IP[/length]. Without length the address stands alone. Problems that leave an address are reported.
func (b *builder) parsePrefix(w syntax.Word) (p netip.Prefix, given, ok bool) {
	text, length, given := strings.Cut(w.Text, "/")
	a, ok := parseAddr(text)
	most := 32
	if ok && a.Is6() {
		most = 128
	}
	if given {
		n, problem := parseUnsigned(length)
		if problem == "" && n > int64(most) {
			problem = fmt.Sprintf("number '%s' outside range [0, %d]", length, most)
		}
		if problem == "" {
			return netip.PrefixFrom(a, int(n)), true, ok
		}
		b.err(w, syntax.InvalidNumber, problem)
		b.err(w, syntax.GeneralError, fmt.Sprintf("Invalid address prefix len %s for address %s - using %d", length, w.Text, most))
	}
	if !ok {
		return netip.Prefix{}, given, false
	}
	return netip.PrefixFrom(a, most), false, true
}

// readAddress reads one address line. It fails when the line gives none.
func (b *builder) readAddress(d *syntax.Directive, static bool) (addressLine, bool) {
	w := d.Words[0]
	t := addressLine{place: d.Name()}
	t.Pos = d.Pos()
	p, given, ok := b.parsePrefix(w)
	if !ok {
		b.err(w, syntax.GeneralError, "VRRP parsed invalid IP "+w.Text+". skipping IP...")
		return t, false
	}
	t.Prefix, t.withPrefix, t.PreferredLft = p, given, LftForever
	if p.Addr().Is6() {
		t.Flags = flagNoDAD
	}
	b.addressOptions(&t, d, static)
	b.addressDefaults(&t, d)
	return t, !t.bad
}

func (b *builder) addressOptions(t *addressLine, d *syntax.Directive, static bool) {
	for i := 1; i < len(d.Words); i++ {
		w := d.Words[i]
		o := b.addressOption(w.Text, static)
		switch {
		case o == nil:
			b.err(w, syntax.GeneralError, "Unknown configuration entry '"+w.Text+"' for ip address - ignoring")
		case o.flag:
			o.set(b, t, w)
		case i+1 >= len(d.Words):
			b.err(w, syntax.GeneralError, "No "+w.Text+" parameter specified for "+t.Prefix.Addr().String())
		default:
			i++
			o.set(b, t, d.Words[i])
		}
	}
}

// addressOption looks an option up. The tables are made once for all lines.
func (b *builder) addressOption(name string, static bool) *option[addressLine] {
	if b.vrrp.addressOpts == nil {
		b.vrrp.addressOpts = append(addressOptions(), staticOptions()...)
	}
	if name == "to" {
		name = "peer"
	}
	for i := range b.vrrp.addressOpts {
		o := &b.vrrp.addressOpts[i]
		if o.name == name {
			if static && name == "use_vmac" || !static && name == "track_group" {
				return nil
			}
			return o
		}
	}
	return nil
}

// addressDefaults settles what depends on several options.
func (b *builder) addressDefaults(t *addressLine, d *syntax.Directive) {
	v6 := t.Prefix.Addr().Is6()
	if t.Peer.IsValid() && t.withPrefix {
		// The prefix length belongs to the peer when there is one.
		b.report(d, syntax.GeneralError, "Cannot specify address prefix when specifying peer address - ignoring")
		t.Prefix = netip.PrefixFrom(t.Prefix.Addr(), t.Prefix.Addr().BitLen())
	}
	if v6 && t.Label != "" {
		b.report(d, syntax.GeneralError, "Cannot specify label for IPv6 addresses ("+d.Name()+") - ignoring label")
		t.Label = ""
	}
	if v6 && !t.lftSet && t.Prefix.Bits() == 128 {
		t.PreferredLft = 0 // never chosen as a source
	}
}

func (b *builder) readAddressDev(t *addressLine, w syntax.Word) {
	_, ok := b.link(w.Text)
	if len(w.Text) > maxIfname {
		b.err(w, syntax.GeneralError, "Interface name '"+w.Text+"' too long - ignoring")
		return
	}
	if !ok {
		t.noDev = true
		if !b.cfg.Global.DynamicIfaces {
			b.vrrp.missingLink = true
			b.err(w, syntax.BadInterface, "WARNING - interface "+w.Text+" for ip address "+t.place+" doesn't exist")
		}
	}
	t.Dev = w.Text
}

// readAddressScope reads a name of rt_scopes or a number.
func (b *builder) readAddressScope(t *addressLine, w syntax.Word) {
	if t.Prefix.Addr().Is6() {
		b.err(w, syntax.GeneralError, "Cannot specify scope for IPv6 addresses ("+t.place+") - ignoring scope")
		return
	}
	n, ok := b.named("rt_scopes", w.Text, 255)
	if !ok {
		b.err(w, syntax.GeneralError, "Invalid scope '"+w.Text+"' specified for "+t.Prefix.Addr().String()+" - ignoring")
		return
	}
	t.Scope = uint8(n)
}

// named reads a number or a name out of one of the files of iproute2.
func (b *builder) named(file, text string, most uint64) (uint32, bool) {
	if n, err := strconv.ParseUint(text, 0, 32); err == nil {
		return uint32(n), n <= most
	}
	if file == "rt_scopes" {
		switch text {
		case "global", "universe":
			return 0, true
		case "nowhere":
			return 255, true
		case "host":
			return 254, true
		case "link":
			return 253, true
		case "site":
			return 200, true
		}
	}
	if file == "rt_tables" {
		switch text {
		case "default":
			return 253, true
		case "main":
			return 254, true
		case "local":
			return 255, true
		}
	}
	return b.lookUp(file, text)
}

func (b *builder) readBroadcast(t *addressLine, w syntax.Word) {
	t.BroadcastAuto, t.Broadcast = false, netip.Addr{}
	if t.Prefix.Addr().Is6() {
		b.err(w, syntax.GeneralError, "Cannot specify broadcast for IPv6 addresses ("+t.place+") - ignoring")
		return
	}
	switch w.Text {
	case "+":
		t.BroadcastAuto = true
	case "-": // all host bits zero
		t.Broadcast = t.Prefix.Masked().Addr()
	default:
		a, ok := parseAddr(w.Text)
		if !ok || !a.Is4() {
			b.err(w, syntax.GeneralError, "VRRP is trying to assign invalid broadcast "+w.Text+". skipping VIP...")
			t.bad = true
			return
		}
		t.Broadcast = a
	}
}

func (b *builder) readLabel(t *addressLine, w syntax.Word) {
	if len(w.Text) > maxIfname {
		b.err(w, syntax.GeneralError, "Address label "+w.Text+" is longer than maximum length 15 - removing address")
		t.bad = true
	}
	t.Label = w.Text
}

func (b *builder) readPeerAddress(t *addressLine, w syntax.Word) {
	a, ok := parseAddr(w.Text)
	p := netip.PrefixFrom(a, a.BitLen())
	if !ok || p.Addr().Is6() != t.Prefix.Addr().Is6() {
		b.err(w, syntax.GeneralError, "Invalid peer address "+w.Text)
		return
	}
	t.Peer = p
}

func (b *builder) readLifetime(t *addressLine, w syntax.Word) {
	t.lftSet = true
	if w.Text == "forever" || w.Text == "infinity" {
		t.PreferredLft = LftForever
		return
	}
	if n, ok := b.unsigned(w, 0, maxUint); ok {
		t.PreferredLft = uint32(n)
	}
}
