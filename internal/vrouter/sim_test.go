package vrouter_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/transcript"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// TestClusterConverges lets clusters of 2 to 5 routers live through a random walk of faults and checks, whatever happens:
//
//  1. At every step: a router holds the address of an instance exactly when that is MASTER. (A dead router holds nothing.)
//     The members of a sync group are in the same state.
//  2. After every quiet period, that is one without loss, faults or partition changes and as long as settle() says:
//     in each partition exactly one of the routers that can take part is MASTER; so exactly one holds the address.
//     Where preemption is on everywhere, it has the highest priority.
//     And it stays so: during another such period no router changes its state.
//  3. At every step, loss or not: of two routers that are both MASTER, the worse one has not received a single advert of
//     the better one since it became MASTER. So there are more masters than partitions only where adverts are lost, or
//     for as long as the first advert is under way. (A router that finds a second owner of the addresses is allowed two
//     adverts, since the other one may give way.)
func TestClusterConverges(t *testing.T) {
	seeds := uint64(10_000)
	if testing.Short() {
		seeds = 500
	}
	for seed := range seeds {
		if err := walk(seed, nil); err != nil {
			var script strings.Builder
			_ = walk(seed, &script)
			t.Fatalf("seed %d: %v\n%s", seed, err, script.String())
		}
	}
}

// cluster is one random walk.
type cluster struct {
	lan     *transcript.LAN
	rnd     *rand.Rand
	links   []string         // eth0, and eth1 when each router has a sync group of two instances
	out     *strings.Builder // nil: no transcript wanted
	preempt bool             // preemption is on everywhere, so the best router must win
	settle  time.Duration
	changes int                                      // of state, of all routers
	tracked map[*transcript.Router][]vrouter.Tracked // what each tracks
	err     error
}

// walk runs one seed, and writes what it does and what happens to out.
func walk(seed uint64, out *strings.Builder) error {
	c := newCluster(seed, out)
	for range 3 + c.rnd.IntN(20) {
		c.disturb()
		c.lan.Run(time.Duration(c.rnd.Int64N(int64(c.settle))))
		if c.err != nil || c.rnd.IntN(3) > 0 {
			continue
		}
		if err := c.converge(); err != nil {
			return err
		}
	}
	if err := c.converge(); err != nil {
		return err
	}
	return c.err
}

func newCluster(seed uint64, out *strings.Builder) *cluster {
	c := &cluster{lan: transcript.NewLAN(seed), rnd: rand.New(rand.NewPCG(seed, 1)), out: out, preempt: true,
		tracked: make(map[*transcript.Router][]vrouter.Tracked)}
	c.lan.Trace = c.trace
	c.lan.Delivered = c.delivered
	c.lan.MaxDelay = time.Duration(c.rnd.Int64N(int64(50 * time.Millisecond)))
	version, owner := uint8(2+c.rnd.IntN(2)), c.rnd.IntN(4) == 0
	c.links = []string{"eth0"}
	if c.rnd.IntN(4) == 0 {
		c.links = append(c.links, "eth1")
	}
	interval, slowest, longest := time.Second, time.Second, time.Duration(0)
	for i := range 2 + c.rnd.IntN(4) {
		if version == 3 {
			interval = time.Duration(20+c.rnd.IntN(200)) * 10 * time.Millisecond
			slowest = max(slowest, interval)
		}
		inst := transcript.DefaultInstance(uint8(1 + c.rnd.IntN(254)))
		inst.Version, inst.AdvertInterval = version, interval
		if owner && (i == 0 || c.rnd.IntN(4) == 0) {
			inst.Priority = 255
		} else {
			c.vary(inst)
		}
		addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		r := c.lan.Add(string(rune('a' + i)))
		c.addTrackers(r, inst)
		r.Configure(inst, addr)
		if len(c.links) > 1 {
			c.double(r, inst, addr)
		}
		c.say("router %s %d %s version=%d advert_int=%s preempt=%t preempt_delay=%s master=%t\nstart %s",
			r.Name, inst.Priority, addr, version, interval, inst.Preempt, inst.PreemptDelay, inst.WantMaster, r.Name)
		longest = max(longest, inst.PreemptDelay)
		c.start(r)
	}
	// An advert that is under way may still make the best router wait for one master-down interval, of the slowest master
	// and with the longest skew; then it claims, and the claim must arrive.
	c.settle = 3*slowest + slowest + 2*c.lan.MaxDelay
	if longest > 0 {
		// The delay only begins when a worse router, which may have to claim first, has been heard.
		c.settle += longest + 4*slowest
	}
	return c
}

