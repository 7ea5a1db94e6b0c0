// Package vrouter decides what VRRP instances and sync groups do, without doing it: events in, actions out.
package vrouter

// State is the state of an instance, numbered as in keepalived's JSON output.
type State uint8

// The states of RFC 9568 section 6.4, and FAULT for an instance that cannot take part.
const (
	Init   State = 0
	Backup State = 1
	Master State = 2
	Fault  State = 3

	// Deleted and Stopped stand only in notifications.
	Deleted State = 97
	Stopped State = 98
)

// String returns the name that log lines and notify scripts use.
func (s State) String() string {
	switch s {
	case Init:
		return "INIT"
	case Backup:
		return "BACKUP"
	case Master:
		return "MASTER"
	case Fault:
		return "FAULT"
	case Deleted:
		return "DELETED"
	case Stopped:
		return "STOP"
	}
	return "UNKNOWN"
}
