// Package syntax turns configuration text into a tree of directives that know where they stand, and back.
package syntax

import "strconv"

// Pos is a place in a configuration file.
type Pos struct {
	File string // as the user named it or as an include resolved it; empty: no file
	Line int    // from 1
	Col  int    // from 1, in bytes
}

// String returns file:line:col.
func (p Pos) String() string {
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}
