package conf

import (
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// globalBlock is global_defs while it is read, with what is the default of every instance.
type globalBlock struct {
	*Global
	*instanceDefaults
}

// instanceDefaults are the vrrp_* keywords of global_defs: what an instance has that says nothing else.
type instanceDefaults struct {
	version                                      uint8
	group4, group6                               netip.Addr
	delay, refresh                               time.Duration
	repeat, refreshRepeat                        int
	lowerDelay                                   time.Duration
	lowerRepeat                                  int
	lowerDelaySet, lowerRepeatSet                bool
	delaySet, repeatSet, refreshSet, rrepeatSet  bool
	minGARP                                      bool
	extraIf                                      ExtraIf
	rxBufs                                       rxPolicy
	downAdverts                                  int
	strict, checkSource, checksumAsV2            bool
	skipCheckAddrs, lowerPrioNoAdvert            bool
	higherPrioAdvert, ownerIgnoreAdverts         bool
	smtpAlert, smtpAlertSet, notifyPriorityMoves bool
	smtpAlertAll, smtpAlertAllSet                bool
	seen                                         map[string]bool // keywords of which the first counts
}

func newDefaults() instanceDefaults {
	return instanceDefaults{
		version: 2, downAdverts: 3, delay: 5 * time.Second, repeat: 5, refreshRepeat: 1,
		group4: netip.AddrFrom4([4]byte{224, 0, 0, 18}), group6: netip.MustParseAddr("ff02::12"),
		seen: map[string]bool{}, rxBufs: rxPolicy{multiplier: 3},
	}
}

// announce returns the announcements of an instance that says nothing of them.
func (g *instanceDefaults) announce() Announce {
	a := Announce{Delay: g.delay, Repeat: g.repeat, Refresh: g.refresh, RefreshRepeat: g.refreshRepeat,
		LowerPrioDelay: g.lowerDelay, LowerPrioRepeat: g.lowerRepeat}
	if g.minGARP { // once only, unless said otherwise
		if !g.delaySet {
			a.Delay = 0
		}
		if !g.repeatSet {
			a.Repeat = 1
		}
	}
	if !g.lowerDelaySet {
		a.LowerPrioDelay = a.Delay
	}
	if !g.lowerRepeatSet {
		a.LowerPrioRepeat = a.Repeat
	}
	return a
}

type globalKeyword = keyword[globalBlock]

// flagOf returns the row of a flag that sets a bool.
func flagOf(name string, o Owner, effect bool, at func(g *globalBlock) *bool) globalKeyword {
	return globalKeyword{name: name, owner: o, effect: effect, set: func(b *builder, g *globalBlock, l entry) { *at(g) = true }}
}

// boolOf returns the row of a keyword with an optional boolean.
func boolOf(name string, o Owner, effect bool, at func(g *globalBlock) *bool) globalKeyword {
	return globalKeyword{name: name, kind: Value, arg: boolArg(), owner: o, effect: effect,
		set: func(b *builder, g *globalBlock, l entry) { *at(g) = l.val.on }}
}

// checked returns the row of a keyword that is only checked.
func checked(name string, kind Kind, a arg, o Owner) globalKeyword {
	return globalKeyword{name: name, kind: kind, arg: a, owner: o}
}

func globalKeywords() []globalKeyword {
	rows := globalProcessKeywords()
	rows = append(rows, globalVRRPKeywords()...)
	rows = append(rows, globalSchedulingKeywords()...)
	rows = append(rows, globalScriptKeywords()...)
	rows = append(rows, globalSNMPKeywords()...)
	rows = append(rows, globalLVSKeywords()...)
	rows = append(rows, globalMailKeywords()...)
	rows = append(rows, fifoKeywords()...)
	return append(rows, globalFileKeywords()...)
}

// mostPriority is the highest real-time priority of Linux (sched(7)).
const mostPriority = 99

// processName returns the row of a process name of at most 15 bytes.
func processName(name string, o Owner, old bool, at func(g *globalBlock) *string) globalKeyword {
	return globalKeyword{name: name, kind: Value, arg: about(textArg(), "at most 15 bytes"), owner: o, effect: on, old: old,
		set: func(b *builder, g *globalBlock, l entry) {
			s := l.val.s
			if len(s) > 15 {
				b.err(l.Words[1], syntax.GeneralError, "process name '"+s+"' is too long, truncating to 15 characters")
				s = s[:15]
			}
			if old {
				b.renamed(l, "checker_process_name")
			}
			*at(g) = s
		}}
}

func globalProcessKeywords() []globalKeyword {
	return []globalKeyword{
		{name: "process_names", effect: on, set: func(b *builder, g *globalBlock, l entry) {
			def := func(s *string, v string) {
				if *s == "" {
					*s = v
				}
			}
			def(&g.ProcessNames.VRRP, "keepalived_vrrp")
			def(&g.ProcessNames.Checker, "keepalived_lvs")
			def(&g.ProcessNames.BFD, "keepalived_bfd")
		}},
		processName("process_name", Parent, false, func(g *globalBlock) *string { return &g.ProcessNames.Parent }),
		processName("vrrp_process_name", VRRP, false, func(g *globalBlock) *string { return &g.ProcessNames.VRRP }),
		processName("checker_process_name", Checker, false, func(g *globalBlock) *string { return &g.ProcessNames.Checker }),
		processName("lvs_process_name", Checker, true, func(g *globalBlock) *string { return &g.ProcessNames.Checker }),
		processName("bfd_process_name", BFD, false, func(g *globalBlock) *string { return &g.ProcessNames.BFD }),
		{name: "router_id", kind: Value, arg: optional(textArg()), effect: on, set: func(b *builder, g *globalBlock, l entry) {
			if !l.val.set {
				b.report(l.Directive, syntax.GeneralError, "routerid name missing - ignoring")
				return
			}
			g.RouterID = l.val.s
		}},
		{name: "umask", kind: List, arg: about(textArg(), "number or I[RWX]{USR,GRP,OTH} IRWX{U,G,O} joined with |"), effect: on,
			set: func(b *builder, g *globalBlock, l entry) { b.readUmask(g, l) }},
		{name: "random_seed", kind: Value, arg: number(0, maxUint), effect: on},
		// Of the children the VRRP one only: others wait for its adverts, and nobody for a check that is late.
		{name: "max_auto_priority", kind: Value, arg: optional(integer(-1, mostPriority)), effect: on,
			bad: func(b *builder, g *globalBlock, l entry) {
				b.report(l.Directive, syntax.GeneralError, "max_auto_priority '"+l.word(1)+"' must be in [0, 99] (or -1 to disable) - ignoring")
			},
			set: func(b *builder, g *globalBlock, l entry) {
				if g.MaxAutoPriority = mostPriority; l.val.set {
					g.MaxAutoPriority = int(l.val.n)
				}
			}},
		{name: "min_auto_priority_delay", kind: Value, arg: soft(number(1, 10_000_000)), effect: on,
			bad: func(b *builder, g *globalBlock, l entry) {
				if len(l.Words) > 1 {
					b.report(l.Directive, syntax.GeneralError, "min_auto_priority_delay '"+l.word(1)+"' must be in [1, 10000000] - ignoring")
				}
			},
			set: func(b *builder, g *globalBlock, l entry) {
				g.MinAutoPriorityDelay = time.Duration(l.val.n) * time.Microsecond
			}},
		flagOf("disable_local_igmp", VRRP, on, func(g *globalBlock) *bool { return &g.DisableLocalIGMP }),
		boolOf("data_use_instance", AllProcesses, on, func(g *globalBlock) *bool { return &g.Dump.UseInstance }),
	}
}

func globalVRRPKeywords() []globalKeyword {
	type g = globalBlock
	secs := func(name string, most int64, set func(g *g, d time.Duration)) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: seconds(0, most), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { set(t, l.val.d) }}
	}
	repeat := func(name string, set func(g *g, n int)) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: number(0, maxUint), owner: VRRP, effect: on, set: func(b *builder, t *g, l entry) {
			if l.val.n < 1 {
				b.report(l.Directive, syntax.GeneralError, name+" must be greater than 0, setting to 1")
			}
			set(t, int(min(max(l.val.n, 1), maxInt)))
		}}
	}
	count := func(name string, least, most int64, set func(g *g, n int)) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: number(least, most), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { set(t, int(l.val.n)) }}
	}
	pace := func(name string, at func(g *g) *time.Duration) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: timer(1, maxTimer), owner: VRRP, effect: on,
			bad: func(b *builder, t *g, l entry) {
				b.report(l.Directive, syntax.GeneralError, name+" '"+l.word(1)+"' is invalid")
			},
			set: func(b *builder, t *g, l entry) { *at(t) = l.val.d }}
	}
	extra := func(name string, old bool) globalKeyword {
		return globalKeyword{name: name, kind: List, arg: soft(about(textArg(), "[all] seconds 1-86400")), owner: VRRP, old: old, effect: on,
			set: func(b *builder, t *g, l entry) { b.readExtraIf(&t.extraIf, l, 1, old) }}
	}
	delay := func(name string, at func(g *g) *time.Duration) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: timer(1000, maxTimer), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { *at(t) = l.val.d }}
	}
	return []globalKeyword{
		{name: "dynamic_interfaces", kind: Value, arg: wordsArg("[allow_if_changes]"), owner: VRRP, effect: on, set: func(b *builder, t *g, l entry) {
			t.DynamicIfaces = true
			if len(l.Words) > 1 && l.word(1) != "allow_if_changes" {
				b.err(l.Words[1], syntax.GeneralError, "Unknown dynamic_interfaces option '"+l.word(1)+"'")
			}
		}},
		{name: "default_interface", kind: Value, arg: soft(deviceArg()), owner: VRRP, effect: on, set: func(b *builder, t *g, l entry) { b.readDefaultInterface(t, l) }},
		flagOf("v3_checksum_as_v2", VRRP, on, func(t *g) *bool { return &t.checksumAsV2 }),
		{name: "vrrp_mcast_group4", kind: Value, arg: addressArg(), owner: VRRP, effect: on, set: func(b *builder, t *g, l entry) { b.readGroup4(t, l) }},
		{name: "vrrp_mcast_group6", kind: Value, arg: addressArg(), owner: VRRP, effect: on, set: func(b *builder, t *g, l entry) { b.readGroup6(t, l) }},
		secs("vrrp_garp_master_delay", 4294, func(t *g, d time.Duration) { t.delay, t.delaySet = d, true }),
		repeat("vrrp_garp_master_repeat", func(t *g, n int) { t.repeat, t.repeatSet = n, true }),
		secs("vrrp_garp_master_refresh", maxUint, func(t *g, d time.Duration) { t.refresh, t.refreshSet = d, true }),
		repeat("vrrp_garp_master_refresh_repeat", func(t *g, n int) { t.refreshRepeat, t.rrepeatSet = n, true }),
		secs("vrrp_garp_lower_prio_delay", 4294, func(t *g, d time.Duration) { t.lowerDelay, t.lowerDelaySet = d, true }),
		count("vrrp_garp_lower_prio_repeat", 0, maxInt, func(t *g, n int) { t.lowerRepeat, t.lowerRepeatSet = n, true }),
		count("vrrp_down_timer_adverts", 1, 100, func(t *g, n int) { t.downAdverts = n }),
		pace("vrrp_garp_interval", func(t *g) *time.Duration { return &t.GARPInterval }),
		pace("vrrp_gna_interval", func(t *g) *time.Duration { return &t.GNAInterval }),
		boolOf("vrrp_min_garp", VRRP, on, func(t *g) *bool { return &t.minGARP }),
		extra("vrrp_garp_extra_if", false),
		extra("vrrp_vmac_garp_intvl", true),
		boolOf("vrrp_lower_prio_no_advert", VRRP, on, func(t *g) *bool { return &t.lowerPrioNoAdvert }),
		boolOf("vrrp_higher_prio_send_advert", VRRP, on, func(t *g) *bool { return &t.higherPrioAdvert }),
		count("vrrp_version", 2, 3, func(t *g, n int) { t.version = uint8(n) }),
		{name: "vrrp_iptables", kind: List, arg: wordsArg("[inchain [outchain]]"), owner: VRRP, set: func(b *builder, t *g, l entry) { b.noIptables(l) }},
		{name: "vrrp_ipsets", kind: List, arg: wordsArg("[addr addr6 addr_if6 igmp mld nd]"), owner: VRRP, set: func(b *builder, t *g, l entry) { b.noIptables(l) }},
		{name: "nftables", kind: Value, arg: optional(textArg()), owner: VRRP},
		checked("nftables_priority", Value, integer(-maxInt-1, maxInt), VRRP),
		checked("nftables_ifindex", Flag, arg{}, VRRP),
		flagOf("vrrp_check_unicast_src", VRRP, on, func(t *g) *bool { return &t.checkSource }),
		boolOf("vrrp_skip_check_adv_addr", VRRP, on, func(t *g) *bool { return &t.skipCheckAddrs }),
		boolOf("vrrp_strict", VRRP, on, func(t *g) *bool { return &t.strict }),
		boolOf("vrrp_notify_priority_changes", VRRP, on, func(t *g) *bool { return &t.notifyPriorityMoves }),
		flagOf("fifo_write_vrrp_states_on_reload", VRRP, on, func(t *g) *bool { return &t.FIFOStatesOnReload }),
		{name: "vrrp_rx_bufs_policy", kind: List, arg: soft(about(textArg(), "MTU or ADVERT or bytes")), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { b.readBufsPolicy(&t.rxBufs, l) }},
		{name: "vrrp_rx_bufs_multiplier", kind: Value, arg: soft(number(1, maxUint)), owner: VRRP, effect: on,
			bad: func(b *builder, t *g, l entry) {
				if len(l.Words) > 1 {
					b.report(l.Directive, syntax.GeneralError, "Invalid vrrp_rx_bufs_multiplier "+l.word(1))
				}
			},
			set: func(b *builder, t *g, l entry) { t.rxBufs.multiplier = l.val.n }},
		delay("vrrp_startup_delay", func(t *g) *time.Duration { return &t.StartupDelay }),
		delay("vrrp_delay_after_boot", func(t *g) *time.Duration { return &t.DelayAfterBoot }),
		flagOf("log_unknown_vrids", VRRP, on, func(t *g) *bool { return &t.LogUnknownVRIDs }),
		boolOf("vrrp_owner_ignore_adverts", VRRP, on, func(t *g) *bool { return &t.ownerIgnoreAdverts }),
		checked("vmac_prefix", Value, textArg(), VRRP),
		checked("vmac_addr_prefix", Value, textArg(), VRRP),
	}
}

