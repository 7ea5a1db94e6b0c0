package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

// otherBlocks are the blocks of the VRRP and BFD children apart from instances, groups and scripts.
func otherBlocks(block blockRow) []keyword[topLevel] {
	none := func() []Keyword { return nil }
	return []keyword[topLevel]{
		block("track_group", VRRP, on, (*builder).readTrackGroup, func() []Keyword {
			return []Keyword{{Path: "group", Kind: Block, Args: "instance names", Owner: VRRP, InEffect: true}}
		}),
		block("static_ipaddress", VRRP, on, (*builder).readStaticAddrs, none),
		block("static_routes", VRRP, on, func(b *builder, d *syntax.Directive) {
			b.cfg.StaticRoutes = append(b.cfg.StaticRoutes, b.readRoutes(entry{d, value{}}, true)...)
		}, none),
		block("static_rules", VRRP, on, func(b *builder, d *syntax.Directive) {
			b.cfg.StaticRules = append(b.cfg.StaticRules, b.readRules(entry{d, value{}}, true)...)
		}, none),
		block("garp_group", VRRP, on, (*builder).readGARPGroup, func() []Keyword { return list(garpGroupKeywords()) }),
		block("linkbeat_interfaces", VRRP, on, (*builder).readLinkbeat, linkbeatWords),
		block("interface_up_down_delays", VRRP, on, (*builder).readDelays, func() []Keyword {
			return []Keyword{{Path: "<entry>/IFNAME", Kind: Value, Args: "down_delay [up_delay] 0-255 s", Owner: VRRP, InEffect: true}}
		}),
		block("vrrp_track_process", VRRP, on, (*builder).readTrackProcess, func() []Keyword { return list(trackProcessKeywords()) }),
		block("bfd_instance", BFD, false, (*builder).readBFD, func() []Keyword { return list(bfdKeywords()) }),
		block("track_file", AllProcesses, on, (*builder).readTrackFile, func() []Keyword { return list(trackFileKeywords(false)) }),
		old(block("vrrp_track_file", AllProcesses, on, (*builder).readTrackFile, func() []Keyword { return list(trackFileKeywords(true)) })),
	}
}

func old(k keyword[topLevel]) keyword[topLevel] {
	k.old = true
	return k
}
