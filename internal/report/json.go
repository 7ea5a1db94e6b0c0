package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// entry is an instance in keepalived's JSON. Flags are numbers or booleans as keepalived has them; readers insist.
type entry struct {
	Data  data  `json:"data"`
	Stats stats `json:"stats"`
}

type data struct {
	Name             string   `json:"iname"`
	DontTrackPrimary bit      `json:"dont_track_primary"`
	SkipCheckAddrs   bit      `json:"skip_check_adv_addr"`
	Strict           bit      `json:"strict_mode"`
	Interface        string   `json:"ifp_ifname"`
	MasterPriority   uint8    `json:"master_priority"`
	LastTransition   seconds  `json:"last_transition"`
	Delay            int64    `json:"garp_delay"`
	Refresh          int64    `json:"garp_refresh"`
	Repeat           int      `json:"garp_rep"`
	RefreshRepeat    int      `json:"garp_refresh_rep"`
	LowerDelay       int64    `json:"garp_lower_prio_delay"`
	LowerRepeat      int      `json:"garp_lower_prio_rep"`
	LowerNoAdvert    bit      `json:"lower_prio_no_advert"`
	HigherAdvert     bit      `json:"higher_prio_send_advert"`
	VRID             uint8    `json:"vrid"`
	BasePriority     uint8    `json:"base_priority"`
	Priority         uint8    `json:"effective_priority"`
	Held             bool     `json:"vipset"`
	Promote          bool     `json:"promote_secondaries"`
	Interval         float64  `json:"adver_int"`
	MasterInterval   float64  `json:"master_adver_int"`
	Accept           bit      `json:"accept"`
	NoPreempt        bool     `json:"nopreempt"`
	PreemptDelay     float64  `json:"preempt_delay"`
	State            uint8    `json:"state"`
	WantState        uint8    `json:"wantstate"`
	Version          uint8    `json:"version"`
	SMTPAlert        bool     `json:"smtp_alert"`
	NotifyDeleted    bool     `json:"notify_deleted"`
	ScriptBackup     string   `json:"script_backup,omitempty"`
	ScriptMaster     string   `json:"script_master,omitempty"`
	ScriptFault      string   `json:"script_fault,omitempty"`
	ScriptStop       string   `json:"script_stop,omitempty"`
	ScriptDeleted    string   `json:"script_deleted,omitempty"`
	Script           string   `json:"script,omitempty"`
	ScriptLower      string   `json:"script_master_rx_lower_pri,omitempty"`
	VIPs             []string `json:"vips,omitempty"`
	Excluded         []string `json:"evips,omitempty"`
	Routes           []string `json:"vroutes,omitempty"`
	Rules            []string `json:"vrules,omitempty"`
	TrackLinks       []string `json:"track_ifp,omitempty"`
	TrackScripts     []string `json:"track_script,omitempty"`
	TrackProcesses   []string `json:"track_process,omitempty"`
	AuthType         uint8    `json:"auth_type"`
	AuthData         string   `json:"auth_data,omitempty"`
}

type stats struct {
	AdvertsReceived   uint64 `json:"advert_rcvd"`
	AdvertsSent       uint64 `json:"advert_sent"`
	BecameMaster      uint64 `json:"become_master"`
	ReleasedMaster    uint64 `json:"release_master"`
	LengthErrors      uint64 `json:"packet_len_err"`
	IntervalErrors    uint64 `json:"advert_interval_err"`
	TTLErrors         uint64 `json:"ip_ttl_err"`
	TypeErrors        uint64 `json:"invalid_type_rcvd"`
	AddressErrors     uint64 `json:"addr_list_err"`
	UnknownAuth       uint64 `json:"invalid_authtype"`
	AuthMismatch      uint64 `json:"authtype_mismatch"`
	AuthFailures      uint64 `json:"auth_failure"`
	TrailerMissing    uint64 `json:"auth_ext_missing"`
	TrailerMalformed  uint64 `json:"auth_ext_malformed"`
	TrailerUnknownKey uint64 `json:"auth_ext_unknown_key"`
	TrailerWrongHMAC  uint64 `json:"auth_ext_invalid_hmac"`
	TrailerStale      uint64 `json:"auth_ext_stale"`
	TrailerReplayed   uint64 `json:"auth_ext_replay"`
	ZeroReceived      uint64 `json:"pri_zero_rcvd"`
	ZeroSent          uint64 `json:"pri_zero_sent"`
}

// bit is a flag that keepalived writes as 0 or 1.
type bit bool

