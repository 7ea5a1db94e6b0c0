// Package notify tells the outside of state changes, in order.
package notify

import (
	"fmt"
	"strconv"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Note is one thing to tell of an instance or a sync group.
type Note struct {
	Type     string // INSTANCE or GROUP
	Name     string
	State    string // MASTER, BACKUP, FAULT, STOP, DELETED, MASTER_RX_LOWER_PRI, MASTER_PRIORITY or BACKUP_PRIORITY
	Priority uint8  // 0 for a group
	Scripts  *conf.Notify
	Mail     bool // an alert is wanted
}

// line is what a FIFO says of the note.
func (n Note) line() string {
	return fmt.Sprintf("%s \"%s\" %s %d\n", n.Type, n.Name, n.State, n.Priority)
}

// isState tells whether the note is of a new state.
func (n Note) isState() bool {
	switch n.State {
	case "MASTER_RX_LOWER_PRI", "MASTER_PRIORITY", "BACKUP_PRIORITY":
		return false
	}
	return true
}

// call is one script to run for a note.
type call struct {
	script *conf.Script
	args   []string
}

// calls returns the scripts of the note in keepalived's order: the specific one with just its own arguments, then the
// generic one with type, name, state and priority.
func (n Note) calls() []call {
	var calls []call
	if s := n.specific(); s != nil {
		calls = append(calls, call{script: s})
	}
	if n.Scripts.Any != nil && n.isState() {
		args := []string{n.Type, n.Name, n.State, strconv.Itoa(int(n.Priority))}
		calls = append(calls, call{n.Scripts.Any, args})
	}
	return calls
}

func (n Note) specific() *conf.Script {
	switch n.State {
	case "MASTER":
		return n.Scripts.Master
	case "BACKUP":
		return n.Scripts.Backup
	case "FAULT":
		return n.Scripts.Fault
	case "STOP":
		return n.Scripts.Stop
	case "DELETED":
		return n.Scripts.Deleted
	case "MASTER_RX_LOWER_PRI":
		return n.Scripts.MasterRxLowerPrio
	}
	return nil
}