// noIptables reports what asks for iptables: nftables does the work.
func (b *builder) noIptables(l entry) {
	b.report(l.Directive, syntax.GeneralError, "iptables not supported, using nftables instead. Please replace 'vrrp_iptables and 'vrrp_ipsets' with 'nftables' config option")
}

func (b *builder) readDefaultInterface(g *globalBlock, l entry) {
	g.DefaultInterface = l.val.s
	if _, ok := b.link(l.val.s); !ok {
		b.err(l.Words[1], syntax.Note, "WARNING - default interface "+l.val.s+" doesn't exist")
	}
}

func (b *builder) readGroup4(g *globalBlock, l entry) {
	if a := l.val.addr; !a.Is4() || !a.IsMulticast() {
		b.err(l.Words[1], syntax.GeneralError, "Configuration error: Cannot parse vrrp_mcast_group4 '"+l.val.s+"'. Using default")
		return
	}
	g.group4 = l.val.addr
}

func (b *builder) readGroup6(g *globalBlock, l entry) {
	if a := l.val.addr; !a.Is6() || !a.IsMulticast() {
		b.err(l.Words[1], syntax.GeneralError, "Configuration error: Cannot parse vrrp_mcast_group6 '"+l.val.s+"'. Using default")
		return
	}
	g.group6 = l.val.addr
	if !g.group6.IsLinkLocalMulticast() {
		b.err(l.Words[1], syntax.Warning, "Configuration error: vrrp_mcast_group6 "+l.val.s+" is not link local multicast")
	}
}

