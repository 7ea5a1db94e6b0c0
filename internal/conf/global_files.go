package conf

import (
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

func globalScriptKeywords() []globalKeyword {
	type g = globalBlock
	parent := func(name string, at func(g *g) **Script) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: soft(commandArg()), owner: Parent, effect: on,
			set: func(b *builder, t *g, l entry) { b.readNotify("", l, at(t)) }}
	}
	return []globalKeyword{
		parent("startup_script", func(t *g) **Script { return &t.StartupScript }),
		{name: "startup_script_timeout", kind: Value, arg: soft(seconds(1, 1000)), owner: Parent, effect: on,
			set: func(b *builder, t *g, l entry) { t.StartupTimeout = l.val.d }},
		parent("shutdown_script", func(t *g) **Script { return &t.ShutdownScript }),
		{name: "shutdown_script_timeout", kind: Value, arg: soft(seconds(1, 1000)), owner: Parent, effect: on,
			set: func(b *builder, t *g, l entry) { t.ShutdownTimeout = l.val.d }},
		{name: "script_user", kind: Value, arg: soft(accountArg()), effect: on, set: func(b *builder, t *g, l entry) { b.readScriptUser(l) }},
		flagOf("enable_script_security", AllProcesses, on, func(t *g) *bool { return &t.ScriptSecurity }),
		boolOf("use_symlink_paths", AllProcesses, on, func(t *g) *bool { return &t.KeepLinks }),
		boolOf("set_supplementary_groups", AllProcesses, on, func(t *g) *bool { return &t.SupplementaryGroups }),
	}
}

// firstOnly reports a keyword of which only the first counts, and tells whether this is the first.
func (b *builder) firstOnly(g *globalBlock, l entry) bool {
	if g.seen[l.Name()] {
		b.report(l.Directive, syntax.GeneralError, l.Name()+" already specified - ignoring "+l.word(1))
		return false
	}
	g.seen[l.Name()] = true
	return true
}

func globalLVSKeywords() []globalKeyword {
	flush := func(name string, old bool) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: wordsArg("[VS]"), owner: Checker, old: old, effect: on, set: func(b *builder, t *globalBlock, l entry) {
			t.LVS.FlushOnStop = FlushAll
			if l.word(1) == "VS" {
				t.LVS.FlushOnStop = FlushServices
			}
			if old {
				b.renamed(l, "lvs_flush_on_stop")
			}
			if len(l.Words) > 1 && l.word(1) != "VS" {
				b.err(l.Words[1], syntax.GeneralError, "Unknown lvs_flush_on_stop type "+l.word(1))
			}
		}}
	}
	return []globalKeyword{
		{name: "lvs_timeouts", kind: List, arg: soft(about(textArg(), "{tcp N}{tcpfin N}{udp N}")), owner: Checker, effect: on,
			set: func(b *builder, t *globalBlock, l entry) { b.readTimeouts(&t.LVS, l) }, rows: timeoutWords},
		flagOf("lvs_flush", Checker, on, func(g *globalBlock) *bool { return &g.LVS.Flush }),
		flush("lvs_flush_on_stop", false),
		flush("lvs_flush_onstop", true),
		{name: "lvs_sync_daemon", kind: List, arg: soft(about(textArg(), "ifname then options")), owner: VRRP, effect: on,
			set: func(b *builder, t *globalBlock, l entry) { b.readSyncDaemon(t, l) }, rows: syncDaemonWords},
		{name: "nftables_ipvs", kind: Value, arg: optional(textArg()), owner: Checker, effect: on,
			set: func(b *builder, t *globalBlock, l entry) { b.readMarkTable(t, l) }},
		{name: "nftables_ipvs_priority", kind: Value, arg: integer(-maxInt-1, maxInt), owner: Checker, effect: on,
			set: func(b *builder, t *globalBlock, l entry) { t.LVS.Marks.Priority = int32(l.val.n) }},
		{name: "nftables_ipvs_start_fwmark", kind: Value, arg: number(1, maxUint), owner: Checker, effect: on,
			set: func(b *builder, t *globalBlock, l entry) { t.LVS.Marks.First = uint32(l.val.n) }},
		flagOf("nftables_counters", AllProcesses, on, func(g *globalBlock) *bool { return &g.LVS.Marks.Counters }),
		boolOf("rs_init_notifies", Checker, on, func(g *globalBlock) *bool { return &g.LVS.InitNotifies }),
		boolOf("no_checker_emails", Checker, on, func(g *globalBlock) *bool { return &g.LVS.NoCheckerEmails }),
		boolOf("checker_log_all_failures", Checker, on, func(g *globalBlock) *bool { return &g.LVS.LogAllFailures }),
	}
}

// mostTableName is how long the name of a table may be (NFT_TABLE_MAXNAMELEN with the final zero).
const mostTableName = 255

