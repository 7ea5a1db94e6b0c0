package vrouter_test

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// sentence is one sentence of a standard and the test of it.
type sentence struct {
	section, text string
	test          func(t *testing.T)
}

func runSentences(t *testing.T, all []sentence) {
	for _, s := range all {
		t.Run(s.section+" "+s.text, s.test)
	}
}

func noPreempt(c *conf.Instance) { c.Preempt = false }

// quietly leaves out the second set of announcements, so that the only timer is that of the protocol.
func quietly(c *conf.Instance) { c.Announce.Delay = 0 }

// skew3 is Skew_Time of version 3.
func skew3(priority int, interval time.Duration) time.Duration {
	return time.Duration(256-priority) * interval / 256
}

// TestRFC9568Initialize goes through section 6.4.1.
func TestRFC9568Initialize(t *testing.T) {
	runSentences(t, []sentence{
		{"6.4.1", "wait for a Startup event", func(t *testing.T) {
			r := newRig(t, 3, 100)
			r.is(vrouter.Init)
			r.due(0)
			r.hear(2, 200)
			r.does()
		}},
		{"6.4.1", "If the Priority = 255, then: Send an ADVERTISEMENT", func(t *testing.T) {
			r := master(t, 3, 255)
			r.sends(255)
		}},
		{"6.4.1", "For each IPv4 address associated with the Virtual Router, broadcast a gratuitous ARP", func(t *testing.T) {
			r := master(t, 3, 255)
			r.does(vrouter.DelAddrs, vrouter.SendAdvert, vrouter.AddAddrs, vrouter.Announce, vrouter.NotifyState)
		}},
		{"6.4.1", "Set the Adver_Timer to Advertisement_Interval", func(t *testing.T) {
			r := master(t, 3, 255, quietly)
			r.due(time.Second)
		}},
		{"6.4.1", "Transition to the {Active} state", func(t *testing.T) {
			r := master(t, 3, 255)
			r.is(vrouter.Master)
		}},
		{"6.4.1", "else: Set Active_Adver_Interval to Advertisement_Interval", func(t *testing.T) {
			r := backup(t, 3, 100)
			if got := r.set.Status(0).MasterInterval; got != time.Second {
				t.Errorf("Active_Adver_Interval %s", got)
			}
		}},
		{"6.4.1", "Set the Active_Down_Timer to Active_Down_Interval", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.due(3*time.Second + skew3(100, time.Second))
		}},
		{"6.4.1", "Transition to the {Backup} state", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.is(vrouter.Backup)
			r.does(vrouter.DelAddrs, vrouter.NotifyState)
		}},
	})
}

// TestRFC9568Backup goes through section 6.4.2.
func TestRFC9568Backup(t *testing.T) {
	runSentences(t, []sentence{
		{"6.4.2", "It MUST NOT accept packets addressed to the IPvX address(es) associated with the Virtual Router", func(t *testing.T) {
			if backup(t, 3, 100).set.Status(0).Held {
				t.Error("the addresses are set")
			}
		}},
		{"6.4.2", "If a Shutdown event is received, then: Cancel the Active_Down_Timer", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.step(vrouter.Event{Kind: vrouter.Stop})
			r.does(vrouter.NotifyState)
			r.due(0)
		}},
		{"6.4.2", "If the Active_Down_Timer fires, then: Send an ADVERTISEMENT", func(t *testing.T) {
			r := master(t, 3, 100)
			r.sends(100)
		}},
		{"6.4.2", "For each IPv4 address associated with the Virtual Router, broadcast a gratuitous ARP", func(t *testing.T) {
			r := master(t, 3, 100)
			r.does(vrouter.SendAdvert, vrouter.AddAddrs, vrouter.Announce, vrouter.NotifyState)
		}},
		{"6.4.2", "Set the Adver_Timer to Advertisement_Interval", func(t *testing.T) {
			r := backup(t, 3, 100, quietly)
			r.hearEvery(2, 200, 5*time.Second)
			r.expire()
			r.due(time.Second) // our own interval, not that learnt
		}},
		{"6.4.2", "Transition to the {Active} state", func(t *testing.T) {
			master(t, 3, 100).is(vrouter.Master)
		}},
		{"6.4.2", "If the Priority in the ADVERTISEMENT is 0, then: Set the Active_Down_Timer to Skew_Time", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.hear(2, 0)
			r.is(vrouter.Backup)
			r.due(skew3(100, time.Second))
		}},
		{"6.4.2", "Skew_Time follows the interval of the Active Router", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.hearEvery(2, 200, 4*time.Second)
			r.hearEvery(2, 0, 4*time.Second)
			r.due(skew3(100, 4*time.Second))
		}},
		{"6.4.2", "If Preempt_Mode is False", func(t *testing.T) {
			r := backup(t, 3, 100, noPreempt)
			r.wait(time.Second)
			r.hear(2, 50)
			r.due(3*time.Second + skew3(100, time.Second))
		}},
		{"6.4.2", "or if the Priority in the ADVERTISEMENT is greater than the local Priority", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.wait(time.Second)
			r.hear(2, 101)
			r.due(3*time.Second + skew3(100, time.Second))
		}},
		{"6.4.2", "or equal to the local Priority", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.wait(time.Second)
			r.hear(0, 100) // a lower address, too
			r.due(3*time.Second + skew3(100, time.Second))
		}},
		{"6.4.2", "Set Active_Adver_Interval to Max Advertise Interval contained in the ADVERTISEMENT", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.hearEvery(2, 200, 70*time.Millisecond)
			if got := r.set.Status(0).MasterInterval; got != 70*time.Millisecond {
				t.Errorf("Active_Adver_Interval %s", got)
			}
		}},
		{"6.4.2", "Recompute the Skew_Time. Recompute the Active_Down_Interval. Reset the Active_Down_Timer", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.hearEvery(2, 200, 4*time.Second)
			r.due(12*time.Second + skew3(100, 4*time.Second))
		}},
		{"6.4.2", "else // Preempt_Mode was True and the Priority is less: Discard the ADVERTISEMENT", func(t *testing.T) {
			r := backup(t, 3, 100)
			r.wait(time.Second)
			r.hearEvery(2, 99, 4*time.Second)
			r.does()
			r.due(2*time.Second + skew3(100, time.Second))
		}},
	})
}

