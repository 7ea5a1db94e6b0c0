package lvs

import (
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// EventKind says what has happened.
type EventKind uint8

// The events.
const (
	// Start programs the services: Kernel is what the kernel has already.
	Start EventKind = iota + 1
	// Ready follows Start when that is carried out: the checkers begin.
	Ready
	// Result is the verdict of a checker: its first, a changed one, or one with another Weight.
	Result
	// Reload puts Config in force.
	Reload
	// Stop takes everything away.
	Stop
	// Failed says that the kernel has refused what was asked for Service, and Dest when valid; Text is the log line.
	Failed
	// Observed answers a Compare: Kernel is what the kernel has. With Right it is what was asked for, with Same what it had the
	// last time, and nothing was asked for since then: Kernel is of no interest then. Reading it has taken Took.
	Observed
	// Address says that this host has Addr now, or not any more: Up.
	Address
	// File says that the track_file Name holds Number. Before Start it is what the table begins with.
	File
	// Weigh gives the server RealServer the weight Number, until a reload.
	Weigh
	// Timeout says that the deadline has come.
	Timeout
)

// Event is something that has happened.
type Event struct {
	Kind  EventKind
	Check CheckID
	Up    bool
	// Adjust is what the checker adds to the weight of its server. With misc_dynamic it is the weight itself plus 1, or 0
	// for that of the configuration.
	Adjust int
	Text   string // Result, Failed: the log line; empty: none
	Mail   string // Result: the body of the mail, as "TCP CHECK failed on service"
	Config *conf.Config
	Key    ServiceKey
	Dest   DestKey
	Kernel []Programmed
	Right  bool
	Same   bool
	Took   time.Duration
	Addr   netip.Addr
	Name   string
	Number int

	RealServer *conf.RealServer
}

// CheckID names a checker as long as it lives: across reloads that do not change it.
type CheckID int32