// scheduling returns the rows of the scheduling of one child.
func scheduling(name string, o Owner, effect bool, at func(g *globalBlock) *Process) []globalKeyword {
	type g = globalBlock
	limit := func(word string, old bool) globalKeyword {
		return globalKeyword{name: name + word, kind: Value, arg: number(1, maxUint), owner: o, effect: effect, old: old,
			set: func(b *builder, t *g, l entry) { at(t).RTTimeLimit = time.Duration(max(l.val.n, 2)) * time.Microsecond }}
	}
	return []globalKeyword{
		{name: name + "_priority", kind: Value, arg: soft(integer(-20, 19)), owner: o, effect: effect,
			set: func(b *builder, t *g, l entry) { at(t).Nice = int(l.val.n) }},
		{name: name + "_no_swap", owner: o, effect: effect, set: func(b *builder, t *g, l entry) { at(t).NoSwap = true }},
		{name: name + "_rt_priority", kind: Value, arg: soft(integer(-maxInt-1, maxInt)), owner: o, effect: effect,
			set: func(b *builder, t *g, l entry) { b.readRTPriority(name, at(t), l) }},
		{name: name + "_cpu_affinity", kind: List, arg: soft(about(textArg(), "cpu ids")), owner: o, effect: effect,
			set: func(b *builder, t *g, l entry) { b.readAffinity(at(t), l) }},
		limit("_rlimit_rttime", false),
		limit("_rlimit_rtime", true),
	}
}

