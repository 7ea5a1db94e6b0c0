package conf

import (
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// on marks the keywords that are in effect.
const on = true

// instanceBlock is a vrrp_instance while it is read: some keywords matter only once all are known.
type instanceBlock struct {
	*Instance
	pos syntax.Pos

	wantsBackup    bool // state BACKUP was given
	stateSet       bool
	nativeIPv6     bool
	familyFrom     string // what decided on the family; empty: nothing yet
	versionSet     bool
	prioritySet    bool
	noVIP          bool // no_virtual_ipaddress
	unicastWord    bool // a keyword that makes sense for unicast only was used
	ttlSet         bool
	acceptSet      bool
	strictSet      bool
	lowerPrioSet   bool // a garp_lower_prio_* keyword
	noAdvertSet    bool
	sendAdvertSet  bool
	ownerIgnoreSet bool
	smtpSet        bool
	vmac, vmacBase bool
	ipvlan         bool
	ipvlanAddr     bool
	vmacName       bool
	pollLink       bool // linkbeat_use_polling
	ifaceMissing   bool
	linkKnown      bool
	tracks         []trackEntry
	authPos        syntax.Pos
	hmac           hmacBlock
}

func instanceKeywords() []keyword[instanceBlock] {
	type block = instanceBlock
	type kw = keyword[block]
	rows := []kw{
		{name: "use_vmac", kind: List, arg: wordsArg("[[name] IFNAME] [MAC] [netlink_notify_msg] [group G]"), owner: VRRP,
			set: func(b *builder, t *block, l entry) { b.readVMAC(t, l) }, rows: vmacWords},
		{name: "use_vmac_addr", owner: VRRP},
		{name: "vmac_xmit_base", owner: VRRP, set: func(b *builder, t *block, l entry) { t.vmacBase = true }},
		{name: "use_ipvlan", kind: List, arg: wordsArg("[[name] IFNAME] [ADDR[/len]] [bridge or private or vepa] [group G]"),
			owner: VRRP, set: func(b *builder, t *block, l entry) { b.readIPVLAN(t, l) }, rows: ipvlanWords},
		{name: "unicast_peer", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.readPeers(t, l) }, rows: peerWords},
		{name: "unicast_fault_no_peer", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.FaultNoPeer = true; t.unicastWord = true }},
		{name: "check_unicast_src", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.CheckSource, t.unicastWord = true, true }},
		{name: "old_unicast_checksum", kind: Value, arg: wordsArg("[never]"), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) {
				t.OldUnicastChecksum, t.unicastWord = OldChecksumForce, true
				if l.word(1) == "never" {
					t.OldUnicastChecksum = OldChecksumNever
				}
			}},
		{name: "native_ipv6", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.readNative(t, l) }},
		{name: "state", kind: Value, arg: about(textArg(), "MASTER or BACKUP"), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { b.readState(t, l) }},
		{name: "interface", kind: Value, arg: deviceArg(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.readInterface(t, l) }},
		{name: "vrf", kind: Value, arg: deviceArg(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.readVRF(t, l) }},
		{name: "dont_track_primary", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.DontTrackPrimary = true }},
		{name: "track_interface", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.trackInterfaces(t, l) },
			rows: func() []Keyword { return trackRows(on, "weight", "reverse") }},
		{name: "track_script", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.trackNamed(t, l, TrackScript) },
			rows: func() []Keyword { return trackRows(on, "weight", "reverse", "noreverse") }},
		{name: "track_file", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.trackNamed(t, l, TrackFile) },
			rows: func() []Keyword { return trackRows(on, "weight", "reverse", "noreverse") }},
		{name: "track_process", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.trackNamed(t, l, TrackProcess) },
			rows: func() []Keyword { return trackRows(on, "weight", "reverse", "noreverse") }},
		{name: "track_bfd", kind: Block, owner: VRRP, set: func(b *builder, t *block, l entry) { b.trackNamed(t, l, TrackBFD) },
			rows: func() []Keyword { return trackRows(false, "weight", "reverse", "noreverse") }},
		{name: "mcast_src_ip", kind: Value, arg: arg{form: anything, about: "IP"}, owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { b.readSource(t, l) }},
		{name: "unicast_src_ip", kind: Value, arg: arg{form: anything, about: "IP"}, owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.unicastWord = true; b.readSource(t, l) }},
		{name: "mcast_dst_ip", kind: Value, arg: arg{form: anything, about: "multicast IP"}, owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { b.readGroup(t, l) }},
		{name: "track_src_ip", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.TrackSource = true }},
		{name: "virtual_router_id", kind: Value, arg: number(1, 255), owner: VRRP, effect: on,
			bad: func(b *builder, t *block, l entry) {
				b.report(l.Directive, syntax.GeneralError, "("+t.Name+"): VRID '"+l.word(1)+"' not valid - must be between 1 & 255")
			},
			set: func(b *builder, t *block, l entry) { t.VRID = uint8(l.val.n) }},
		{name: "unicast_ttl", kind: Value, arg: number(0, 255), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.UnicastTTL, t.ttlSet = uint8(l.val.n), true }},
		{name: "version", kind: Value, arg: number(2, 3), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.readVersion(t, l) }},
		{name: "priority", kind: Value, arg: number(1, 255), owner: VRRP, effect: on,
			bad: func(b *builder, t *block, l entry) { b.badPriority(t, l) },
			set: func(b *builder, t *block, l entry) { t.Priority, t.prioritySet = uint8(l.val.n), true }},
		{name: "advert_int", kind: Value, arg: timer(10_000, 255_000_000), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.AdvertInterval = l.val.d }},
		{name: "virtual_ipaddress", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.readVIPs(t, l) }},
		{name: "virtual_ipaddress_excluded", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.readExcluded(t, l) }},
		{name: "no_virtual_ipaddress", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.noVIP = true }},
		{name: "promote_secondaries", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.PromoteSecondaries = true }},
		{name: "linkbeat_use_polling", owner: VRRP, old: true, effect: on, set: func(b *builder, t *block, l entry) {
			b.report(l.Directive, syntax.Deprecated, "("+t.Name+") 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block")
			t.pollLink = true
		}},
		{name: "v3_checksum_as_v2", kind: Value, arg: boolArg(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.ChecksumAsV2 = l.val.on }},
		{name: "virtual_routes", kind: Block, owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Routes = append(t.Routes, b.readRoutes(l, false)...) }},
		{name: "virtual_rules", kind: Block, owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Rules = append(t.Rules, b.readRules(l, false)...) }},
		{name: "accept", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.Accept, t.acceptSet = true, true }},
		{name: "no_accept", owner: VRRP, set: func(b *builder, t *block, l entry) { t.Accept, t.acceptSet = false, true }},
		{name: "skip_check_adv_addr", kind: Value, arg: boolArg(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.SkipCheckAddrs = true }},
		{name: "strict_mode", kind: Value, arg: boolArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Strict, t.strictSet = l.val.on, true }},
		{name: "preempt", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.Preempt = true }},
		{name: "nopreempt", owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.Preempt = false }},
		{name: "preempt_delay", kind: Value, arg: timer(0, 1000_000_000), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.PreemptDelay = l.val.d }},
		{name: "debug", kind: Value, arg: number(0, 4), owner: VRRP, effect: on},
		{name: "smtp_alert", kind: Value, arg: boolArg(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.SMTPAlert, t.smtpSet = l.val.on, true }},
		{name: "notify_priority_changes", kind: Value, arg: boolArg(), owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { t.NotifyPriorityMoves = l.val.on }},
		{name: "lvs_sync_daemon_interface", kind: Value, arg: deviceArg(), owner: VRRP, effect: on, old: true,
			set: func(b *builder, t *block, l entry) { b.oldSyncDaemon(t, l) }},
		{name: "timer_expired_backup", kind: Value, arg: optional(number(1, 254)), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.setTimerExpired(l) }},
		{name: "thread_timer_expired", kind: Value, arg: optional(number(1, 254)), owner: VRRP, effect: on, old: true,
			set: func(b *builder, t *block, l entry) { b.deprecated(l, "timer_expired_backup"); t.setTimerExpired(l) }},
		{name: "lower_prio_no_advert", kind: Value, arg: boolArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.LowerPrioNoAdvert, t.noAdvertSet = l.val.on, true }},
		{name: "higher_prio_send_advert", kind: Value, arg: boolArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.HigherPrioAdvert, t.sendAdvertSet = l.val.on, true }},
		{name: "owner_ignore_adverts", kind: Value, arg: boolArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.OwnerIgnoreAdverts, t.ownerIgnoreSet = l.val.on, true }},
		{name: "kernel_rx_buf_size", kind: Value, arg: soft(number(0, maxUint)), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.RxBuf = int(l.val.n) }},
		{name: "authentication", kind: Block, owner: VRRP, effect: on, set: func(b *builder, t *block, l entry) { b.readAuth(t, l) },
			rows: func() []Keyword { return list(authKeywords()) }},
		{name: "auth_hmac", kind: Block, owner: VRRP, set: func(b *builder, t *block, l entry) { b.readHMAC(t, l) },
			rows: func() []Keyword { return list(hmacKeywords()) }},
	}
	rows = append(rows, instanceNotifyKeywords()...)
	return append(rows, instanceGARPKeywords()...)
}

