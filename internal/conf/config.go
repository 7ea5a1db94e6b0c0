// Package conf gives the configuration tree its meaning: one struct, one keyword table and one validation per block.
//
// It is pure: what must be asked of the machine (does the interface exist, may this script run) is asked of a Host.
package conf

import (
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Config is a whole configuration with every default filled in.
type Config struct {
	Global       Global
	Instances    []*Instance
	SyncGroups   []*SyncGroup
	Scripts      []*VRRPScript // in the order of the file, those that cannot run left out
	Files        []*WatchedFile
	Processes    []*WatchedProcess
	TrackGroups  []*TrackGroup
	StaticAddrs  []StaticAddress
	StaticRoutes []*Route
	StaticRules  []*Rule
	LinkDelays   map[string]LinkDelay // interface_up_down_delays, by interface
	GARPGroups   []GARPGroup
	PolledLinks  map[string]LinkPoll // interfaces whose link is polled rather than told by the kernel

	VirtualServers []*VirtualServer
	Groups         []*VirtualServerGroup // in the order of the file, those that nothing uses too
	SSL            SSL

	// HasVRRP, HasChecker and HasBFD tell whether there is anything to do for that child.
	HasVRRP, HasChecker, HasBFD bool
}

// Global holds what global_defs and the keywords outside every block say.
type Global struct {
	RouterID         string        // default: the host name
	NetNamespace     string        // empty: the namespace that the daemon was started in
	InstanceName     string        // "instance": changes syslog ident and pid file names
	UsePidDir        bool          // pid files under RUNDIR/keepalived/
	ChildWaitTime    time.Duration // how long the parent waits for its children at a stop; default 5 s
	ProcessNames     ProcessNames
	Umask            uint32 // default 0177
	UmaskSet         bool
	DefaultInterface string // for static addresses without dev; default eth0

	NotifyFIFO, VRRPFIFO, LVSFIFO FIFO
	FIFOStatesOnReload            bool // all states are written again after a reload
	Mail                          Mail

	ScriptUser          User // default keepalived_script when it exists, else the daemon's own
	ScriptSecurity      bool
	KeepLinks           bool // use_symlink_paths
	SupplementaryGroups bool // scripts get the further groups of their user
	StartupScript       *Script
	ShutdownScript      *Script
	// StartupTimeout and ShutdownTimeout bound the two scripts; 1 s to 1000 s, default 10 s.
	StartupTimeout, ShutdownTimeout time.Duration

	StartupDelay    time.Duration // vrrp_startup_delay; 0: none
	DelayAfterBoot  time.Duration // vrrp_delay_after_boot, counted from the boot; 0: none
	LogUnknownVRIDs bool
	DynamicIfaces   bool // an interface may be missing at the start
	PollLinks       bool // linkbeat_use_polling outside every block

	GARPInterval time.Duration // least time between two gratuitous ARPs on one interface
	GNAInterval  time.Duration // the same for unsolicited neighbour advertisements

	// MaxAutoPriority is up to what real-time priority (1..99) the VRRP child may raise its own by one each time that it
	// has been MinAutoPriorityDelay late (1 us..10 s, default 1 s). 0 or -1: it may not.
	MaxAutoPriority      int
	MinAutoPriorityDelay time.Duration
	DisableLocalIGMP     bool   // the kernel is not to report groups of 224.0.0.0/24 while the daemon runs
	TmpConfigDir         string // the copy of the configuration for the children is a file there; empty: in memory

	Reload      Reloading
	Dump        Dump
	JSONVersion int // of the report: 1 or 2, default 1

	VRRPProcess    Process
	CheckerProcess Process
	BFDProcess     Process

	MonitorRcvBuf      int // bytes; receive buffer of the netlink monitor socket; 0: our default
	MonitorRcvBufForce bool
	ProcessRcvBuf      int // bytes; the same for the socket that tells of processes
	ProcessRcvBufForce bool
	CommandRcvBuf      int // bytes; the same for the netlink command socket
	CommandRcvBufForce bool

	LVS  LVS
	SNMP SNMP
}

// Dump says where the reports are written that signals ask for.
type Dump struct {
	UseInstance bool   // the names of the files have namespace and instance in them
	State       string // file of SIGUSR1, or a directory with a slash at the end; empty: the usual place
	// Stats and JSON are named and not used: keepalived writes to the usual place all the same, where programs look.
	Stats, JSON string
}

// Reloading holds what happens around a reload.
type Reloading struct {
	MarkFile bool   // a file exists while the configuration is read
	File     string // that file; empty: a name in the run directory
	CheckLog string // where the errors of a refused configuration are written; empty: nowhere but the log
	TimeFile string // a file that says when to reload; empty: none
	Repeat   bool   // a time of day in TimeFile is for every day
	SaveDir  string // where a copy of each configuration is kept; empty: nowhere
}

// ProcessNames are the comm names of the processes (at most 15 bytes); empty means "keepalived".
type ProcessNames struct{ Parent, VRRP, Checker, BFD string }

// Process holds the scheduling of one child.
type Process struct {
	Nice        int // -20..19
	NoSwap      bool
	RTPriority  int           // SCHED_RR priority 1..99; 0: normal scheduling
	CPUAffinity []int         // empty: all
	RTTimeLimit time.Duration // RLIMIT_RTTIME; 0: not set
}

// User is a user and group by name, as a script runs. An empty name means the default.
type User struct{ Name, Group string }

// Script is a configured command. A nil *Script means none.
type Script struct {
	Pos  syntax.Pos
	Line string   // the command as written, for sh -c and for messages
	Argv []string // split with quotes and escapes resolved
	User User
	// Secure refuses to run what is insecure (enable_script_security).
	Secure bool
	// KeepLinks has a program that is a symbolic link executed by that name rather than its own (use_symlink_paths).
	KeepLinks bool
	// Groups gives it the further groups of its user (set_supplementary_groups).
	Groups bool
}

// LinkDelay is how long an interface must be down or up before that counts.
type LinkDelay struct{ Down, Up time.Duration }

// Family is an address family.
type Family uint8

// The address families.
const (
	IPv4 Family = 4
	IPv6 Family = 6
)

// Instance is one vrrp_instance block: a virtual router on one interface.
type Instance struct {
	Pos       syntax.Pos
	Name      string
	Interface string // empty only for unicast with a source address
	VRF       string // unicast without Interface: adverts come and go in this routing domain; empty: in the main one
	VRID      uint8  // 1..255
	Family    Family // of the addresses in the advert
	Version   uint8  // 2 or 3
	Priority  uint8  // base priority 1..255; 255 is the address owner
	// WantMaster is "state MASTER" after conflicts with priority and nopreempt have been resolved.
	WantMaster     bool
	AdvertInterval time.Duration // v2 whole seconds 1 s..255 s, v3 10 ms..40.95 s
	DownAdverts    int           // missed adverts before takeover, 1..100, default 3
	Preempt        bool          // false: nopreempt
	PreemptDelay   time.Duration
	Strict         bool
	Accept         bool // accept packets to the addresses when not owner

	SourceAddr     netip.Addr // mcast_src_ip or unicast_src_ip; zero: the interface's own address
	TrackSource    bool       // FAULT while SourceAddr is not on this machine
	MulticastGroup netip.Addr // valid for multicast instances, default 224.0.0.18 or ff02::12
	Unicast        bool
	Peers          []Peer // unicast peers
	UnicastTTL     uint8  // default 255
	CheckSource    bool   // adverts from others than Peers are dropped
	FaultNoPeer    bool   // unicast_fault_no_peer

	Auth         Auth
	ChecksumAsV2 bool // VRRPv3 over IPv4 without the pseudo-header in the checksum
	// OldUnicastChecksum is the compatibility with VRRPv3 unicast of keepalived before 1.3.7.
	OldUnicastChecksum OldChecksum

	Addrs         []Address // virtual_ipaddress: in the advert
	ExcludedAddrs []Address // virtual_ipaddress_excluded: of any family, not in the advert

	Routes              []*Route // virtual_routes
	Rules               []*Rule  // virtual_rules
	DontTrackPrimary    bool
	Tracks              []Track
	PromoteSecondaries  bool
	SkipCheckAddrs      bool  // skip_check_adv_addr
	LowerPrioNoAdvert   bool  // do not answer an advert of lower priority
	HigherPrioAdvert    bool  // send one advert before yielding to a higher priority
	OwnerIgnoreAdverts  bool  // an address owner discards every advert
	TimerExpiredBackup  uint8 // 0: off; else the highest priority of the others
	RxBuf               int   // bytes, its share of the socket's receive buffer; 0: the system's default
	Announce            Announce
	ExtraIf             ExtraIf
	Notify              Notify
	NotifyDeletedState  bool // notify_deleted was given, with or without a command
	SMTPAlert           bool
	NotifyPriorityMoves bool // notify_priority_changes
}

// Link returns the name of the device without which the instance cannot take part: its interface or its VRF. Empty: there
// is none.
func (i *Instance) Link() string {
	if i.Interface != "" {
		return i.Interface
	}
	return i.VRF
}

// OldChecksum says how a VRRPv3 unicast instance treats the checksum of keepalived before 1.3.7.
type OldChecksum uint8

// The treatments of the old checksum.
const (
	OldChecksumDetect OldChecksum = iota // change over when the peer is seen to use it
	OldChecksumForce                     // always use it
	OldChecksumNever                     // never change over
)

// Peer is one unicast peer and the TTLs that adverts from it may have.
type Peer struct {
	Pos            syntax.Pos
	Addr           netip.Addr
	MinTTL, MaxTTL uint8 // default 0 and 255
}

// AuthType is the VRRPv2 authentication type as it stands in the packet (RFC 2338 section 5.3.6).
type AuthType uint8

// The authentication types.
const (
	AuthNone AuthType = 0
	AuthPass AuthType = 1
	AuthAH   AuthType = 2
)

// Auth is the VRRPv2 authentication of an instance.
type Auth struct {
	Type AuthType
	Pass [8]byte // padded with zero bytes
}

// Announce says how often addresses are announced by gratuitous ARP or unsolicited neighbour advertisement.
type Announce struct {
	Delay           time.Duration // until the second set after becoming master; 0: no second set; default 5 s
	Repeat          int           // announcements per set, at least 1, default 5
	Refresh         time.Duration // period while master; 0: off
	RefreshRepeat   int           // announcements per refresh, default 1
	LowerPrioDelay  time.Duration // second set after an advert of lower priority; 0: none
	LowerPrioRepeat int           // announcements after an advert of lower priority; 0: none
}

// ExtraIf is garp_extra_if: one address of each further interface on which a master has addresses is announced from time
// to time, so that switches do not forget where it is.
type ExtraIf struct {
	Every time.Duration // 1 s..86400 s; 0: never
	// All is for every such interface. False: for those only that the daemon has made itself, and it makes none yet.
	All bool
}

// Notify holds the scripts of an instance or a sync group.
type Notify struct {
	Master, Backup, Fault, Stop, Deleted *Script
	Any                                  *Script // "notify": called with type, name, state and priority
	MasterRxLowerPrio                    *Script
}

// Address is one line of virtual_ipaddress, virtual_ipaddress_excluded or static_ipaddress.
type Address struct {
	Pos           syntax.Pos
	Prefix        netip.Prefix // address (not masked) and prefix length, default /32 or /128
	Dev           string       // the instance's interface when not given
	Scope         uint8        // rtnetlink scope: 0 global, 253 link, 254 host; IPv4 only
	Broadcast     netip.Addr   // valid: this broadcast address
	BroadcastAuto bool         // brd +: the broadcast address of the prefix
	Label         string       // IPv4 only, at most 15 bytes
	Peer          netip.Prefix // valid: peer address
	Flags         uint32       // IFA_F_* of linux/if_addr.h that were asked for
	PreferredLft  uint32       // seconds; LftForever when not limited
	NoTrack       bool         // its removal is not a fault
}

// LftForever is the lifetime of an address without limit.
const LftForever = 0xffffffff

// SyncGroup is one vrrp_sync_group block: instances that change state together.
type SyncGroup struct {
	Pos       syntax.Pos
	Name      string
	Members   []string
	Notify    Notify
	SMTPAlert bool
	Tracks    []Track // for every member
	// TrackingWeight keeps the weights of the members' own trackers.
	TrackingWeight      bool
	NotifyPriorityMoves bool
}
