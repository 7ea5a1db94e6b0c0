package agentx

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/snmp"
)

// numbers is a source with a column of three numbers, which can be set.
type numbers struct {
	values []int
	busy   bool
	undone bool
}

func base() snmp.OID { return snmp.OID{1, 3, 6, 1, 4, 1, 9586, 9} }

// View returns the numbers.
func (n *numbers) View() (snmp.View, error) {
	if n.busy {
		return snmp.View{}, errors.New("busy")
	}
	indexes := []snmp.OID{{1}, {2}, {3}}
	column := []snmp.Column[int]{{ID: 1, Value: func(v *int) snmp.Value { return snmp.Int(*v) }}}
	return snmp.NewView(snmp.NewTable(base(), column, slices.Clone(n.values), indexes)), nil
}

// Test takes what is below 100.
func (n *numbers) Test(binds []snmp.VarBind) (Set, int, snmp.Status) {
	for i, b := range binds {
		if b.Value.Int() >= 100 {
			return nil, i, snmp.WrongValue
		}
	}
	return &change{n, binds, slices.Clone(n.values)}, 0, snmp.NoError
}

type change struct {
	*numbers
	binds []snmp.VarBind
	old   []int
}

// Commit sets the numbers.
func (c *change) Commit() bool {
	for _, b := range c.binds {
		c.values[b.Name[len(b.Name)-1]-1] = b.Value.Int()
	}
	return !c.busy
}

// Undo sets them back.
func (c *change) Undo() bool {
	copy(c.values, c.old)
	c.undone = true
	return true
}

// rig is an agent and the places where its masters are. Time is not real.
type rig struct {
	t       *testing.T
	agent   *Agent
	source  *numbers
	masters chan func() (net.Conn, error)
	mu      sync.Mutex
	log     []string
}

func (r *rig) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := strings.Join(r.log, "\n")
	r.log = nil
	return out
}

var errAway = errors.New("nobody listens")

// run has an agent look for masters that a test makes.
func run(t *testing.T, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, source: &numbers{values: []int{10, 20, 30}}, masters: make(chan func() (net.Conn, error), 1)}
		r.agent = Start(Config{
			Socket: "somewhere", ID: base(), Description: "test", Source: r.source,
			Subtrees: []Subtree{{base(), "a subtree"}},
			Log: func(text string) {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.log = append(r.log, text)
			},
			Dial: func(ctx context.Context, socket string) (net.Conn, error) {
				select {
				case m := <-r.masters:
					return m()
				default:
					return nil, errAway
				}
			},
		})
		defer r.agent.Close()
		synctest.Wait() // it has looked for a master once
		test(r)
	})
}

// master is a fake of one: it reads what the agent sends.
type master struct {
	t    *testing.T
	conn net.Conn
}

// come makes a master the next that the agent finds, and waits until it is there.
func (r *rig) come() *master {
	ours, theirs := net.Pipe()
	r.masters <- func() (net.Conn, error) { return theirs, nil }
	return &master{r.t, ours}
}

// next returns what the agent sends next.
func (m *master) next() PDU {
	m.t.Helper()
	data := make([]byte, headerSize)
	if _, err := io.ReadFull(m.conn, data); err != nil {
		m.t.Fatal(err)
	}
	size, err := PayloadSize(data)
	if err != nil {
		m.t.Fatal(err)
	}
	data = append(data, make([]byte, size)...)
	if _, err := io.ReadFull(m.conn, data[headerSize:]); err != nil {
		m.t.Fatal(err)
	}
	p, err := Parse(data)
	if err != nil {
		m.t.Fatal(err)
	}
	return p
}

func (m *master) send(p PDU) {
	m.t.Helper()
	if _, err := m.conn.Write(p.Append(nil)); err != nil {
		m.t.Fatal(err)
	}
}

const sessionID = 77