// double gives a router a second instance, on eth1, which goes with the first.
func (c *cluster) double(r *transcript.Router, inst *conf.Instance, addr netip.Addr) {
	twin := *inst
	twin.Name, twin.Interface, twin.VRID = "VI_2", "eth1", 52
	twin.Addrs = []conf.Address{{Prefix: vip(1), Dev: "eth1"}}
	r.Configure(&twin, netip.AddrFrom4([4]byte{10, 1, 0, addr.As4()[3]}))
	r.Config().SyncGroups = []*conf.SyncGroup{{Name: "G", Members: []string{"VI_1", "VI_2"}}}
	c.say("# in a sync group with VI_2 on eth1")
}

// vary gives an instance some of the options that bear on the election.
func (c *cluster) vary(inst *conf.Instance) {
	switch c.rnd.IntN(8) {
	case 0:
		inst.Preempt = false
		c.preempt = false
	case 1:
		inst.PreemptDelay = time.Duration(c.rnd.Int64N(int64(5 * time.Second)))
		c.preempt = false
	case 2:
		inst.WantMaster = true
	case 3:
		inst.Priority = 100 // so that equal ones occur
	case 4:
		// With different intervals, the last advert of a loser teaches the others its own; unless the winner answers, they
		// claim before its next advert is due. Nobody can expect that to work.
		inst.LowerPrioNoAdvert = inst.Version == 2
	case 5:
		inst.HigherPrioAdvert = true
	}
}

// delivered checks invariant 3 when a router has dealt with an advert.
func (c *cluster) delivered(to *transcript.Router, p vrouter.Packet) {
	st := to.Set().Status(vrouter.ID(p.Payload[1] - 51))
	if c.err != nil || st.State != vrouter.Master || st.Refused != vrouter.Accepted {
		return
	}
	theirs := p.Payload[2]
	if theirs > st.Priority || theirs == st.Priority && theirs < 255 && p.Src.Compare(st.Source) > 0 {
		c.err = fmt.Errorf("at %s: %s is master with priority %d in spite of %s with %d",
			c.lan.Elapsed(), to.Name, st.Priority, p.Src, theirs)
	}
}

// disturb does one bad thing.
func (c *cluster) disturb() {
	routers := c.lan.Routers()
	r := routers[c.rnd.IntN(len(routers))]
	switch c.rnd.IntN(11) {
	case 0:
		c.say("crash %s", r.Name)
		r.Crash()
	case 1:
		c.say("stop %s", r.Name)
		if r.Running() {
			r.Stop()
		}
	case 2:
		c.say("pause %s", r.Name)
		r.Pause()
	case 3:
		c.revive(r)
	case 4:
		dev := c.links[c.rnd.IntN(len(c.links))]
		c.link(r, dev, !r.Link(dev).Up)
	case 5:
		c.partition()
	case 6:
		c.say("heal")
		c.lan.Heal()
	case 7:
		c.lan.Loss = c.rnd.Float64() * 0.7
		c.say("loss %.2f", c.lan.Loss)
	case 8:
		c.say("lose %s", r.Name)
		r.Lose(vip(c.rnd.IntN(len(c.links))))
	case 9, 10:
		c.flap(r)
	}
}

func (c *cluster) revive(r *transcript.Router) {
	switch {
	case r.Set() == nil:
		c.say("start %s", r.Name)
		c.start(r)
	case !r.Running():
		c.say("resume %s", r.Name)
		r.Resume()
	}
}

func (c *cluster) link(r *transcript.Router, dev string, up bool) {
	l := r.Link(dev)
	l.Up = up
	c.say("link %s %s up=%t", r.Name, dev, up)
	r.SetLink(l)
}

