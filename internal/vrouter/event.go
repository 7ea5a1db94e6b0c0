package vrouter

import (
	"net/netip"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// ID numbers an instance in a Set. It stays the same for as long as the instance lives, through reloads too.
type ID int32

// EventKind says what happened.
type EventKind uint8

// The events.
const (
	Start          EventKind = iota + 1 // the process is ready: every instance leaves INIT
	Received                            // a packet has come for instance ID: Packet
	Timeout                             // the deadline has come
	LinkChanged                         // Link says how the interface Link.Name is now
	AddrLost                            // an address, route or rule of instance ID that we had set was removed by someone else
	ActionFailed                        // the action of kind Failed for instance ID could not be carried out: Err
	Reload                              // Config is in force from now on
	Stop                                // the process is about to end
	SourceChanged                       // Present says whether the configured source address of ID is on this host
	TrackedChanged                      // Tracked says how what instances track is now
)

// Event is something that happened outside. Only the fields that its kind names are read.
type Event struct {
	Kind   EventKind
	ID     ID
	Packet *Packet // Received; not kept after Step
	Link   Link    // LinkChanged
	Config *conf.Config
	// Present is read for SourceChanged. Until the first such event the source address is taken to be there.
	Present bool
	// Tracked is also read for Reload: states that are known otherwise from now on.
	Tracked []Tracked
	Failed  ActionKind
	Err     string // as log lines show it: for a system call number and text, "101 (Network is unreachable)"
}

// Packet is one IP packet of protocol 112 as it was received.
type Packet struct {
	Src, Dst  netip.Addr
	TTL       uint8
	TotalLen  int // of the IP header's total length field, less the IP header; equal to len(Payload) unless cut off
	Multicast bool
	AH        bool   // an authentication header stood before the payload
	Payload   []byte // the VRRP message
}

// Link is the state of an interface, as far as an instance on it depends on it.
type Link struct {
	Name    string
	Present bool
	Up      bool       // IFF_UP and IFF_RUNNING
	Addr4   netip.Addr // primary IPv4 address; zero: none
	Addr6   netip.Addr // link-local IPv6 address; zero: none
}

// ActionKind says what is to be done.
type ActionKind uint8

// The actions.
const (
	SendAdvert        ActionKind = iota + 1 // send an advert of instance ID with Priority (0: "I resign")
	AddAddrs                                // put Addrs of instance ID on their interfaces
	DelAddrs                                // take Addrs of instance ID away
	Announce                                // announce Addrs of instance ID, Count times each
	StopAnnounce                            // forget what is still to be announced for instance ID
	NotifyState                             // tell the outside that instance ID went From -> To, at Priority
	NotifyGroup                             // the same for sync group Group; neither ID nor Priority is set
	NotifyRxLowerPrio                       // a master has heard a lower priority
	AddRoutes                               // put Routes and Rules of instance ID in place
	DelRoutes                               // take Routes and Rules of instance ID away
	NotifyPriority                          // the effective priority of ID, in state To, is now Priority
	Log                                     // Text at Level; only with --log-detail when Detail
)

// Action is something that must be done, in the order given. Only the fields that its kind names are set.
type Action struct {
	Kind     ActionKind
	ID       ID
	Priority uint8
	Addrs    []conf.Address // shared with the configuration: not to be changed
	Routes   []*conf.Route  // the same
	Rules    []*conf.Rule   // the same
	Count    int
	Refresh  bool // Announce: a periodic refresh
	From, To State
	Group    string
	Level    Level
	Detail   bool
	Text     string
}

// Level is the severity of a Log action.
type Level uint8

// The levels, those of syslog that are used.
const (
	Info Level = iota
	Notice
	Warning
	Error
	Alert
)
