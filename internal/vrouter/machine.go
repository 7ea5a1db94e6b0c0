package vrouter

import (
	"net/netip"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// machine is one instance: the part that this host takes in one virtual router.
type machine struct {
	set   *Set
	id    ID
	cfg   *conf.Instance
	group *group // nil: in none
	uses  []*use // what it tracks

	state    State
	priority uint8 // effective; see priority.go
	faults   faultSet
	told     rejectSet // refusals that have been logged since the latest change of state or master
	refused  Reject    // the latest refusal

	wants      bool // its own timer has expired; only the sync group may keep it from being master
	held       bool // our addresses are set
	quiet      bool // in FAULT since the start, and nobody has been told: a script has not said how it is
	sourceGone bool // the configured source address is not on this host
	oldSum     bool // the peers compute the checksum as keepalived did before 1.3.7
	// Failures that have been logged since the latest change of state.
	setFailed, sendFailed bool

	source         netip.Addr // of our adverts; the latest one known
	master         netip.Addr // whose advert was accepted last; zero while we are master
	masterPriority uint8
	masterInterval time.Duration // Active_Adver_Interval of RFC 9568 section 6.2
	rogue          netip.Addr    // another router that says it owns the addresses as we do

	timer      timers
	deadline   time.Time // the earliest of timer; zero when not in the heap
	slot       int       // in the heap; -1 when not there
	rogueHeard time.Time // when rogue was heard last
	lastSent   time.Time
	transition time.Time
	stats      Stats
}

// timers are the deadlines of one machine; zero means not running.
type timers struct {
	protocol time.Time // Active_Down_Timer in BACKUP, Adver_Timer in MASTER (RFC 9568 section 6.3)
	preempt  time.Time // end of preempt_delay; does not fire, it is compared with
	announce time.Time // second set of announcements after becoming master
	refresh  time.Time // next periodic announcement
	extra    time.Time // next announcement on further interfaces
	lower    time.Time // second set of announcements after an advert of lower priority
	retry    time.Time // addresses are to be set or removed again after a failure
}

func newMachine(s *Set, id ID, cfg *conf.Instance) *machine {
	m := &machine{set: s, id: id, cfg: cfg, slot: -1}
	m.priority = cfg.Priority
	m.masterInterval = cfg.AdvertInterval
	m.oldSum = cfg.OldUnicastChecksum == conf.OldChecksumForce
	return m
}

// earliest returns the next deadline, zero for none.
func (m *machine) earliest() time.Time {
	first := m.timer.protocol
	for _, t := range [...]time.Time{m.timer.announce, m.timer.refresh, m.timer.extra, m.timer.lower, m.timer.retry} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// timeout serves every timer of m that has expired.
func (m *machine) timeout(now time.Time) {
	m.protocolTimeout(now)
	if expired(&m.timer.retry, now) {
		m.retry()
	}
	if expired(&m.timer.announce, now) || expired(&m.timer.lower, now) {
		m.announceAll(m.cfg.Announce.Repeat, false)
	}
	if expired(&m.timer.refresh, now) {
		m.announceAll(m.cfg.Announce.RefreshRepeat, true)
		m.timer.refresh = now.Add(m.cfg.Announce.Refresh)
	}
	if expired(&m.timer.extra, now) {
		m.announceExtra()
		m.startExtra(now)
	}
}

// protocolTimeout comes before everything else that may be due: the other routers wait for the advert.
func (m *machine) protocolTimeout(now time.Time) {
	if t := m.timer.protocol; t.IsZero() || t.After(now) {
		return
	}
	switch m.state {
	case Backup:
		m.backupTimeout(now)
	case Master:
		m.masterTimeout(now)
	default:
		m.timer.protocol = time.Time{}
	}
}

// expired stops the timer t and returns true if it has expired.
func expired(t *time.Time, now time.Time) bool {
	if t.IsZero() || t.After(now) {
		return false
	}
	*t = time.Time{}
	return true
}

// start takes m out of INIT.
func (m *machine) start(now time.Time) {
	switch {
	case m.isBroken():
		m.enter(now, Fault)
		return
	case m.faults != 0 || m.group.isFaulty():
		m.state, m.quiet, m.transition = Fault, true, now
		return
	}
	if m.isOwner() && m.group.isOwner() {
		// "If the Priority = 255, i.e., the router owns the IPvX address(es) associated with the Virtual Router, then:
		// Send an ADVERTISEMENT [...] Transition to the {Active} state." (RFC 9568 section 6.4.1)
		m.wants = true
		m.becomeMaster(now, true)
		return
	}
	// "Set the Active_Down_Timer to Active_Down_Interval; Transition to the {Backup} state." (RFC 9568 section 6.4.1)
	m.log(Info, "Entering BACKUP STATE (init)")
	m.enter(now, Backup)
	m.timer.protocol = now.Add(m.initialWait())
}

// isBroken tells whether m, or another member of its group, has a reason for FAULT other than waiting for a script.
func (m *machine) isBroken() bool { return m.faults.isReal() || m.group.isBroken() }

// initialWait is the time from the start until the first claim. An instance that is to start as master trusts that it is
// the best, and only waits long enough to hear a better one.
func (m *machine) initialWait() time.Duration {
	if m.cfg.WantMaster {
		return m.cfg.AdvertInterval + m.skewOf(ownerPriority)
	}
	return m.downInterval()
}

// enter changes the state and tells the outside. What else the state needs is done by the caller.
func (m *machine) enter(now time.Time, to State) {
	from := m.state
	m.state = to
	m.transition = now
	m.quiet = false
	m.wants = to == Master
	m.told, m.setFailed, m.sendFailed = 0, false, false
	m.master, m.masterPriority = netip.Addr{}, 0
	m.timer.protocol, m.timer.preempt = time.Time{}, time.Time{}
	m.set.do(Action{Kind: NotifyState, ID: m.id, From: from, To: to, Priority: m.priority})
}

// stop ends the taking part, with a farewell when master.
func (m *machine) stop(now time.Time) {
	if m.state == Master {
		m.leaveMaster(now, true)
	}
	m.enter(now, Stopped)
	m.timer = timers{}
}

// send sends an advert.
func (m *machine) send(now time.Time, priority uint8) {
	m.set.do(Action{Kind: SendAdvert, ID: m.id, Priority: priority})
	m.stats.AdvertsSent++
	if priority == 0 {
		m.stats.PriorityZeroSent++
	}
	m.lastSent = now
}

// log adds a line about this instance.
func (m *machine) log(level Level, text string) {
	m.set.do(Action{Kind: Log, ID: m.id, Level: level, Text: "(" + m.cfg.Name + ") " + text})
}

// logColon is log for the lines that have a colon behind the name.
func (m *machine) logColon(text string) {
	m.set.do(Action{Kind: Log, ID: m.id, Text: "(" + m.cfg.Name + "): " + text})
}

// detail adds a line that only --log-detail shows.
func (m *machine) detail(text string) {
	if m.set.detail {
		m.set.do(Action{Kind: Log, ID: m.id, Detail: true, Text: "(" + m.cfg.Name + ") " + text})
	}
}
