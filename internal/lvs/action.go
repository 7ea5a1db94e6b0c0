package lvs

import (
	"fmt"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// ActionKind says what is to be done.
type ActionKind uint8

// The actions. Those on the kernel's table are asked for once; what fails comes back as an event.
const (
	AddService ActionKind = iota + 1
	EditService
	DelService
	AddDest
	EditDest
	DelDest
	// Flush empties the kernel's table.
	Flush
	// Compare asks for an Observed event.
	Compare
	// StartCheck begins a checker, StopCheck ends it; SuspendCheck and ResumeCheck put it to rest and wake it.
	StartCheck
	StopCheck
	SuspendCheck
	ResumeCheck
	// Log writes Text.
	Log
	// Tell writes Line to the FIFO and runs Script.
	Tell
	// Mail sends Subject and Text.
	Mail
	// Mark has the firewall mark packets as Marks says, and no others.
	Mark
	// Trap tells managers by SNMP what Trap says.
	Trap
)

// InKernel tells whether an action changes the kernel's table.
func (k ActionKind) InKernel() bool { return k <= Flush }

var kindNames = [...]string{"", "AddService", "EditService", "DelService", "AddDest", "EditDest", "DelDest", "Flush", "Compare",
	"StartCheck", "StopCheck", "SuspendCheck", "ResumeCheck", "Log", "Tell", "Mail", "Mark", "Trap"}

// String returns the name of the kind.
func (k ActionKind) String() string { return kindNames[k] }

// Level is the severity of a log line.
type Level uint8

// The levels.
const (
	Info Level = iota
	Debug
	Warning
	Error
)

// Action is something to do.
type Action struct {
	Kind    ActionKind
	Service Service // its Key always
	Dest    Dest
	Check   CheckID
	Checker *conf.Check // StartCheck
	Server  string      // StartCheck: the real server as log lines have it
	Virtual string      // StartCheck: the virtual server
	Known   bool        // StartCheck: what it says is known: Up
	Up      bool
	Added   bool // StartCheck: by a reload
	Level   Level
	Text    string
	Subject string // Mail, without the router's name
	Line    string // Tell, without its end
	Script  *conf.Script
	Marks   *Marking
	Trap    *Change
}

// String returns the action as transcripts have it.
func (a Action) String() string {
	switch a.Kind {
	case AddService, EditService:
		return fmt.Sprintf("%s{%s}", a.Kind, a.Service)
	case DelService:
		return fmt.Sprintf("%s{%s}", a.Kind, a.Service.Key)
	case AddDest, EditDest:
		return fmt.Sprintf("%s{%s -> %s}", a.Kind, a.Service.Key, a.Dest)
	case DelDest:
		return fmt.Sprintf("%s{%s -> %s}", a.Kind, a.Service.Key, a.Dest.Key)
	case StartCheck, StopCheck, SuspendCheck, ResumeCheck:
		return fmt.Sprintf("%s{%d}", a.Kind, a.Check)
	case Log:
		return [...]string{"log", "debug", "warning", "error"}[a.Level] + ": " + a.Text
	case Tell:
		s := "Tell{" + a.Line
		if a.Script != nil {
			s += ", runs " + a.Script.Line
		}
		return s + "}"
	case Mail:
		return fmt.Sprintf("Mail{%s: %s}", a.Subject, a.Text)
	case Mark:
		return fmt.Sprintf("Mark{%s}", a.Marks)
	case Trap:
		return fmt.Sprintf("Trap{%s}", a.Trap)
	}
	return a.Kind.String() + "{}"
}

// String returns the service in the words of ipvsadm.
func (s Service) String() string {
	out := s.Key.String() + " -s " + s.Scheduler
	if s.Persistent > 0 {
		out += fmt.Sprintf(" -p %d", int(s.Persistent.Seconds()))
	}
	if s.Netmask != 0 {
		out += fmt.Sprintf(" -M %#x", s.Netmask)
	}
	if s.Engine != "" {
		out += " --pe " + s.Engine
	}
	if s.OnePacket {
		out += " -o"
	}
	if s.Flags != 0 {
		out += fmt.Sprintf(" -b %#x", uint32(s.Flags))
	}
	return out
}

// String returns the destination in the words of ipvsadm.
func (d Dest) String() string {
	out := d.Key.String() + [...]string{"", " -m", " -g", " -i"}[d.Method] + fmt.Sprintf(" -w %d", d.Weight)
	if d.Method == conf.TUN && d.Tunnel != (conf.Tunnel{}) {
		out += fmt.Sprintf(" %s port %d flags %d", [...]string{"ipip", "gue", "gre"}[d.Tunnel.Type], d.Tunnel.Port, d.Tunnel.Flags)
	}
	if d.Upper != 0 || d.Lower != 0 {
		out += fmt.Sprintf(" -x %d -y %d", d.Upper, d.Lower)
	}
	return strings.TrimSpace(out)
}