// readMarkTable reads the name of the table that marks packets, of which the first counts.
func (b *builder) readMarkTable(g *globalBlock, l entry) {
	name := "keepalived_ipvs"
	if l.val.set {
		name = l.val.s
	}
	switch {
	case g.LVS.Marks.Table != "":
		b.report(l.Directive, syntax.GeneralError, "ipvs nftables already specified - ignoring")
	case len(name) > mostTableName:
		b.report(l.Directive, syntax.GeneralError, "ipvs nftables table name too long - ignoring")
	default:
		g.LVS.Marks.Table = name
	}
}

func timeoutWords() []Keyword {
	var out []Keyword
	for _, n := range []string{"tcp", "tcpfin", "udp"} {
		out = append(out, Keyword{Path: "<word>/" + n, Kind: Value, Args: "seconds 0-2678400", Owner: Checker, InEffect: true})
	}
	return out
}

// readTimeouts reads pairs of a protocol and seconds.
func (b *builder) readTimeouts(t *LVS, l entry) {
	for i := 1; i < len(l.Words); i += 2 {
		at := map[string]*time.Duration{"tcp": &t.TCPTimeout, "tcpfin": &t.TCPFinTimeout, "udp": &t.UDPTimeout}[l.Words[i].Text]
		if at == nil {
			b.err(l.Words[i], syntax.GeneralError, "Unknown option "+l.Words[i].Text+" specified for lvs_timeouts")
			continue
		}
		if i+1 >= len(l.Words) {
			b.err(l.Words[i], syntax.GeneralError, "No value specified for lvs_timout "+l.Words[i].Text+" - ignoring")
			return
		}
		if n, ok := b.unsigned(l.Words[i+1], 0, 2678400); ok {
			*at = time.Duration(n) * time.Second
		}
	}
}

func syncDaemonWords() []Keyword {
	var out []Keyword
	for _, n := range []string{"inst", "id", "maxlen", "port", "ttl", "group"} {
		out = append(out, Keyword{Path: "<word>/" + n, Kind: Value, Owner: VRRP, InEffect: true})
	}
	return out
}

// readSyncDaemon reads an interface and pairs of options; in the old form a second word names the instance.
func (b *builder) readSyncDaemon(g *globalBlock, l entry) {
	s := &SyncDaemon{Interface: l.word(1)}
	g.LVS.Sync, b.lvs.syncPos = s, l.Pos()
	store := func(name string, n int64) {
		switch name {
		case "id":
			s.ID, s.IDSet = uint8(n), true
		case "maxlen":
			s.MaxLen = uint16(n)
		case "port":
			s.Port = uint16(n)
		case "ttl":
			s.TTL = uint8(n)
		}
	}
	most := map[string]int64{"id": 255, "maxlen": 65507, "port": 65535, "ttl": 255}
	for i := 2; i < len(l.Words); i++ {
		w := l.Words[i]
		limit, isNumber := most[w.Text]
		switch {
		case w.Text == "inst":
			i++
			s.Instance = l.word(i)
		case w.Text == "group":
			i++
			s.Group, _ = parseAddr(l.word(i))
		case isNumber && i+1 < len(l.Words):
			i++
			least := int64(1)
			if w.Text == "id" {
				least = 0
			}
			if n, problem := parseUnsigned(l.Words[i].Text); problem != "" || n < least || n > limit {
				b.err(l.Words[i], syntax.GeneralError, "Invalid lvs_sync_daemon "+w.Text+" ("+l.Words[i].Text+") - ignoring")
			} else {
				store(w.Text, n)
			}
		case i == 2: // the instance of the old form
			s.Instance = w.Text
		case i == 3 && allDigits(w.Text):
			b.err(w, syntax.Note, `Please use keyword "id" before lvs_sync_daemon SYNCID`)
			n, _ := parseUnsigned(w.Text)
			store("id", n)
		default:
			b.err(w, syntax.GeneralError, "Unknown lvs_sync_daemon option "+w.Text+" - ignoring")
		}
	}
}

// notZero reports a 0 that is taken for 1.
func (b *builder) notZero(l entry) {
	if l.val.d == 0 {
		b.report(l.Directive, syntax.GeneralError, l.Name()+" must be greater than 0, setting to 1")
	}
}

