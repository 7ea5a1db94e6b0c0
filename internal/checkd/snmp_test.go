package checkd

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/agentx"
	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/nettest"
	"github.com/keepalived-go/keepalived/internal/snmp"
)

// master is a master agent: it lets a subagent in, keeps what that tells, and asks it.
type master struct {
	t      *testing.T
	listen net.Listener
	conn   net.Conn
	told   []agentx.PDU
	packet uint32
}

func newMaster(t *testing.T) *master {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "master"))
	if err != nil {
		t.Fatal(err)
	}
	m := &master{t: t, listen: l}
	t.Cleanup(func() {
		l.Close()
		if m.conn != nil {
			m.conn.Close()
		}
	})
	return m
}

// config returns a configuration whose SNMP is that master's.
func (m *master) config(text string) string {
	return "global_defs {\nenable_snmp_checker\nenable_traps\nrouter_id R\nsnmp_socket " + m.listen.Addr().String() + "\n}\n" + text
}

// welcome waits for a subagent and gives it what it asks for.
func (m *master) welcome() {
	m.t.Helper()
	_ = m.listen.(*net.UnixListener).SetDeadline(time.Now().Add(20 * time.Second))
	var err error
	if m.conn, err = m.listen.Accept(); err != nil {
		m.t.Fatal(err)
	}
	_ = m.conn.SetDeadline(time.Now().Add(60 * time.Second))
	for granted := 0; granted < 2; {
		p := m.next()
		if p.Type == agentx.Notify {
			m.told = append(m.told, p)
		}
		if p.Type == agentx.AddAgentCaps {
			granted++
		}
		m.send(agentx.PDU{Header: agentx.Header{Type: agentx.Response, Session: 1, Packet: p.Packet}})
	}
}