// MarshalJSON returns 0 or 1.
func (b bit) MarshalJSON() ([]byte, error) {
	if b {
		return []byte("1"), nil
	}
	return []byte("0"), nil
}

// seconds is a time as seconds since 1970 with microseconds.
type seconds time.Time

// MarshalJSON returns a number with six decimals.
func (s seconds) MarshalJSON() ([]byte, error) {
	t := time.Time(s)
	if t.IsZero() {
		return []byte("0.000000"), nil
	}
	return fmt.Appendf(nil, "%d.%06d", t.Unix(), t.Nanosecond()/1000), nil
}

// second is what version 2 writes.
type second struct {
	VRRP      []entry        `json:"vrrp"`
	Processes []processEntry `json:"track_process"`
}

// WriteJSON writes the instances as keepalived does: version 1 is an array, version 2 an object with it and the tracked
// processes.
func WriteJSON(w io.Writer, instances []Instance, processes []Process, version int) error {
	entries := make([]entry, len(instances))
	for i := range instances {
		entries[i] = entry{dataOf(&instances[i]), statsOf(&instances[i])}
	}
	enc := json.NewEncoder(w)
	if version == 2 {
		all := second{entries, make([]processEntry, len(processes))}
		for i := range processes {
			all.Processes[i] = processes[i].entry()
		}
		return enc.Encode(all)
	}
	return enc.Encode(entries)
}

func dataOf(in *Instance) data {
	c, st := in.Conf, &in.Status
	d := data{
		Name: c.Name, DontTrackPrimary: bit(c.DontTrackPrimary), SkipCheckAddrs: bit(c.SkipCheckAddrs), Strict: bit(c.Strict),
		Interface: c.Interface, MasterPriority: st.MasterPriority, LastTransition: seconds(st.LastTransition),
		Delay: whole(c.Announce.Delay), Refresh: whole(c.Announce.Refresh), Repeat: c.Announce.Repeat,
		RefreshRepeat: c.Announce.RefreshRepeat, LowerDelay: whole(c.Announce.LowerPrioDelay), LowerRepeat: c.Announce.LowerPrioRepeat,
		LowerNoAdvert: bit(c.LowerPrioNoAdvert), HigherAdvert: bit(c.HigherPrioAdvert), VRID: c.VRID, BasePriority: c.Priority,
		Priority: st.Priority, Held: st.Held, Promote: c.PromoteSecondaries, Interval: c.AdvertInterval.Seconds(),
		MasterInterval: st.MasterInterval.Seconds(), Accept: bit(c.Accept), NoPreempt: !c.Preempt,
		PreemptDelay: c.PreemptDelay.Seconds(), State: uint8(st.State), WantState: uint8(st.State), Version: c.Version,
		SMTPAlert: c.SMTPAlert, NotifyDeleted: c.NotifyDeletedState,
		ScriptBackup: command(c.Notify.Backup), ScriptMaster: command(c.Notify.Master), ScriptFault: command(c.Notify.Fault),
		ScriptStop: command(c.Notify.Stop), ScriptDeleted: command(c.Notify.Deleted), Script: command(c.Notify.Any),
		ScriptLower: command(c.Notify.MasterRxLowerPrio),
		VIPs:        addresses(c.Addrs, c.Interface, st.Held), Excluded: addresses(c.ExcludedAddrs, c.Interface, st.Held),
	}
	d.Routes, d.Rules = in.routing()
	d.TrackLinks, d.TrackScripts, d.TrackProcesses = in.trackedBy()
	if st.State == vrouter.Master {
		d.MasterPriority = 0 // that of another master
	}
	if c.Auth.Type != conf.AuthNone {
		d.AuthType, d.AuthData = uint8(c.Auth.Type), "********" // the file may be read by others
	}
	return d
}

func whole(d time.Duration) int64 { return int64(d / time.Second) }

func statsOf(in *Instance) stats {
	s := &in.Stats
	return stats{
		s.AdvertsReceived, s.AdvertsSent, s.BecameMaster, s.ReleasedMaster, s.LengthErrors, s.IntervalErrors, s.TTLErrors,
		s.TypeErrors, s.AddressErrors, s.UnknownAuth, s.AuthMismatch, s.AuthFailures, s.TrailerMissing, s.TrailerMalformed,
		s.TrailerUnknownKey, s.TrailerWrongHMAC, s.TrailerStale, s.TrailerReplayed, s.PriorityZeroReceived, s.PriorityZeroSent,
	}
}
