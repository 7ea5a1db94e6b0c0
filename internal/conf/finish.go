package conf

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// finish settles what can be decided only when everything has been read.
func (b *builder) finish() {
	b.lvsFinish()
	b.groupMembers()
	b.finishFIFOs()
	b.finishMail()
	b.finishSNMP()
	b.startScripts()
	if len(b.vrrp.instances) > 0 {
		b.vrrpScripts()
	}
	for _, t := range b.vrrp.instances {
		b.finishInstance(t)
		b.cfg.Instances = append(b.cfg.Instances, t.Instance)
	}
	b.finishTracks()
	b.duplicates()
	for _, g := range b.vrrp.groups {
		b.finishGroup(g)
	}
	b.finishLinkbeat()
	if b.vrrp.missingLink && !b.cfg.Global.DynamicIfaces {
		b.fatal(syntax.Pos{}, "Non-existent interface specified in configuration")
	}
	b.finishSync()
	b.cfg.HasVRRP = len(b.vrrp.instances)+len(b.cfg.StaticAddrs)+len(b.cfg.StaticRoutes)+len(b.cfg.StaticRules) > 0
}

// finishSync leaves out a sync daemon whose instance is not there.
func (b *builder) finishSync() {
	s := b.cfg.Global.LVS.Sync
	if s == nil || s.Instance == "" || slices.ContainsFunc(b.cfg.Instances, func(i *Instance) bool { return i.Name == s.Instance }) {
		return
	}
	b.add(syntax.Diagnostic{Pos: b.lvs.syncPos, Severity: syntax.Note,
		Text: "Unable to find vrrp instance " + s.Instance + " for lvs_syncd - clearing lvs_syncd config"})
	b.cfg.Global.LVS.Sync = nil
}

// tell reports something about an instance.
func (b *builder) tell(t *instanceBlock, sev syntax.Severity, text string) {
	b.add(syntax.Diagnostic{Pos: t.pos, Severity: sev, Text: "(" + t.Name + ") " + text})
}

// finishInstance settles one instance: family and version first, as the other rules look at them.
func (b *builder) finishInstance(t *instanceBlock) {
	if t.Family == 0 {
		t.Family = IPv4
	}
	b.finishVersion(t)
	b.finishInterface(t)
	if t.VRID == 0 {
		b.fatal(t.pos, "("+t.Name+") the virtual router id must be set")
		if t.Priority == 0 {
			t.Priority = 100
		}
		return
	}
	b.finishUnicast(t)
	b.finishAuth(t)
	b.finishPriority(t)
	b.finishStrict(t)
	b.finishInterval(t)
	b.finishAddrs(t)
	b.finishRxBuf(t)
}

func (b *builder) finishVersion(t *instanceBlock) {
	if !t.versionSet {
		t.Version = b.defaults.version
		if t.Family == IPv6 {
			t.Version = 3
		}
	}
	if t.Family == IPv6 && t.Version == 2 {
		if t.Strict {
			b.tell(t, syntax.GeneralError, "IPv6 is not supported by VRRP version 2 in strict mode; setting version 3")
			t.Version = 3
			return
		}
		t.Version = 3
	}
}

func (b *builder) finishInterface(t *instanceBlock) {
	if t.VRF != "" && t.Interface != "" {
		b.tell(t, syntax.GeneralError, "vrf can only be specified without interface - clearing")
		t.VRF = ""
	}
	switch {
	case t.Interface == "" && len(t.Peers) == 0 && !t.unicastWord:
		b.fatal(t.pos, "("+t.Name+") Unknown interface!")
	case t.Interface == "" && !t.SourceAddr.IsValid():
		b.fatal(t.pos, "("+t.Name+"): Unicast instances must have unicast_src_ip or interface")
	case t.Interface == "" && (t.vmac || t.ipvlan):
		b.tell(t, syntax.GeneralError, "Cannot use VMAC/ipvlan with unicast and no interface - clearing use_vmac")
		t.vmac, t.ipvlan = false, false
	case t.ifaceMissing:
		b.vrrp.missingLink = true
	}
}