func (m *master) send(p agentx.PDU) {
	m.t.Helper()
	if _, err := m.conn.Write(p.Append(nil)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *master) next() agentx.PDU {
	m.t.Helper()
	head := make([]byte, 20)
	if _, err := io.ReadFull(m.conn, head); err != nil {
		m.t.Fatal(err)
	}
	size, err := agentx.PayloadSize(head)
	if err != nil {
		m.t.Fatal(err)
	}
	data := append(head, make([]byte, size)...)
	if _, err := io.ReadFull(m.conn, data[20:]); err != nil {
		m.t.Fatal(err)
	}
	p, err := agentx.Parse(data)
	if err != nil {
		m.t.Fatal(err)
	}
	return p
}

// ask sends a request and returns the answer. What is told meanwhile is kept.
func (m *master) ask(p agentx.PDU) agentx.PDU {
	m.t.Helper()
	m.packet++
	p.Session, p.Transaction, p.Packet = 1, 1, m.packet
	m.send(p)
	for {
		r := m.next()
		if r.Type == agentx.Response {
			return r
		}
		m.told = append(m.told, r)
	}
}

// get returns an object of the MIB, whose name it completes.
func (m *master) get(parts ...uint32) string {
	m.t.Helper()
	r := m.ask(agentx.PDU{Header: agentx.Header{Type: agentx.Get}, Ranges: []agentx.Range{{Start: snmp.Root().With(parts...)}}})
	if r.Status != snmp.NoError || len(r.Binds) != 1 {
		return fmt.Sprintf("status %d", r.Status)
	}
	return r.Binds[0].Value.String()
}

// names returns the notifications by their last part.
func (m *master) names() (out []uint32) {
	for _, p := range m.told {
		if p.Type == agentx.Notify {
			id := p.Binds[0].Value.OID
			out = append(out, id[len(id)-1])
		}
	}
	return out
}

// A manager sees the servers, sets a weight, and is told of the start and the end.
func TestManagerSetsWeight(t *testing.T) {
	m := newMaster(t)
	c := start(t, m.config(fmt.Sprintf(services, "real_server 127.0.0.2 80 {\nweight 3\n}\nreal_server 127.0.0.3 80 {\n}\n")))
	m.welcome()
	if got := m.get(1, 2, 0); got != `STRING: "R"` {
		t.Errorf("router: %s", got)
	}
	if got := m.get(3, 4, 1, 7, 1, 1); got != "INTEGER: 3" {
		t.Errorf("weight: %s", got)
	}
	bind := []snmp.VarBind{{Name: snmp.Root().With(3, 4, 1, 7, 1, 1), Value: snmp.Int(9)}}
	step := func(kind agentx.Type, want snmp.Status, binds []snmp.VarBind) {
		t.Helper()
		if r := m.ask(agentx.PDU{Header: agentx.Header{Type: kind}, Binds: binds}); r.Status != want {
			t.Errorf("%d: status %d", kind, r.Status)
		}
	}
	step(agentx.TestSet, snmp.NoError, bind)
	step(agentx.CommitSet, snmp.NoError, nil)
	if got := m.get(3, 4, 1, 7, 1, 1); got != "INTEGER: 9" {
		t.Errorf("weight afterwards: %s", got)
	}
	nettest.Eventually(t, 10*time.Second, "weight of the kernel", func() bool { return strings.Contains(c.kernel.String(), "-r 127.0.0.2:80 -m -w 9") })
	step(agentx.UndoSet, snmp.NoError, nil)
	nettest.Eventually(t, 10*time.Second, "old weight", func() bool { return strings.Contains(c.kernel.String(), "-r 127.0.0.2:80 -m -w 3") })
	if got := m.get(3, 4, 1, 14, 1, 1); got != "Gauge32: 0" {
		t.Errorf("counter: %s", got)
	}
	// What a reload has taken away cannot be set any more.
	step(agentx.TestSet, snmp.NoError, bind)
	m.told = nil
	c.reload(m.config(fmt.Sprintf(services, "real_server 127.0.0.3 80 {\n}\n")))
	nettest.Eventually(t, 10*time.Second, "reload", func() bool { return !strings.Contains(c.kernel.String(), "127.0.0.2") })
	step(agentx.CommitSet, snmp.CommitFailed, nil)
	for len(m.told) == 0 { // of the server that is gone: it may come late
		m.told = append(m.told, m.next())
	}
	m.told = nil
	c.cancel()
	for p := m.next(); p.Type != agentx.Close; p = m.next() {
		m.told = append(m.told, p)
	}
	if got := fmt.Sprint(m.names()); got != "[1 2]" {
		t.Errorf("told at the end: %s", got)
	}
}

// SNMP that is not asked for does not run, and a reload begins and ends it.
func TestReloadTurnsSNMPOnAndOff(t *testing.T) {
	m := newMaster(t)
	text := fmt.Sprintf(services, "real_server 127.0.0.2 80 {\n}\n")
	c := start(t, text)
	stacks := make([]byte, 1<<20)
	if got := string(stacks[:runtime.Stack(stacks, true)]); strings.Contains(got, "agentx.") {
		t.Errorf("an agent runs:\n%s", got)
	}
	for range 2 {
		c.reload(m.config(text))
		m.welcome()
		if got := m.get(1, 2, 0); got != `STRING: "R"` {
			t.Errorf("router: %s", got)
		}
		c.reload(m.config(text)) // changes nothing
		if got := m.get(1, 2, 0); got != `STRING: "R"` {
			t.Errorf("router: %s", got)
		}
		c.reload(text)
		for p := m.next(); p.Type != agentx.Close; p = m.next() {
			m.told = append(m.told, p)
		}
		m.conn.Close()
	}
}

// A manager that walks through two thousand servers holds up neither the watchdog nor the checks.
func TestWalkThroughManyServers(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "virtual_server 10.0.0.1 %d {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n", 1000+i)
		for j := range 10 {
			fmt.Fprintf(&b, "real_server 127.1.%d.%d 80 {\n}\n", i, j)
		}
		b.WriteString("}\n")
	}
	m := newMaster(t)
	c := start(t, m.config(b.String()))
	m.welcome()
	begun, objects, slowest := time.Now(), 0, time.Duration(0)
	for at := snmp.Root(); ; {
		r := m.ask(agentx.PDU{Header: agentx.Header{Type: agentx.GetBulk}, MaxRepeat: 500, Ranges: []agentx.Range{{Start: at}}})
		if r.Status != snmp.NoError || len(r.Binds) == 0 {
			t.Fatalf("after %s: %+v", at, r)
		}
		last := r.Binds[len(r.Binds)-1]
		objects += len(r.Binds)
		if objects%10000 == 0 {
			asked := time.Now()
			if err := c.parent.Send(control.Ping, -1); err != nil {
				t.Fatal(err)
			}
			c.expect(control.Pong)
			slowest = max(slowest, time.Since(asked))
		}
		if last.Value.Kind == snmp.EndOfView {
			break
		}
		at = last.Name
	}
	t.Logf("%d objects in %v, the slowest sign of life took %v", objects, time.Since(begun), slowest)
	if objects < 2000*50 || len(m.names()) != 200 {
		t.Errorf("%d objects, %d notifications", objects, len(m.names()))
	}
}