// welcome opens the session and takes the subtrees.
func (m *master) welcome() {
	m.t.Helper()
	p := m.next()
	if p.Type != Open || p.Description != "test" {
		m.t.Fatalf("got %+v", p)
	}
	m.send(PDU{Header: Header{Response, sessionID, 0, p.Packet}})
	p = m.next()
	if p.Type != Register || p.ID.Compare(base()) != 0 || p.Session != sessionID {
		m.t.Fatalf("got %+v", p)
	}
	m.send(PDU{Header: Header{Response, sessionID, 0, p.Packet}})
	if p = m.next(); p.Type != AddAgentCaps || p.Description != "a subtree" {
		m.t.Fatalf("got %+v", p)
	}
	m.send(PDU{Header: Header{Response, sessionID, 0, p.Packet}})
}

// ask sends a request and returns the answer.
func (m *master) ask(p PDU) PDU {
	m.t.Helper()
	p.Session, p.Transaction, p.Packet = sessionID, 5, 6
	m.send(p)
	r := m.next()
	if r.Type != Response || r.Transaction != 5 || r.Packet != 6 {
		m.t.Errorf("answered by %+v", r)
	}
	return r
}

func texts(binds []snmp.VarBind) (out []string) {
	for _, b := range binds {
		out = append(out, strings.TrimPrefix(b.Name.String(), base().String())+" "+b.Value.String())
	}
	return out
}

func TestRequests(t *testing.T) {
	run(t, func(r *rig) {
		m := r.come()
		time.Sleep(retryPeriod)
		m.welcome()
		at := func(parts ...uint32) snmp.OID { return base().With(parts...) }
		for _, c := range []struct {
			name   string
			pdu    PDU
			want   []string
			status snmp.Status
		}{
			{name: "get", pdu: PDU{Header: Header{Type: Get}, Ranges: []Range{{Start: at(1, 2)}, {Start: at(1, 9)}, {Start: at(2)}}},
				want: []string{".1.2 INTEGER: 20", ".1.9 no such instance", ".2 no such object"}},
			{name: "next", pdu: PDU{Header: Header{Type: GetNext}, Ranges: []Range{{Start: at()}, {Start: at(1, 3)}, {Start: at(1, 2), Include: true}}},
				want: []string{".1.1 INTEGER: 10", ".1.3 end of view", ".1.2 INTEGER: 20"}},
			{name: "bulk", pdu: PDU{Header: Header{Type: GetBulk}, NonRepeaters: 1, MaxRepeat: 9, Ranges: []Range{{Start: at()}, {Start: at(1, 1)}}},
				want: []string{".1.1 INTEGER: 10", ".1.2 INTEGER: 20", ".1.3 INTEGER: 30", ".1.3 end of view"}},
			{name: "without a range", pdu: PDU{Header: Header{Type: GetBulk}, MaxRepeat: 65535}},
			{name: "too many", pdu: PDU{Header: Header{Type: Get}, Ranges: make([]Range, maxBinds+1)}, status: snmp.GenErr},
			{name: "more than fits", pdu: PDU{Header: Header{Type: GetBulk}, MaxRepeat: 9, Ranges: slices.Repeat([]Range{{Start: at(1, 2)}}, maxBinds)},
				want: slices.Repeat([]string{".1.3 INTEGER: 30"}, maxBinds)},
			{name: "other context", pdu: PDU{Header: Header{Type: Ping}, Context: "x"}, status: unsupportedContext},
			{name: "what a master does not ask", pdu: PDU{Header: Header{Type: Open}}, status: parseError},
			{name: "commit of nothing", pdu: PDU{Header: Header{Type: CommitSet}}, status: snmp.CommitFailed},
			{name: "undo of nothing", pdu: PDU{Header: Header{Type: UndoSet}}, status: snmp.UndoFailed},
		} {
			got := m.ask(c.pdu)
			if diff := cmp.Diff(c.want, texts(got.Binds)); diff != "" || got.Status != c.status {
				t.Errorf("%s: status %d, %s", c.name, got.Status, diff)
			}
		}
		r.source.busy = true
		if got := m.ask(PDU{Header: Header{Type: Get}, Ranges: []Range{{Start: at(1, 2)}}}); got.Status != snmp.GenErr {
			t.Errorf("busy: %+v", got)
		}
		stranger := PDU{Header: Header{Type: Ping, Session: 1}}
		m.send(stranger)
		if got := m.next(); got.Status != notOpen {
			t.Errorf("other session: %+v", got)
		}
		go io.Copy(io.Discard, m.conn)
	})
}