func (b *builder) readRTPriority(name string, p *Process, l entry) {
	n := l.val.n
	if n < 1 {
		b.err(l.Words[1], syntax.GeneralError, name+" process real-time priority "+l.val.s+" less than minimum 1 - setting to minimum")
		n = 1
	}
	if n > 99 {
		b.err(l.Words[1], syntax.GeneralError, name+" process real-time priority "+l.val.s+" greater than maximum 99 - setting to maximum")
		n = 99
	}
	p.RTPriority = int(n)
}

func (b *builder) readAffinity(p *Process, l entry) {
	p.CPUAffinity = nil
	for _, w := range l.Words[1:] {
		if n, ok := b.unsigned(w, 0, int64(b.host.CPUs())-1); ok {
			p.CPUAffinity = append(p.CPUAffinity, int(n))
		}
	}
}

func globalSchedulingKeywords() []globalKeyword {
	rows := scheduling("vrrp", VRRP, on, func(g *globalBlock) *Process { return &g.VRRPProcess })
	rows = append(rows, scheduling("checker", Checker, on, func(g *globalBlock) *Process { return &g.CheckerProcess })...)
	return append(rows, scheduling("bfd", BFD, false, func(g *globalBlock) *Process { return &g.BFDProcess })...)
}

// readGlobals reads one global_defs.
func (b *builder) readGlobals(d *syntax.Directive) {
	apply(b, newTable(globalKeywords()), d.Items(), &globalBlock{&b.cfg.Global, &b.defaults}, "global_defs")
}
