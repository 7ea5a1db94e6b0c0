package transcript

import (
	"net/netip"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// step tells the Set what happened and carries out what it says. Failures become events of their own.
func (r *Router) step(ev vrouter.Event) {
	if r.set == nil {
		return
	}
	acts := r.set.Step(r.lan.now, ev, r.acts[:0])
	r.acts = nil // an action may lead to another step
	var failed []vrouter.Action
	if r.lan.Trace != nil && len(acts) > 0 {
		r.lan.Trace(r, acts)
	}
	for i := range acts {
		if !r.perform(&acts[i]) {
			failed = append(failed, acts[i])
		}
	}
	r.acts = acts[:0]
	for _, a := range failed {
		r.step(vrouter.Event{Kind: vrouter.ActionFailed, ID: a.ID, Failed: a.Kind, Err: "101 (Network is unreachable)"})
	}
}

// perform returns false if the action fails.
func (r *Router) perform(a *vrouter.Action) bool {
	if n := r.fails[a.Kind]; n > 0 {
		r.fails[a.Kind] = n - 1
		return false
	}
	switch a.Kind {
	case vrouter.SendAdvert:
		r.advertise(a)
	case vrouter.AddAddrs:
		for i := range a.Addrs {
			r.held[a.Addrs[i].Prefix] = a.ID
		}
	case vrouter.DelAddrs:
		for i := range a.Addrs {
			delete(r.held, a.Addrs[i].Prefix)
		}
	}
	return true
}

func (r *Router) advertise(a *vrouter.Action) {
	inst := r.set.Instance(a.ID)
	if inst.Unicast {
		for _, peer := range inst.Peers {
			r.transmit(inst, a, peer.Addr)
		}
		return
	}
	dst := inst.MulticastGroup
	if !dst.IsValid() && inst.Family == conf.IPv4 {
		dst = vrrp.GroupV4()
	}
	r.transmit(inst, a, dst)
}

func (r *Router) transmit(inst *conf.Instance, a *vrouter.Action, dst netip.Addr) {
	if !r.Link(inst.Interface).Up {
		return
	}
	b, err := r.set.AppendAdvert(nil, a.ID, a.Priority, dst)
	if err != nil {
		panic(err) // a test that configures what cannot be sent
	}
	r.lan.send(r, inst.Interface, vrouter.Packet{
		Src: r.set.Status(a.ID).Source, Dst: dst, TTL: 255, Multicast: dst.IsMulticast(),
		AH:      inst.Version == 2 && inst.Auth.Type == conf.AuthAH,
		Payload: b, TotalLen: len(b),
	})
}