func TestSetIsUndoneOrKept(t *testing.T) {
	run(t, func(r *rig) {
		m := r.come()
		time.Sleep(retryPeriod)
		m.welcome()
		set := func(n int) PDU {
			return PDU{Header: Header{Type: TestSet}, Binds: []snmp.VarBind{{Name: base().With(1, 1), Value: snmp.Int(n)}, {Name: base().With(1, 2), Value: snmp.Int(n)}}}
		}
		if got := m.ask(set(100)); got.Status != snmp.WrongValue || got.Index != 1 {
			t.Errorf("refused: %+v", got)
		}
		if got := m.ask(PDU{Header: Header{Type: CommitSet}}); got.Status != snmp.CommitFailed {
			t.Errorf("commit of what was refused: %+v", got)
		}
		step := func(kind Type) {
			if got := m.ask(PDU{Header: Header{Type: kind}}); got.Status != snmp.NoError {
				t.Errorf("%d: %+v", kind, got)
			}
		}
		m.ask(set(7))
		step(CommitSet)
		step(UndoSet)
		if !slices.Equal(r.source.values, []int{10, 20, 30}) || !r.source.undone {
			t.Errorf("undone: %v", r.source.values)
		}
		m.ask(set(8))
		step(CommitSet)
		m.send(PDU{Header: Header{Type: CleanupSet, Session: sessionID, Transaction: 5, Packet: 6}}) // has no answer
		if got := m.ask(PDU{Header: Header{Type: CommitSet}}); got.Status != snmp.CommitFailed || !slices.Equal(r.source.values, []int{8, 8, 30}) {
			t.Errorf("after the end: %+v, %v", got, r.source.values)
		}
		m.ask(set(9))
		r.source.busy = true
		if got := m.ask(PDU{Header: Header{Type: CommitSet}}); got.Status != snmp.CommitFailed || got.Index != 1 {
			t.Errorf("failed: %+v", got)
		}
		go io.Copy(io.Discard, m.conn)
	})
}

func notice(n int) Notice {
	return func() snmp.Notification {
		return snmp.Notification{Name: base().With(0, 1), Binds: []snmp.VarBind{{Name: base().With(1, 1), Value: snmp.Int(n)}}}
	}
}

func TestNotifications(t *testing.T) {
	run(t, func(r *rig) {
		r.agent.Notify(notice(1)) // while there is no master
		synctest.Wait()
		m := r.come()
		time.Sleep(retryPeriod)
		m.welcome()
		r.agent.Notify(notice(2))
		got := m.next()
		want := []string{".1.3.6.1.6.3.1.1.4.1.0 OID: " + base().String() + ".0.1", ".1.1 INTEGER: 2"}
		if diff := cmp.Diff(want, texts(got.Binds)); got.Type != Notify || diff != "" {
			t.Errorf("%+v %s", got, diff)
		}
		// What waits at the end is sent before the leave.
		r.agent.Notify(notice(3))
		r.agent.Notify(notice(4))
		go r.agent.Close()
		for _, n := range []string{".1.1 INTEGER: 3", ".1.1 INTEGER: 4"} {
			if got := m.next(); got.Type != Notify || texts(got.Binds)[1] != n {
				t.Errorf("got %+v, want %s", got, n)
			}
		}
		if got := m.next(); got.Type != Close || got.Reason != 5 {
			t.Errorf("leave: %+v", got)
		}
	})
}