func instanceNotifyKeywords() []keyword[instanceBlock] {
	type block = instanceBlock
	type kw = keyword[block]
	notify := func(name string, at func(n *Notify) **Script) kw {
		return kw{name: name, kind: Value, arg: commandArg(), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { b.readNotify(t.Name, l, at(&t.Notify)) }}
	}
	return []kw{
		notify("notify_backup", func(n *Notify) **Script { return &n.Backup }),
		notify("notify_master", func(n *Notify) **Script { return &n.Master }),
		notify("notify_fault", func(n *Notify) **Script { return &n.Fault }),
		notify("notify_stop", func(n *Notify) **Script { return &n.Stop }),
		notify("notify", func(n *Notify) **Script { return &n.Any }),
		notify("notify_master_rx_lower_pri", func(n *Notify) **Script { return &n.MasterRxLowerPrio }),
		{name: "notify_deleted", kind: Value, arg: optional(commandArg()), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) {
				t.NotifyDeletedState = true
				if l.val.set {
					b.readNotify(t.Name, l, &t.Notify.Deleted)
				}
			}},
	}
}

func instanceGARPKeywords() []keyword[instanceBlock] {
	type block = instanceBlock
	extra := func(name string, old bool) keyword[block] {
		return keyword[block]{name: name, kind: List, arg: soft(about(textArg(), "[all] seconds 0-86400")), owner: VRRP, old: old, effect: on,
			set: func(b *builder, t *block, l entry) { b.readExtraIf(&t.ExtraIf, l, 0, old) }}
	}
	return []keyword[block]{
		{name: "garp_master_delay", kind: Value, arg: seconds(0, 4294), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Announce.Delay = l.val.d }},
		{name: "garp_master_refresh", kind: Value, arg: seconds(0, maxUint), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Announce.Refresh = l.val.d }},
		{name: "garp_master_repeat", kind: Value, arg: number(0, maxUint), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Announce.Repeat = b.atLeastOne(t, l) }},
		{name: "garp_master_refresh_repeat", kind: Value, arg: number(0, maxUint), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Announce.RefreshRepeat = b.atLeastOne(t, l) }},
		{name: "garp_lower_prio_delay", kind: Value, arg: seconds(0, 4294), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Announce.LowerPrioDelay, t.lowerPrioSet = l.val.d, true }},
		{name: "garp_lower_prio_repeat", kind: Value, arg: number(0, maxInt), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.Announce.LowerPrioRepeat, t.lowerPrioSet = int(l.val.n), true }},
		{name: "down_timer_adverts", kind: Value, arg: number(1, 100), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { t.DownAdverts = int(l.val.n) }},
		extra("garp_extra_if", false),
		extra("vmac_garp_intvl", true),
	}
}