func (b *builder) finishUnicast(t *instanceBlock) {
	t.Unicast = len(t.Peers) > 0
	if !t.Unicast {
		if t.unicastWord && !t.FaultNoPeer {
			b.tell(t, syntax.Warning, "A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is deprecated - please update your configuration.")
		}
		if t.ttlSet {
			b.add(syntax.Diagnostic{Pos: t.pos, Severity: syntax.GeneralError, Text: "(" + t.Name + "): Cannot use unicast_ttl without unicast peers - resetting"})
			t.UnicastTTL = 255
		}
		t.CheckSource = false
		if t.FaultNoPeer {
			t.Unicast = true
		}
	}
	if (t.Unicast || t.unicastWord) && t.vmac && !t.vmacBase {
		b.tell(t, syntax.Warning, "unicast with use_vmac requires vmac_xmit_base - setting")
		t.vmacBase = true
	}
	if t.vmacBase && !t.vmac && !t.ipvlan {
		b.tell(t, syntax.GeneralError, "vmac_xmit_base is only valid with a vmac")
	}
	if t.ipvlan && t.Family == IPv4 && !t.ipvlanAddr && !t.SourceAddr.IsValid() {
		b.tell(t, syntax.GeneralError, "IPv4 ipvlan requires a source ip address to be configured. setting instance to fault state")
	}
	if !t.MulticastGroup.IsValid() && !t.Unicast {
		t.MulticastGroup = b.defaults.group4
		if t.Family == IPv6 {
			t.MulticastGroup = b.defaults.group6
		}
	}
	if t.TrackSource && !t.SourceAddr.IsValid() {
		b.tell(t, syntax.Note, "track_src_ip set but no source address specified - ignoring")
		t.TrackSource = false
	}
}

func (b *builder) finishAuth(t *instanceBlock) {
	if t.Auth.Type == AuthNone {
		t.Auth.Pass = [8]byte{}
		return
	}
	switch {
	case t.Version == 3:
		b.tell(t, syntax.GeneralError, "VRRP version 3 does not support authentication. Ignoring.")
	case t.Strict:
		b.tell(t, syntax.GeneralError, "Strict mode does not support authentication. Ignoring.")
	case t.Auth.Pass == [8]byte{}:
		b.tell(t, syntax.GeneralError, "Authentication specified but no password given. Ignoring")
	default:
		if t.Auth.Type == AuthAH && t.WantMaster {
			b.tell(t, syntax.GeneralError, "Initial state master is incompatible with AH authentication - clearing")
			t.WantMaster = false
		}
		return
	}
	t.Auth = Auth{}
}

const owner = 255

func (b *builder) finishPriority(t *instanceBlock) {
	if t.Priority == 0 {
		t.Priority = 100
		if t.WantMaster {
			t.Priority = owner
		}
	}
	isOwner := t.Priority == owner
	if !t.stateSet {
		t.WantMaster = isOwner
	}
	switch {
	case t.Strict && isOwner != t.WantMaster:
		b.tell(t, syntax.GeneralError, "State MASTER must match being address owner")
		t.WantMaster = isOwner
	case isOwner && !t.WantMaster:
		b.tell(t, syntax.Note, "State BACKUP with priority 255 - setting state MASTER")
		t.WantMaster = true
	}
	if isOwner {
		if !t.Preempt {
			b.tell(t, syntax.GeneralError, "nopreempt is incompatible with priority 255. resetting nopreempt")
			t.Preempt = true
		}
	}
	if !t.Preempt && t.WantMaster {
		b.tell(t, syntax.GeneralError, "Warning - nopreempt will not work with initial state MASTER - clearing")
		t.Preempt = true
	}
	if t.PreemptDelay > 0 {
		switch {
		case t.Strict:
			b.tell(t, syntax.GeneralError, "preempt_delay is incompatible with strict mode - resetting")
			t.PreemptDelay = 0
		case !t.Preempt:
			b.tell(t, syntax.GeneralError, "preempt_delay is incompatible with nopreempt mode - resetting")
			t.PreemptDelay = 0
		case t.WantMaster:
			b.tell(t, syntax.GeneralError, "Warning - preempt delay will not work with initial state MASTER - clearing")
			t.PreemptDelay = 0
		}
	}
	if t.TimerExpiredBackup > 0 && t.Preempt {
		b.tell(t, syntax.GeneralError, "timer_expired_backup requires nopreempt - ignoring")
		t.TimerExpiredBackup = 0
	}
}

// finishStrict applies what strict compliance with the RFCs asks for.
func (b *builder) finishStrict(t *instanceBlock) {
	isOwner := t.Priority == owner
	if !t.Strict {
		if isOwner {
			t.Accept = true
		}
		return
	}
	if t.Unicast {
		b.fatal(t.pos, "("+t.Name+") Unicast peers are not supported in strict mode")
	}
	if t.lowerPrioSet && t.Announce.LowerPrioRepeat > 0 {
		b.tell(t, syntax.GeneralError, "Strict mode requires no repeat garps. resetting")
	}
	t.Announce.LowerPrioDelay, t.Announce.LowerPrioRepeat = 0, 0
	if t.noAdvertSet && !t.LowerPrioNoAdvert {
		b.tell(t, syntax.GeneralError, "Strict mode requires no lower priority advert. resetting")
	}
	t.LowerPrioNoAdvert = true
	if t.sendAdvertSet && t.HigherPrioAdvert {
		b.tell(t, syntax.GeneralError, "strict mode requires higher_prio_send_advert to be clear. resetting")
	}
	t.HigherPrioAdvert = false
	if !t.ownerIgnoreSet && isOwner {
		t.OwnerIgnoreAdverts = true
	}
	if !t.acceptSet || t.Accept && t.Version == 2 {
		t.Accept = isOwner
	}
	if t.DownAdverts != 3 {
		b.tell(t, syntax.GeneralError, "down_timer_adverts is incompatible with strict mode - resetting")
		t.DownAdverts = 3
	}
}