// A master that takes nothing does not hold up whoever tells of something, nor the end.
func TestMasterThatTakesNothing(t *testing.T) {
	run(t, func(r *rig) {
		m := r.come()
		time.Sleep(retryPeriod)
		m.welcome()
		begun, lost := time.Now(), 0
		for n := range maxWaiting + 10 {
			if !r.agent.Notify(notice(n)) {
				lost++
			}
		}
		if lost == 0 || time.Since(begun) > 0 {
			t.Errorf("%d lost, %v", lost, time.Since(begun))
		}
		begun = time.Now()
		r.agent.Close()
		if took := time.Since(begun); took > 2*leaveTime {
			t.Errorf("the end takes %v", took)
		}
	})
}

// Whatever a master does, the agent looks for it again after a while, and answers the next one.
func TestFaultsOfTheMaster(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(m *master)
		wait  time.Duration
		said  string
	}{
		{"closes at once", func(m *master) { m.conn.Close() }, 0, "Warning: Failed to connect to the agentx master agent (somewhere): AgentX master disconnected us"},
		{"does not answer", func(m *master) { go io.Copy(io.Discard, m.conn) }, answerTime, "Warning: Failed to connect to the agentx master agent (somewhere): the master agent does not answer"},
		{"refuses", func(m *master) {
			p := m.next()
			m.send(PDU{Header: Header{Response, 0, 0, p.Packet}, Status: 256})
		}, 0, "Warning: Failed to connect to the agentx master agent (somewhere): the master agent refuses the session: status 256"},
		{"closes the connection", func(m *master) { m.welcome(); m.conn.Close() }, 0, "AgentX subagent connected\nAgentX master disconnected us, reconnecting in 15"},
		{"closes the session", func(m *master) { m.welcome(); m.send(PDU{Header: Header{Type: Close}, Reason: 5}) }, 0,
			"AgentX subagent connected\nAgentX master disconnected us, reconnecting in 15"},
		{"hangs", func(m *master) { m.welcome(); go io.Copy(io.Discard, m.conn) }, retryPeriod + answerTime,
			"AgentX subagent connected\nAgentX master agent failed to respond to ping.  Attempting to re-register."},
		{"hangs without reading", func(m *master) { m.welcome() }, retryPeriod + answerTime, "AgentX subagent connected\nAgentX master disconnected us, reconnecting in 15"},
		{"sends garbage", func(m *master) {
			m.welcome()
			_, _ = m.conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")[:headerSize])
		}, 0,
			"AgentX subagent connected\nAgentX master disconnected us (AgentX PDU of another version: 71), reconnecting in 15"},
		{"sends too much", func(m *master) {
			m.welcome()
			_, _ = m.conn.Write([]byte{1, 5, 16, 0, 0, 0, 0, 77, 0, 0, 0, 1, 0, 0, 0, 1, 255, 255, 255, 255})
		}, 0,
			"AgentX subagent connected\nAgentX master disconnected us (AgentX PDU is too long: 4294967295 bytes), reconnecting in 15"},
		{"sends half a PDU", func(m *master) {
			m.welcome()
			_, _ = m.conn.Write((&PDU{Header: Header{Get, sessionID, 1, 1}, Ranges: []Range{{Start: base()}}}).Append(nil)[:30])
			m.conn.Close()
		}, 0, "AgentX subagent connected\nAgentX master disconnected us, reconnecting in 15"},
		{"sends a PDU that ends too early", func(m *master) {
			m.welcome()
			_, _ = m.conn.Write([]byte{1, 5, 16, 0, 0, 0, 0, 77, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 9, 0, 0, 0})
		}, 0, "AgentX subagent connected\nAgentX master disconnected us (AgentX PDU is cut short), reconnecting in 15"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(r *rig) {
				if got := r.said(); got != "Warning: Failed to connect to the agentx master agent (somewhere): nobody listens" {
					t.Errorf("without a master: %s", got)
				}
				m := r.come()
				time.Sleep(retryPeriod)
				c.fault(m)
				time.Sleep(c.wait)
				synctest.Wait()
				if got := r.said(); got != c.said {
					t.Errorf("said %q", got)
				}
				m.conn.Close()
				next := r.come()
				time.Sleep(retryPeriod)
				next.welcome()
				if got := next.ask(PDU{Header: Header{Type: Get}, Ranges: []Range{{Start: base().With(1, 1)}}}); got.Status != snmp.NoError {
					t.Errorf("after that: %+v", got)
				}
				go io.Copy(io.Discard, next.conn)
			})
		})
	}
}