func (t *instanceBlock) setTimerExpired(l entry) {
	t.TimerExpiredBackup = 254
	if l.val.set {
		t.TimerExpiredBackup = uint8(l.val.n)
	}
}

// atLeastOne reads a number of announcements, which cannot be 0.
func (b *builder) atLeastOne(t *instanceBlock, l entry) int {
	if l.val.n < 1 {
		b.report(l.Directive, syntax.GeneralError, "("+t.Name+"): "+l.Name()+" must be greater than 0, setting to 1")
		return 1
	}
	return int(min(l.val.n, maxInt))
}

func (b *builder) deprecated(l entry, now string) {
	b.report(l.Directive, syntax.Deprecated, l.Name()+" is deprecated - please use '"+now+"'")
}

// renamed notes a deprecated keyword that keepalived takes without a word.
func (b *builder) renamed(l entry, now string) {
	b.report(l.Directive, syntax.Note, l.Name()+" is deprecated - please use '"+now+"'")
}

// readExtraIf reads [all] SECONDS of garp_extra_if.
func (b *builder) readExtraIf(x *ExtraIf, l entry, least int64, old bool) {
	if old {
		b.deprecated(l, strings.Replace(l.Name(), "vmac_garp_intvl", "garp_extra_if", 1))
	}
	*x = ExtraIf{}
	for _, w := range l.Words[1:] {
		if w.Text == "all" {
			x.All = true
		} else if n, ok := b.unsigned(w, least, 86400); ok {
			x.Every = time.Duration(n) * time.Second
		}
	}
}

// readInstance reads one vrrp_instance.
func (b *builder) readInstance(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.report(d, syntax.GeneralError, "vrrp_instance must have a name")
		return
	}
	name := d.Words[1].Text
	if b.vrrp.instance(name) != nil {
		b.report(d, syntax.GeneralError, "vrrp instance "+name+" already defined")
		return
	}
	b.surplus(d, 2)
	t := &instanceBlock{Instance: b.newInstance(name, d.Pos()), pos: d.Pos()}
	b.vrrp.add(t)
	apply(b, b.vrrp.keywords(), d.Items(), t, "vrrp_instance")
}

