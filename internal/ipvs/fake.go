package ipvs

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/keepalived-go/keepalived/internal/lvs"
)

// Fake is a table in memory that behaves as the kernel's. The zero value is an empty one.
type Fake struct {
	services map[lvs.ServiceKey]lvs.Service
	dests    map[lvs.ServiceKey]map[lvs.DestKey]lvs.Dest
	// Refuse decides which changes fail; nil: none.
	Refuse func(a lvs.Action) bool
	// Changes counts what Apply was asked for.
	Changes int
	// ReadBuffer is what SetReadBuffer was given last, negative when forced.
	ReadBuffer int
}

var _ Client = (*Fake)(nil)

// What the kernel answers, in ipvsadm's words.
var (
	errExists  = errors.New("already exists")
	errMissing = errors.New("no such service or destination")
	errRefused = errors.New("refused")
)

// Apply carries out changes.
func (f *Fake) Apply(acts []lvs.Action) []Failure {
	if f.services == nil {
		f.services, f.dests = map[lvs.ServiceKey]lvs.Service{}, map[lvs.ServiceKey]map[lvs.DestKey]lvs.Dest{}
	}
	var failed []Failure
	for i, a := range acts {
		if !a.Kind.InKernel() {
			continue
		}
		f.Changes++
		if err := f.apply(a); err != nil {
			failed = append(failed, Failure{i, err})
		}
	}
	return failed
}

func (f *Fake) apply(a lvs.Action) error {
	if f.Refuse != nil && f.Refuse(a) {
		return errRefused
	}
	k := a.Service.Key
	_, known := f.services[k]
	_, there := f.dests[k][a.Dest.Key]
	switch a.Kind {
	case lvs.Flush:
		clear(f.services)
		clear(f.dests)
		return nil
	case lvs.AddService:
		if known {
			return errExists
		}
		f.services[k], f.dests[k] = a.Service, map[lvs.DestKey]lvs.Dest{}
		return nil
	}
	if !known {
		return errMissing
	}
	switch a.Kind {
	case lvs.EditService:
		f.services[k] = a.Service
	case lvs.DelService:
		delete(f.services, k)
		delete(f.dests, k)
	case lvs.AddDest:
		if there {
			return errExists
		}
		f.dests[k][a.Dest.Key] = a.Dest
	case lvs.EditDest, lvs.DelDest:
		if !there {
			return errMissing
		}
		f.dests[k][a.Dest.Key] = a.Dest
		if a.Kind == lvs.DelDest {
			delete(f.dests[k], a.Dest.Key)
		}
	}
	return nil
}

// Walk hands over the table.
func (f *Fake) Walk(each func(lvs.Programmed)) error {
	for k, s := range f.services {
		each(lvs.Programmed{Service: s, Dests: slices.Collect(maps.Values(f.dests[k]))})
	}
	return nil
}

// String returns the table as ipvsadm -Sn does.
func (f *Fake) String() string {
	table, _ := Dump(f)
	return Save(table)
}

// ServiceStats returns that nothing was counted.
func (f *Fake) ServiceStats() (map[lvs.ServiceKey]Stats, error) { return nil, nil }

// DestStats returns that nothing was counted.
func (f *Fake) DestStats(lvs.ServiceKey) (map[lvs.DestKey]DestStats, error) { return nil, nil }

// SetTimeouts does nothing.
func (f *Fake) SetTimeouts(_, _, _ time.Duration) error { return nil }

// StartSync does nothing.
func (f *Fake) StartSync(Sync) error { return nil }

// StopSync does nothing.
func (f *Fake) StopSync(bool) error { return nil }

// Close does nothing.
func (f *Fake) Close() error { return nil }

// SetReadBuffer notes the size.
func (f *Fake) SetReadBuffer(bytes int, force bool) error {
	f.ReadBuffer = bytes
	if force {
		f.ReadBuffer = -bytes
	}
	return nil
}
