package report

import (
	"path/filepath"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Part is the process that writes its state.
type Part uint8

// The parts.
const (
	VRRP Part = iota
	Parent
	Checker
)

// names returns the usual name of the part's file, without extension, and what makes a configured name a different one.
func (p Part) names() (usual, added string) {
	switch p {
	case Parent:
		return "keepalived_parent", "_parent"
	case Checker:
		return "keepalived_check", "_checker"
	}
	return "keepalived", ""
}

// StateFile returns where a part writes its state. The label tells several daemons of one machine apart; empty: there is
// nothing to tell apart.
func StateFile(d *conf.Dump, p Part, label string) string {
	dir, name := filepath.Split(d.State)
	usual, added := p.names()
	switch {
	case d.State == "":
		dir, name = Dir(), usual+".data"
	case name == "":
		name = usual + ".data"
	default:
		ext := filepath.Ext(name)
		name = strings.TrimSuffix(name, ext) + added + ext
	}
	return filepath.Join(absolute(dir), labelled(d, name, label))
}

// StatsFile returns where the counters are written.
func StatsFile(d *conf.Dump, label string) string {
	return filepath.Join(Dir(), labelled(d, "keepalived.stats", label))
}

// JSONFile returns where the JSON is written.
func JSONFile() string { return filepath.Join(Dir(), "keepalived.json") }

func labelled(d *conf.Dump, name, label string) string {
	if !d.UseInstance || label == "" {
		return name
	}
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + label + ext
}

// absolute takes a name without directory for one in the usual place.
func absolute(dir string) string {
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(Dir(), dir)
}