// TestRFC9568Active goes through section 6.4.3.
func TestRFC9568Active(t *testing.T) {
	runSentences(t, []sentence{
		{"6.4.3", "It MUST accept packets addressed to the IPvX address(es) associated with the Virtual Router", func(t *testing.T) {
			if !master(t, 3, 100).set.Status(0).Held {
				t.Error("the addresses are not set")
			}
		}},
		{"6.4.3", "If a Shutdown event is received, then: Cancel the Adver_Timer. Send an ADVERTISEMENT with Priority = 0", func(t *testing.T) {
			r := master(t, 3, 100)
			r.step(vrouter.Event{Kind: vrouter.Stop})
			r.does(vrouter.SendAdvert, vrouter.StopAnnounce, vrouter.DelAddrs, vrouter.NotifyState)
			r.sends(0)
			r.due(0)
		}},
		{"6.4.3", "If the Adver_Timer fires, then: Send an ADVERTISEMENT. Reset the Adver_Timer", func(t *testing.T) {
			r := master(t, 3, 100, quietly)
			r.expire()
			r.sends(100)
			r.does(vrouter.SendAdvert)
			r.due(time.Second)
		}},
		{"6.4.3", "If the Priority in the ADVERTISEMENT is 0, then: Send an ADVERTISEMENT. Reset the Adver_Timer", func(t *testing.T) {
			r := master(t, 3, 100, quietly)
			r.wait(700 * time.Millisecond)
			r.hear(2, 0)
			r.sends(100)
			r.does(vrouter.SendAdvert)
			r.is(vrouter.Master)
			r.due(time.Second)
		}},
		{"6.4.3", "If the Priority in the ADVERTISEMENT is greater than the local Priority: Transition to the {Backup} state", func(t *testing.T) {
			r := master(t, 3, 100)
			r.hear(0, 101) // a lower address does not matter
			r.does(vrouter.StopAnnounce, vrouter.DelAddrs, vrouter.NotifyState)
			r.is(vrouter.Backup)
		}},
		{"6.4.3", "or equal and the primary IPvX address of the sender is greater: Transition to the {Backup} state", func(t *testing.T) {
			r := master(t, 3, 100)
			r.hear(2, 100)
			r.does(vrouter.StopAnnounce, vrouter.DelAddrs, vrouter.NotifyState)
			r.is(vrouter.Backup)
		}},
		{"6.4.3", "based on an unsigned integer comparison of the IPvX addresses in network byte order", func(t *testing.T) {
			r := master(t, 3, 100)
			r.hear(200, 100) // 200 would be negative as a signed octet
			r.is(vrouter.Backup)
		}},
		{"6.4.3", "Cancel Adver_Timer. Set Active_Adver_Interval to Max Advertise Interval contained in the ADVERTISEMENT", func(t *testing.T) {
			r := master(t, 3, 100)
			r.hearEvery(2, 200, 4*time.Second)
			if got := r.set.Status(0).MasterInterval; got != 4*time.Second {
				t.Errorf("Active_Adver_Interval %s", got)
			}
		}},
		{"6.4.3", "Recompute the Skew_Time. Recompute the Active_Down_Interval. Set Active_Down_Timer", func(t *testing.T) {
			r := master(t, 3, 100)
			r.hearEvery(2, 200, 4*time.Second)
			r.due(12*time.Second + skew3(100, 4*time.Second))
		}},
		{"6.4.3", "else: Discard the ADVERTISEMENT. Send an ADVERTISEMENT immediately to assert the {Active} state", func(t *testing.T) {
			for _, last := range []uint8{0, 2} {
				r := master(t, 3, 100, quietly)
				r.wait(300 * time.Millisecond)
				r.hear(last, 100-last) // equal with a lower address; lower with a higher one
				r.does(vrouter.SendAdvert, vrouter.NotifyRxLowerPrio)
				r.sends(100)
				r.is(vrouter.Master)
				r.due(time.Second)
			}
		}},
	})
}
