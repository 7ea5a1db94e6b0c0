package vrouter

import (
	"errors"
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// ErrUnknownID: there is no instance with this ID.
var ErrUnknownID = errors.New("vrouter: unknown instance")

// Status is what reports tell about an instance.
type Status struct {
	State          State
	Wanted         State         // MASTER while only the sync group keeps the instance from it, else State
	Priority       uint8         // effective
	Source         netip.Addr    // of our adverts; zero when not known
	Master         netip.Addr    // the router that is master: we, the one heard last, or zero when not known
	MasterPriority uint8         // of Master
	MasterInterval time.Duration // advertisement interval of Master
	LastTransition time.Time
	OldChecksum    bool   // adverts carry the checksum of keepalived before 1.3.7; may change when an advert is received
	Held           bool   // the addresses are set
	Refused        Reject // why the latest packet was refused; Accepted when it was not
}

// IDs appends the IDs of all instances, in the order of the configuration, to ids.
func (s *Set) IDs(ids []ID) []ID {
	for _, m := range s.order {
		ids = append(ids, m.id)
	}
	return ids
}

// Instance returns the configuration of an instance, nil for an unknown ID. Instances that a Reload has removed remain
// known until the next Step.
func (s *Set) Instance(id ID) *conf.Instance {
	if m := s.lookup(id); m != nil {
		return m.cfg
	}
	return nil
}

// State returns the state of an instance, INIT for an unknown ID.
func (s *Set) State(id ID) State {
	if m := s.lookup(id); m != nil {
		return m.state
	}
	return Init
}

// Stats returns the counters of an instance.
func (s *Set) Stats(id ID) Stats {
	if m := s.lookup(id); m != nil {
		return m.stats
	}
	return Stats{}
}

// ClearStats sets the counters of all instances to zero.
func (s *Set) ClearStats() {
	for _, m := range s.order {
		m.stats = Stats{}
	}
}

// Status returns what reports tell about an instance.
func (s *Set) Status(id ID) Status {
	m := s.lookup(id)
	if m == nil {
		return Status{}
	}
	st := Status{
		State: m.state, Priority: m.priority, Source: m.source, Held: m.held, OldChecksum: m.oldSum, Refused: m.refused,
		Master: m.master, MasterPriority: m.masterPriority, MasterInterval: m.masterInterval,
		LastTransition: m.transition,
	}
	st.Wanted = m.state
	if m.wants {
		st.Wanted = Master
	}
	if m.state == Master {
		st.Master, st.MasterPriority = m.source, m.priority
	}
	return st
}

// GroupState returns the state of a sync group, INIT for an unknown name.
func (s *Set) GroupState(name string) State {
	for _, g := range s.groups {
		if g.cfg.Name == name {
			return g.state
		}
	}
	return Init
}

// Key is what tells instances apart on the network: an advert belongs to the instance with its Key.
type Key struct {
	VRID      uint8
	Family    conf.Family
	Interface string
	Unicast   bool
	Group     netip.Addr // zero when Unicast
}

// KeyOf returns the key of an instance.
func KeyOf(c *conf.Instance) Key {
	k := Key{VRID: c.VRID, Family: c.Family, Interface: c.Link(), Unicast: c.Unicast}
	if !c.Unicast {
		k.Group = c.MulticastGroup
	}
	return k
}