// partition splits the routers into two sides.
func (c *cluster) partition() {
	c.lan.Heal()
	var sides [2][]*transcript.Router
	for _, r := range c.lan.Routers() {
		i := c.rnd.IntN(2)
		sides[i] = append(sides[i], r)
	}
	for _, a := range sides[0] {
		for _, b := range sides[1] {
			c.say("drop %s %s\ndrop %s %s", a.Name, b.Name, b.Name, a.Name)
			c.lan.Cut(a.Name, b.Name, true)
			c.lan.Cut(b.Name, a.Name, true)
		}
	}
}

// converge ends what makes convergence impossible, waits, and checks invariant 2.
func (c *cluster) converge() error {
	c.lan.Loss = 0
	for _, r := range c.lan.Routers() {
		if r.Set() != nil && !r.Running() {
			c.revive(r)
		}
	}
	c.say("run %s  # quiet", c.settle)
	c.lan.Run(c.settle)
	if c.err != nil {
		return c.err
	}
	for _, r := range c.lan.Routers() {
		if err := c.checkPartition(r); err != nil {
			return fmt.Errorf("at %s: %w", c.lan.Elapsed(), err)
		}
	}
	before := c.changes
	c.lan.Run(c.settle)
	if c.err == nil && c.changes != before {
		return fmt.Errorf("at %s: %d changes of state without a cause", c.lan.Elapsed(), c.changes-before)
	}
	return c.err
}

// checkPartition checks that there is exactly one master on the side of r, if r takes part.
func (c *cluster) checkPartition(r *transcript.Router) error {
	if !c.takesPart(r) {
		return nil
	}
	var masters []*transcript.Router
	best := r
	for _, o := range c.lan.Routers() {
		if o != r && !c.lan.Hears(r, o) || !c.takesPart(o) {
			continue
		}
		if o.Set().State(0) == vrouter.Master {
			masters = append(masters, o)
		}
		if better(o, best) {
			best = o
		}
	}
	if len(masters) != 1 {
		return fmt.Errorf("%d masters that %s hears: %v", len(masters), r.Name, names(masters))
	}
	if c.preempt && better(best, masters[0]) {
		return fmt.Errorf("%s is master where %s is better", masters[0].Name, best.Name)
	}
	return nil
}

func (c *cluster) takesPart(r *transcript.Router) bool {
	for _, dev := range c.links {
		if !r.Link(dev).Up {
			return false
		}
	}
	return r.Running() && !c.trackersFail(r)
}

// better does not look at the addresses: they decide between two masters, but no backup preempts its equal.
func better(a, b *transcript.Router) bool {
	return a.Set().Status(0).Priority > b.Set().Status(0).Priority
}

func names(routers []*transcript.Router) string {
	var s []string
	for _, r := range routers {
		s = append(s, r.Name)
	}
	return strings.Join(s, " ")
}

// vip returns the address of the instance on eth0 or eth1.
func vip(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 100}), 24)
}

// trace checks invariant 1 for the router that has just done something; it is called before the actions are carried out,
// so it looks at what they will lead to.
func (c *cluster) trace(r *transcript.Router, acts []vrouter.Action) {
	for _, a := range acts {
		if a.Kind == vrouter.NotifyState {
			c.changes++
		}
		if c.out != nil {
			c.say("    %8.3fs %s %s", c.lan.Elapsed().Seconds(), r.Name, transcript.Text(a))
		}
	}
	for i := range c.links {
		if err := c.checkHeld(r, i, acts); err != nil && c.err == nil {
			c.err = fmt.Errorf("at %s: %s: %w", c.lan.Elapsed(), r.Name, err)
		}
	}
}

func (c *cluster) checkHeld(r *transcript.Router, i int, acts []vrouter.Action) error {
	held, id := r.Holds(vip(i)), vrouter.ID(i)
	for _, a := range acts {
		switch {
		case a.Kind == vrouter.AddAddrs && a.ID == id:
			held = true
		case a.Kind == vrouter.DelAddrs && a.ID == id:
			held = false
		}
	}
	switch state := r.Set().State(id); {
	case held != (state == vrouter.Master):
		return fmt.Errorf("holds address %d: %t, but is %s", i, held, state)
	case state != r.Set().State(0):
		return fmt.Errorf("is %s and %s in one group", r.Set().State(0), state)
	}
	return nil
}

func (c *cluster) say(format string, args ...any) {
	if c.out != nil {
		fmt.Fprintf(c.out, format+"\n", args...)
	}
}
