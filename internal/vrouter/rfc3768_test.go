package vrouter_test

import (
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

func twoSeconds(c *conf.Instance) { c.AdvertInterval = 2 * time.Second }

// skew2 is Skew_Time of version 2: "((256 - Priority) / 256)" seconds (RFC 3768 section 6.1).
func skew2(priority int) time.Duration { return time.Duration(256-priority) * time.Second / 256 }

// TestRFC3768Initialize goes through section 6.4.1.
func TestRFC3768Initialize(t *testing.T) {
	runSentences(t, []sentence{
		{"6.4.1", "If the Priority = 255: Send an ADVERTISEMENT, broadcast a gratuitous ARP request", func(t *testing.T) {
			r := master(t, 2, 255)
			r.does(vrouter.DelAddrs, vrouter.SendAdvert, vrouter.AddAddrs, vrouter.Announce, vrouter.NotifyState)
			r.sends(255)
		}},
		{"6.4.1", "Set the Adver_Timer to Advertisement_Interval. Transition to the {Master} state", func(t *testing.T) {
			r := master(t, 2, 255, twoSeconds, quietly)
			r.due(2 * time.Second)
		}},
		{"6.4.1", "else: Set the Master_Down_Timer to Master_Down_Interval. Transition to the {Backup} state", func(t *testing.T) {
			r := backup(t, 2, 100, twoSeconds)
			r.is(vrouter.Backup)
			r.due(6*time.Second + skew2(100))
		}},
	})
}

// TestRFC3768Backup goes through section 6.4.2.
func TestRFC3768Backup(t *testing.T) {
	runSentences(t, []sentence{
		{"6.4.2", "MUST NOT accept packets addressed to the IP address(es) associated with the virtual router", func(t *testing.T) {
			if backup(t, 2, 100).set.Status(0).Held {
				t.Error("the addresses are set")
			}
		}},
		{"6.4.2", "If a Shutdown event is received: Cancel the Master_Down_Timer", func(t *testing.T) {
			r := backup(t, 2, 100)
			r.step(vrouter.Event{Kind: vrouter.Stop})
			r.does(vrouter.NotifyState)
			r.due(0)
		}},
		{"6.4.2", "If the Master_Down_Timer fires: Send an ADVERTISEMENT, broadcast a gratuitous ARP request", func(t *testing.T) {
			r := master(t, 2, 100)
			r.does(vrouter.SendAdvert, vrouter.AddAddrs, vrouter.Announce, vrouter.NotifyState)
			r.sends(100)
		}},
		{"6.4.2", "Set the Adver_Timer to Advertisement_Interval. Transition to the {Master} state", func(t *testing.T) {
			r := master(t, 2, 100, twoSeconds, quietly)
			r.due(2 * time.Second)
		}},
		{"6.4.2", "If the Priority in the ADVERTISEMENT is Zero: Set the Master_Down_Timer to Skew_Time", func(t *testing.T) {
			r := backup(t, 2, 100, twoSeconds)
			r.hear(2, 0)
			r.due(skew2(100))
		}},
		{"6.4.2", "If Preempt_Mode is False: Reset the Master_Down_Timer to Master_Down_Interval", func(t *testing.T) {
			r := backup(t, 2, 100, noPreempt)
			r.wait(2 * time.Second)
			r.hear(2, 1)
			r.due(3*time.Second + skew2(100))
		}},
		{"6.4.2", "or if the Priority is greater than or equal to the local Priority: Reset the Master_Down_Timer", func(t *testing.T) {
			for _, priority := range []uint8{100, 101, 255} {
				r := backup(t, 2, 100)
				r.wait(2 * time.Second)
				r.hear(0, priority)
				r.due(3*time.Second + skew2(100))
			}
		}},
		{"6.4.2", "else: Discard the ADVERTISEMENT", func(t *testing.T) {
			r := backup(t, 2, 100)
			r.wait(2 * time.Second)
			r.hear(2, 99)
			r.does()
			r.due(time.Second + skew2(100))
		}},
	})
}

// TestRFC3768Master goes through section 6.4.3.
func TestRFC3768Master(t *testing.T) {
	runSentences(t, []sentence{
		{"6.4.3", "If a Shutdown event is received: Cancel the Adver_Timer. Send an ADVERTISEMENT with Priority = 0", func(t *testing.T) {
			r := master(t, 2, 100)
			r.step(vrouter.Event{Kind: vrouter.Stop})
			r.sends(0)
			r.due(0)
		}},
		{"6.4.3", "If the Adver_Timer fires: Send an ADVERTISEMENT. Reset the Adver_Timer to Advertisement_Interval", func(t *testing.T) {
			r := master(t, 2, 100, twoSeconds, quietly)
			r.expire()
			r.does(vrouter.SendAdvert)
			r.due(2 * time.Second)
		}},
		{"6.4.3", "If the Priority in the ADVERTISEMENT is Zero: Send an ADVERTISEMENT. Reset the Adver_Timer", func(t *testing.T) {
			r := master(t, 2, 100, quietly)
			r.wait(500 * time.Millisecond)
			r.hear(2, 0)
			r.does(vrouter.SendAdvert)
			r.sends(100)
			r.due(time.Second)
		}},
		{"6.4.3", "If the Priority is greater than the local Priority: Cancel Adver_Timer, Transition to the {Backup} state", func(t *testing.T) {
			r := master(t, 2, 100)
			r.hear(0, 101)
			r.is(vrouter.Backup)
			r.due(3*time.Second + skew2(100))
		}},
		{"6.4.3", "or equal and the primary IP Address of the sender is greater than the local primary IP Address", func(t *testing.T) {
			r := master(t, 2, 100)
			r.hear(2, 100)
			r.is(vrouter.Backup)
			r.due(3*time.Second + skew2(100))
		}},
		// keepalived answers at once, as RFC 9568 has it, unless it is told not to.
		{"6.4.3", "else: Discard ADVERTISEMENT", func(t *testing.T) {
			r := master(t, 2, 100, quietly, func(c *conf.Instance) { c.LowerPrioNoAdvert = true })
			r.wait(500 * time.Millisecond)
			r.hear(2, 99)
			r.does(vrouter.NotifyRxLowerPrio)
			r.is(vrouter.Master)
			r.due(500 * time.Millisecond)
		}},
	})
}

// TestRFC3768Reception goes through what section 7.1 says of receiving.
func TestRFC3768Reception(t *testing.T) {
	runSentences(t, []sentence{
		{"7.1", "MUST verify that the Adver Interval in the packet is the same as the locally configured", func(t *testing.T) {
			r := backup(t, 2, 100)
			r.wait(time.Second)
			r.hearEvery(2, 200, 2*time.Second)
			if got := r.set.Status(0).Refused; got != vrouter.IntervalMismatch {
				t.Errorf("refused: %s", got)
			}
			r.due(2*time.Second + skew2(100))
		}},
	})
}