// finishInterval rounds the interval to what the version can say: whole seconds, or hundredths up to 40.95 s.
func (b *builder) finishInterval(t *instanceBlock) {
	given := t.AdvertInterval
	step, most := time.Second, 255*time.Second
	if t.Version == 3 {
		step, most = 10*time.Millisecond, 40950*time.Millisecond
	}
	rounded := min(max((given+step/2)/step*step, step), most)
	if rounded == given {
		return
	}
	t.AdvertInterval = rounded
	if t.Version == 2 {
		b.tell(t, syntax.GeneralError, fmt.Sprintf("VRRPv2 advertisement interval %.6fs must be an integer. rounding", given.Seconds()))
		return
	}
	if given > most {
		b.tell(t, syntax.GeneralError, fmt.Sprintf("VRRPv3 advertisement interval %.2fs is out of range. Must be less than 40.96s. Setting to 40.95s", given.Seconds()))
		return
	}
	b.tell(t, syntax.GeneralError, fmt.Sprintf("VRRPv3 advertisement interval %.6fs must be in units of 10ms - rounding", given.Seconds()))
}

func (b *builder) finishAddrs(t *instanceBlock) {
	if len(t.Addrs) == 0 && !t.noVIP {
		if t.Version == 3 || t.Strict {
			b.fatal(t.pos, "("+t.Name+") No VIP specified; at least one is required")
		} else if len(t.ExcludedAddrs) == 0 {
			b.tell(t, syntax.GeneralError, "No VIP specified; at least one is sensible")
		}
	}
	if most := b.mostAddrs(t); len(t.Addrs) > most {
		b.tell(t, syntax.GeneralError, fmt.Sprintf("Number of VIPs (%d) exceeds maximum/space available in packet (max %d addresses) - excess moved to eVIPs", len(t.Addrs), most))
		t.ExcludedAddrs = append(t.ExcludedAddrs, t.Addrs[most:]...)
		t.Addrs = t.Addrs[:most:most]
	}
	if t.Strict && t.Family == IPv6 && len(t.Addrs) > 0 && !t.Addrs[0].Prefix.Addr().IsLinkLocalUnicast() {
		b.tell(t, syntax.GeneralError, "the first IPv6 VIP address must be link local")
	}
	for _, list := range [][]Address{t.Addrs, t.ExcludedAddrs} {
		for i := range list {
			if list[i].Dev == "" {
				list[i].Dev = t.Interface
			}
		}
	}
}

// mostAddrs returns how many addresses an advert can hold: they are counted in one byte and must fit the MTU beside the
// headers of IP, AH and VRRP.
func (b *builder) mostAddrs(t *instanceBlock) int {
	const most = 255
	headers, size := 20+24+8+8, 4
	if t.Family == IPv6 {
		headers, size = 40+24+8, 16
	}
	return min(most, max(1, (b.mtu(t)-headers)/size))
}

// identity is what tells virtual routers on the network apart.
type identity struct {
	vrid   uint8
	family Family
	link   string
	source netip.Addr
}

// duplicates finds instances that could not be told apart.
func (b *builder) duplicates() {
	first := map[identity]*instanceBlock{}
	for _, t := range b.vrrp.instances {
		if t.VRID == 0 {
			continue
		}
		id := identity{vrid: t.VRID, family: t.Family, link: t.Link()}
		if t.Interface == "" {
			id.source = t.SourceAddr
		}
		if o := first[id]; o != nil && !b.separate(o, t) {
			b.fatal(t.pos, fmt.Sprintf("%s and %s both use VRID %d with IPv%d on interface %s", o.Name, t.Name, t.VRID, t.Family, t.Interface))
			continue
		}
		first[id] = t
	}
}

// separate tells whether two instances of one VRID on one interface are kept apart by their destinations.
func (b *builder) separate(x, y *instanceBlock) bool {
	if x.Unicast != y.Unicast {
		return true
	}
	if !x.Unicast {
		return x.MulticastGroup != y.MulticastGroup
	}
	return x.SourceAddr != y.SourceAddr
}