// A master that gives the subtree to someone else is asked for it again.
func TestRefusedSubtree(t *testing.T) {
	run(t, func(r *rig) {
		m := r.come()
		time.Sleep(retryPeriod)
		p := m.next()
		m.send(PDU{Header: Header{Response, sessionID, 0, p.Packet}})
		p = m.next()
		m.send(PDU{Header: Header{Response, sessionID, 0, p.Packet}, Status: 263})
		if p = m.next(); p.Type != Ping {
			t.Fatalf("got %+v", p)
		}
		m.send(PDU{Header: Header{Response, sessionID, 0, p.Packet}})
		if p = m.next(); p.Type != Register {
			t.Fatalf("got %+v", p)
		}
		m.send(PDU{Header: Header{Response, sessionID, 0, p.Packet}})
		if p = m.next(); p.Type != AddAgentCaps {
			t.Fatalf("got %+v", p)
		}
		if said := r.said(); strings.Count(said, "does not let us register .1.3.6.1.4.1.9586.9: status 263") != 1 {
			t.Errorf("said %q", said)
		}
		go io.Copy(io.Discard, m.conn)
	})
}

func TestEndpoints(t *testing.T) {
	for spec, want := range map[string][]Endpoint{
		"":                    {{"unix", "/var/agentx/master"}, {"tcp4", "localhost:705"}},
		"/run/master":         {{"unix", "/run/master"}},
		"unix:/run/master":    {{"unix", "/run/master"}},
		"unix:rel":            {{"unix", "rel"}},
		"udp:localhost:705":   {{"udp4", "localhost:705"}},
		"udp:127.0.0.1":       {{"udp4", "127.0.0.1:705"}},
		"tcp:127.0.0.1:7050":  {{"tcp4", "127.0.0.1:7050"}},
		"tcp:705":             {{"tcp4", "localhost:705"}},
		"tcp6:[::1]:705":      {{"tcp6", "[::1]:705"}},
		"udp6:[::1]:705":      {{"udp6", "[::1]:705"}},
		"tcp6:[::1]":          {{"tcp6", "[::1]:705"}},
		"127.0.0.1:706":       {{"unix", "127.0.0.1:706"}, {"tcp4", "127.0.0.1:706"}},
		"localhost":           {{"unix", "localhost"}, {"tcp4", "localhost:705"}},
		"707":                 {{"unix", "707"}, {"tcp4", "localhost:707"}},
		":708":                {{"unix", ":708"}, {"tcp4", "localhost:708"}},
		"nonsense:1:2":        {{"unix", "nonsense:1:2"}},
		"tcp:too:many:colons": nil,
	} {
		if diff := cmp.Diff(want, Endpoints(spec)); diff != "" {
			t.Errorf("%q: %s", spec, diff)
		}
	}
}

// A master on a datagram socket, where a PDU is one packet.
func TestDatagrams(t *testing.T) {
	l, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := Start(Config{Socket: "udp:" + l.LocalAddr().String(), Dial: Dial, ID: base(), Source: &numbers{values: []int{1, 2, 3}},
		Subtrees: []Subtree{{base(), ""}}, Log: func(text string) { t.Log(text) }})
	defer a.Close()
	_ = l.SetDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, 4096)
	for _, want := range []Type{Open, Register, AddAgentCaps} {
		n, from, err := l.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(buf[:n])
		if err != nil || p.Type != want {
			t.Fatalf("%+v: %v, want %d", p, err, want)
		}
		answer := PDU{Header: Header{Response, sessionID, 0, p.Packet}}
		if _, err := l.WriteTo(answer.Append(nil), from); err != nil {
			t.Fatal(err)
		}
	}
}
