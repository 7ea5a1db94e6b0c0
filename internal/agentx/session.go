package agentx

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/keepalived-go/keepalived/internal/snmp"
)

// session is one connection to a master.
type session struct {
	*Agent
	conn   net.Conn
	in     chan PDU
	failed chan error    // why no more comes in
	over   chan struct{} // nobody listens to in any more

	id      uint32
	packet  uint32
	refused map[int]bool   // subtrees that the master has not taken
	asked   map[uint32]int // subtrees by the packet that asked for them
	ping    uint32         // packet that is to be answered; 0: none
	set     Set            // between TestSet and CleanupSet
	setOf   uint32         // its transaction
	leaving atomic.Bool    // there is little time left, all in all
	buf     []byte
}

// hurry bounds what is being written and will be, from any goroutine.
func (s *session) hurry() {
	s.leaving.Store(true)
	_ = s.conn.SetWriteDeadline(time.Now().Add(leaveTime))
}

func newSession(a *Agent, conn net.Conn) *session {
	return &session{Agent: a, conn: conn, in: make(chan PDU), failed: make(chan error, 1), over: make(chan struct{}),
		refused: map[int]bool{}, asked: map[uint32]int{}}
}

// receive reads PDUs until the connection is closed or what comes is none.
func (s *session) receive(done chan<- struct{}) {
	defer close(done)
	read := s.readStream
	if strings.HasPrefix(s.conn.LocalAddr().Network(), "udp") {
		read = s.readDatagram
	}
	for {
		p, err := read()
		if err != nil {
			s.failed <- err
			return
		}
		select {
		case s.in <- p:
		case <-s.over:
			return
		}
	}
}

func (s *session) readStream() (PDU, error) {
	data := make([]byte, headerSize)
	if _, err := io.ReadFull(s.conn, data); err != nil {
		return PDU{}, errClosed
	}
	size, err := PayloadSize(data)
	if err != nil {
		return PDU{}, err
	}
	data = append(data, make([]byte, size)...)
	if _, err := io.ReadFull(s.conn, data[headerSize:]); err != nil {
		return PDU{}, errClosed
	}
	return Parse(data)
}

func (s *session) readDatagram() (PDU, error) {
	data := make([]byte, headerSize+MaxPayload)
	n, err := s.conn.Read(data)
	if err != nil {
		return PDU{}, errClosed
	}
	return Parse(data[:n])
}

// send writes a PDU.
func (s *session) send(p *PDU) error {
	p.Session = s.id
	s.buf = p.Append(s.buf[:0])
	if !s.leaving.Load() {
		_ = s.conn.SetWriteDeadline(time.Now().Add(answerTime))
		if s.leaving.Load() { // since just now
			s.hurry()
		}
	}
	if _, err := s.conn.Write(s.buf); err != nil {
		return errClosed
	}
	return nil
}

// ask sends a request of ours and returns the number of its packet.
func (s *session) ask(p *PDU) (uint32, error) {
	s.packet++
	p.Packet = s.packet
	return s.packet, s.send(p)
}

// open opens the session and asks for the subtrees.
func (s *session) open(ctx context.Context) error {
	n, err := s.ask(&PDU{Header: Header{Type: Open}, ID: s.ID, Description: s.Description})
	if err != nil {
		return err
	}
	timer := time.NewTimer(answerTime)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.failed:
			return err
		case <-timer.C:
			return errMute
		case p := <-s.in:
			if p.Type != Response || p.Packet != n {
				continue
			}
			if p.Status != snmp.NoError {
				return fmt.Errorf("%w: status %d", errOpen, p.Status)
			}
			s.id = p.Session
			return s.register()
		}
	}
}

// register asks for the subtrees that are not ours yet.
func (s *session) register() error {
	for i, t := range s.Subtrees {
		if !s.refused[i] && len(s.refused) > 0 {
			continue
		}
		n, err := s.ask(&PDU{Header: Header{Type: Register}, Priority: defaultPriority, ID: t.ID})
		if err != nil {
			return err
		}
		s.asked[n] = i
	}
	return nil
}

// defaultPriority is that of a registration that says nothing of it (RFC 2741 section 6.2.3).
const defaultPriority = 127

// registered takes in the answer to a registration. One that was refused is asked for again, since another agent that has the
// subtree may go.
func (s *session) registered(i int, status snmp.Status) error {
	t := s.Subtrees[i]
	if status != snmp.NoError {
		if !s.refused[i] {
			s.Log(fmt.Sprintf("AgentX master agent does not let us register %s: status %d", t.ID, status))
		}
		s.refused[i] = true
		return nil
	}
	delete(s.refused, i)
	_, err := s.ask(&PDU{Header: Header{Type: AddAgentCaps}, ID: t.ID, Description: t.Description})
	return err
}

// loop answers the master until the session ends.
func (s *session) loop(ctx context.Context) error {
	pings := time.NewTicker(retryPeriod)
	defer pings.Stop()
	silence := time.NewTimer(0)
	silence.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err = <-s.failed:
		case p := <-s.in:
			if p.Type == Response && p.Packet == s.ping {
				s.ping = 0
				silence.Stop()
			}
			err = s.take(&p)
		case n := <-s.notices:
			err = s.tell(n())
		case <-silence.C:
			return errSilent
		case <-pings.C:
			if s.ping == 0 {
				silence.Reset(answerTime)
				s.ping, err = s.ask(&PDU{Header: Header{Type: Ping}})
			}
			if err == nil && len(s.refused) > 0 {
				err = s.register()
			}
		}
		if err != nil {
			return err
		}
	}
}

// leave sends what waits, as long as there is time, and closes the session (RFC 2741 section 7.1.9).
func (s *session) leave() {
	for {
		select {
		case n := <-s.notices:
			if s.tell(n()) != nil {
				return
			}
			continue
		default:
		}
		const shutdown = 5
		_, _ = s.ask(&PDU{Header: Header{Type: Close}, Reason: shutdown})
		return
	}
}

// tell sends a notification: first the name, then the objects (RFC 2741 section 6.2.10).
func (s *session) tell(n snmp.Notification) error {
	trap := snmp.OID{1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0} // snmpTrapOID.0
	binds := append([]snmp.VarBind{{Name: trap, Value: snmp.Value{Kind: snmp.ObjectID, OID: n.Name}}}, n.Binds...)
	_, err := s.ask(&PDU{Header: Header{Type: Notify}, Binds: binds})
	return err
}
