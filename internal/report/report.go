// Package report writes the state of the children as text and JSON, for the programs that read keepalived.
package report

import (
	"fmt"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// Instance is one instance as it is at the moment of the report.
type Instance struct {
	Conf    *conf.Instance
	Status  vrouter.Status
	Stats   vrouter.Stats
	Scripts []*conf.VRRPScript // that it tracks
}

// addresses returns one text per address, as keepalived writes it: readers take the first word for the address and the
// third for the interface.
func addresses(list []conf.Address, ifname string, set bool) []string {
	var out []string
	for i := range list {
		out = append(out, address(&list[i], ifname, set))
	}
	return out
}

func address(a *conf.Address, ifname string, set bool) string {
	s := a.Prefix.String()
	if a.Prefix.Bits() == a.Prefix.Addr().BitLen() {
		s = a.Prefix.Addr().String()
	}
	if a.Dev != "" {
		ifname = a.Dev
	}
	s += " dev " + ifname + " scope " + scope(a.Scope)
	if a.Label != "" {
		s += " label " + a.Label
	}
	if a.Prefix.Addr().Is6() {
		s += " preferred_lft " + lifetime(a.PreferredLft)
	}
	if a.Peer.IsValid() {
		s += " peer " + a.Peer.String()
	}
	if set {
		s += " set"
	}
	return s
}

func scope(n uint8) string {
	switch n {
	case 0:
		return "global"
	case 200:
		return "site"
	case 253:
		return "link"
	case 254:
		return "host"
	case 255:
		return "nowhere"
	}
	return fmt.Sprint(n)
}

func lifetime(n uint32) string {
	if n == conf.LftForever {
		return "forever"
	}
	return fmt.Sprint(n)
}

// command returns a script with each of its words in quotes; empty for none.
func command(s *conf.Script) string {
	if s == nil {
		return ""
	}
	words := s.Argv
	if len(words) == 0 {
		words = []string{s.Line}
	}
	return "'" + strings.Join(words, "' '") + "'"
}