// surplus reports words after the name of a block.
func (b *builder) surplus(d *syntax.Directive, most int) {
	if len(d.Words) > most {
		var extra []string
		for _, w := range d.Words[most:] {
			extra = append(extra, w.Text)
		}
		b.err(d.Words[most], syntax.GeneralError, "Block "+d.Name()+" has extra parameters "+strings.Join(extra, " ")+" ...")
	}
}

// newInstance returns an instance with the defaults, those of global_defs among them.
func (b *builder) newInstance(name string, pos syntax.Pos) *Instance {
	g := &b.defaults
	return &Instance{
		Pos: pos, Name: name,
		Priority: 0, AdvertInterval: time.Second, DownAdverts: g.downAdverts,
		Preempt: true, Strict: g.strict, Accept: true, UnicastTTL: 255,
		CheckSource: g.checkSource, ChecksumAsV2: g.checksumAsV2, SkipCheckAddrs: g.skipCheckAddrs,
		LowerPrioNoAdvert: g.lowerPrioNoAdvert, HigherPrioAdvert: g.higherPrioAdvert, OwnerIgnoreAdverts: g.ownerIgnoreAdverts,
		Announce: g.announce(), ExtraIf: g.extraIf, SMTPAlert: g.smtpAlert, NotifyPriorityMoves: g.notifyPriorityMoves,
	}
}

func (b *builder) badPriority(t *instanceBlock, l entry) {
	t.Priority = 100
	b.report(l.Directive, syntax.GeneralError, "("+t.Name+") Priority not valid! must be between 1 & 255. Using default 100")
}

func (b *builder) readState(t *instanceBlock, l entry) {
	switch l.val.s {
	case "MASTER":
		t.WantMaster, t.stateSet = true, true
	case "BACKUP":
		if t.WantMaster {
			b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") state previously set as MASTER - ignoring BACKUP")
			return
		}
		t.wantsBackup, t.stateSet = true, true
	default:
		b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") unknown state '"+l.val.s+"', defaulting to BACKUP")
		t.wantsBackup, t.stateSet = true, true
		t.WantMaster = false
	}
}

func (b *builder) readVersion(t *instanceBlock, l entry) {
	t.Version, t.versionSet = uint8(l.val.n), true
	if t.Version == 2 && t.Family == IPv6 {
		b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") cannot set VRRP version to 2 for an IPv6 instance")
		t.Version = 3
	}
}

func (b *builder) readNative(t *instanceBlock, l entry) {
	if t.familyFrom != "" && t.Family == IPv4 {
		b.report(l.Directive, syntax.GeneralError, "("+t.Name+") Cannot specify native_ipv6 with IPv4 addresses")
		return
	}
	t.nativeIPv6, t.Family, t.familyFrom = true, IPv6, "native_ipv6"
	if t.versionSet && t.Version == 2 {
		b.report(l.Directive, syntax.GeneralError, "("+t.Name+") native_ipv6 sets VRRP version 3")
	}
	t.Version, t.versionSet = 3, true
}

func (b *builder) readInterface(t *instanceBlock, l entry) {
	name := l.val.s
	link, ok := b.link(name)
	t.ifaceMissing, t.linkKnown = !ok, ok
	switch {
	case ok && link.Loopback:
		b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") cannot use a loopback interface ("+name+") for vrrp - ignoring")
		return
	case !ok && !b.cfg.Global.DynamicIfaces:
		b.err(l.Words[1], syntax.GeneralError, "WARNING - interface "+name+" for vrrp_instance "+t.Name+" doesn't exist")
	}
	t.Interface = name
}

func (b *builder) readVRF(t *instanceBlock, l entry) {
	link, ok := b.link(l.val.s)
	refuse := func(why string) { b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") "+why+" - ignoring") }
	switch {
	case t.Interface != "":
		refuse("Cannot specify VRF interface and interface")
	case t.VRF != "":
		refuse("VRF interface already specified as '" + t.VRF + "'")
	case link.Loopback:
		refuse("cannot use a loopback interface (" + l.val.s + ") for VRF")
	default:
		if !ok && !b.cfg.Global.DynamicIfaces {
			b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") WARNING - VRF interface "+l.val.s+" doesn't exist")
			b.vrrp.missingLink = true
		}
		t.VRF = l.val.s
	}
}

func (b *builder) oldSyncDaemon(t *instanceBlock, l entry) {
	b.report(l.Directive, syntax.Deprecated, "("+t.Name+") Specifying lvs_sync_daemon_interface against a vrrp is deprecated. Please use global lvs_sync_daemon")
	if s := b.cfg.Global.LVS.Sync; s != nil {
		b.report(l.Directive, syntax.GeneralError, "("+t.Name+") lvs_sync_daemon_interface has already been specified as "+s.Interface+" - ignoring")
		return
	}
	b.cfg.Global.LVS.Sync, b.lvs.syncPos = &SyncDaemon{Interface: l.val.s, Instance: t.Name}, l.Pos()
}