func globalFileKeywords() []globalKeyword {
	type g = globalBlock
	buf := func(name string, owner Owner, at func(g *g) *int) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: soft(number(0, maxUint)), owner: owner, effect: on,
			set: func(b *builder, t *g, l entry) { *at(t) = int(min(l.val.n, maxInt)) }}
	}
	file := func(name string, owner Owner, at func(g *g) *string) globalKeyword {
		return globalKeyword{name: name, kind: Value, arg: textArg(), owner: owner, effect: on,
			set: func(b *builder, t *g, l entry) { *at(t) = l.val.s }}
	}
	return []globalKeyword{
		buf("vrrp_netlink_cmd_rcv_bufs", VRRP, func(t *g) *int { return &t.CommandRcvBuf }),
		boolOf("vrrp_netlink_cmd_rcv_bufs_force", VRRP, on, func(t *g) *bool { return &t.CommandRcvBufForce }),
		buf("vrrp_netlink_monitor_rcv_bufs", VRRP, func(t *g) *int { return &t.MonitorRcvBuf }),
		boolOf("vrrp_netlink_monitor_rcv_bufs_force", VRRP, on, func(t *g) *bool { return &t.MonitorRcvBufForce }),
		buf("process_monitor_rcv_bufs", VRRP, func(t *g) *int { return &t.ProcessRcvBuf }),
		boolOf("process_monitor_rcv_bufs_force", VRRP, on, func(t *g) *bool { return &t.ProcessRcvBufForce }),
		buf("lvs_netlink_cmd_rcv_bufs", Checker, func(t *g) *int { return &t.LVS.CommandRcvBuf }),
		boolOf("lvs_netlink_cmd_rcv_bufs_force", Checker, on, func(t *g) *bool { return &t.LVS.CommandRcvBufForce }),
		buf("lvs_netlink_monitor_rcv_bufs", Checker, func(t *g) *int { return &t.LVS.MonitorRcvBuf }),
		boolOf("lvs_netlink_monitor_rcv_bufs_force", Checker, on, func(t *g) *bool { return &t.LVS.MonitorRcvBufForce }),
		{name: "reload_check_config", kind: Value, arg: optional(textArg()), owner: Parent, effect: on,
			set: func(b *builder, t *g, l entry) { t.Reload.CheckLog = l.val.s }},
		{name: "reload_time_file", kind: Value, arg: soft(textArg()), owner: Parent, effect: on,
			set: func(b *builder, t *g, l entry) { t.Reload.TimeFile = l.val.s }},
		{name: "reload_repeat", owner: Parent, effect: on, set: func(b *builder, t *g, l entry) { t.Reload.Repeat = true }},
		{name: "reload_file", kind: Value, arg: optional(textArg()), owner: Parent, effect: on,
			set: func(b *builder, t *g, l entry) { t.Reload.MarkFile, t.Reload.File = true, l.val.s }},
		{name: "include_check", kind: List, arg: wordsArg("[read match wildcard_match brace_match] with + or -"), effect: on,
			set: func(b *builder, t *g, l entry) { b.readIncludeCheck(l) }},
		{name: "config_save_dir", kind: Value, arg: textArg(), effect: on,
			set: func(b *builder, t *g, l entry) { t.Reload.SaveDir = l.val.s }},
		{name: "tmp_config_directory", kind: Value, arg: soft(textArg()), owner: Parent, effect: on,
			set: func(b *builder, t *g, l entry) {
				if b.firstOnly(t, l) {
					t.TmpConfigDir = l.val.s
				}
			}},
		{name: "json_version", kind: Value, arg: number(1, 2), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { t.JSONVersion = int(l.val.n) }},
		{name: "iproute_usr_dir", kind: Value, arg: textArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { b.iproute.usr = l.val.s }},
		{name: "iproute_etc_dir", kind: Value, arg: textArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *g, l entry) { b.iproute.etc = l.val.s }},
		file("state_dump_file", AllProcesses, func(t *g) *string { return &t.Dump.State }),
		// keepalived 2.4.3 reads these two, shows them in its data, and writes elsewhere as if they were not there.
		file("stats_dump_file", VRRP, func(t *g) *string { return &t.Dump.Stats }),
		file("json_dump_file", VRRP, func(t *g) *string { return &t.Dump.JSON }),
	}
}

// readIncludeCheck checks the words; the reader of the files has carried them out.
func (b *builder) readIncludeCheck(l entry) {
	for _, w := range l.Words[1:] {
		switch strings.TrimLeft(w.Text, "+-") {
		case "read", "match", "wildcard_match", "brace_match":
		default:
			b.err(w, syntax.GeneralError, "Unknown include_check type "+w.Text)
		}
	}
}

// modeBits are the names of permission bits as umask takes them.
func modeBits(name string) (uint32, bool) {
	for shift, who := range []string{"OTH", "GRP", "USR"} {
		for bit, what := range map[string]uint32{"IX": 1, "IW": 2, "IR": 4, "IRWX": 7} {
			if name == what2(bit, who) {
				return what << (3 * shift), true
			}
		}
	}
	return 0, false
}

// what2 puts a permission and its owner together: IRUSR, but IRWXU.
func what2(bit, who string) string {
	if bit == "IRWX" {
		return bit + who[:1]
	}
	return bit + who
}

// readUmask reads a number in C's bases, or names of bits joined by |.
func (b *builder) readUmask(g *globalBlock, l entry) {
	var text string
	for _, w := range l.Words[1:] {
		text += w.Text
	}
	mask := uint32(0)
	if n, err := strconv.ParseUint(text, 0, 32); err == nil {
		mask = uint32(n)
	} else {
		for _, name := range strings.Split(text, "|") {
			bits, ok := modeBits(strings.TrimPrefix(name, "S_"))
			if !ok {
				b.err(l.Words[1], syntax.GeneralError, "Unable to parse umask '"+text+"'")
				return
			}
			mask |= bits
		}
	}
	if mask > 0o777 {
		b.err(l.Words[1], syntax.GeneralError, "umask '"+text+"' is out of range")
		return
	}
	g.Umask, g.UmaskSet = mask, true
}
