// Package agentx makes a process a subagent of an SNMP master agent (AgentX, RFC 2741).
package agentx

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/keepalived-go/keepalived/internal/snmp"
)

// Type is the type of a PDU (RFC 2741 section 6.1).
type Type uint8

// The types that a subagent sends or answers.
const (
	Open         Type = 1
	Close        Type = 2
	Register     Type = 3
	Unregister   Type = 4
	Get          Type = 5
	GetNext      Type = 6
	GetBulk      Type = 7
	TestSet      Type = 8
	CommitSet    Type = 9
	UndoSet      Type = 10
	CleanupSet   Type = 11
	Notify       Type = 12
	Ping         Type = 13
	AddAgentCaps Type = 16
	Response     Type = 18
)

// The flags of a header (RFC 2741 section 6.1).
const (
	flagContext    = 0x08
	flagNetworkEnd = 0x10
)

const (
	protocolVersion = 1
	headerSize      = 20
	// MaxPayload is how long the payload of a PDU may be, in bytes. RFC 2741 has no bound: this is far above what a master
	// sends and what its own buffers hold.
	MaxPayload = 1 << 18
	// maxOctets is how long a string may be (RFC 3416: what fits into a message).
	maxOctets = 1 << 16
)

// Header is what every PDU begins with.
type Header struct {
	Type                         Type
	Session, Transaction, Packet uint32
}

// Range asks for objects from Start on, that one too with Include, and before End unless that is empty (RFC 2741
// section 5.2). Of a Get it is one name.
type Range struct {
	Start, End snmp.OID
	Include    bool
}

// PDU is a message. Which fields are used depends on its type.
type PDU struct {
	Header
	Context string // of requests; the default context is empty

	Timeout     uint8    // Open, Register: seconds that the master waits for an answer; 0: its default
	Priority    uint8    // Register: 127 is the default, less is better (RFC 2741 section 6.2.3)
	ID          snmp.OID // Open: the subagent; Register, Unregister: the subtree; AddAgentCaps: the capability
	Description string   // Open, AddAgentCaps
	Reason      uint8    // Close

	Ranges                  []Range        // Get, GetNext, GetBulk
	NonRepeaters, MaxRepeat uint16         // GetBulk
	Binds                   []snmp.VarBind // TestSet, Notify, Response
	UpTime                  uint32         // Response: hundredths of a second
	Status                  snmp.Status    // Response
	Index                   uint16         // Response: the binding that Status is about, from 1
}

// Errors of what comes from a master.
var (
	// ErrShort means that a PDU ends too early.
	ErrShort = errors.New("AgentX PDU is cut short")
	// ErrVersion means another version of the protocol.
	ErrVersion = errors.New("AgentX PDU of another version")
	// ErrTooLong means a PDU, identifier or string beyond all reason.
	ErrTooLong = errors.New("AgentX PDU is too long")
	// ErrKind means a value of no known type.
	ErrKind = errors.New("AgentX PDU with a value of unknown type")
	// ErrTrailing means bytes after the end.
	ErrTrailing = errors.New("AgentX PDU with more than belongs to it")
)

// bodies are what follows the header, one for both directions: the walker reads or writes each field in turn.
func (p *PDU) body(w walker) {
	if w.context() {
		w.text(&p.Context)
	}
	switch p.Type {
	case Open:
		w.bytes(&p.Timeout, nil, nil, nil)
		w.oid(&p.ID, nil)
		w.text(&p.Description)
	case Close:
		w.bytes(&p.Reason, nil, nil, nil)
	case Register:
		w.bytes(&p.Timeout, &p.Priority, nil, nil)
		w.oid(&p.ID, nil)
	case Unregister:
		w.bytes(nil, &p.Priority, nil, nil)
		w.oid(&p.ID, nil)
	case AddAgentCaps:
		w.oid(&p.ID, nil)
		w.text(&p.Description)
	case GetBulk:
		w.pair(&p.NonRepeaters, &p.MaxRepeat)
		w.ranges(&p.Ranges)
	case Get, GetNext:
		w.ranges(&p.Ranges)
	case TestSet, Notify:
		w.binds(&p.Binds)
	case Response:
		w.number(&p.UpTime)
		w.pair((*uint16)(&p.Status), &p.Index)
		w.binds(&p.Binds)
	}
}

// walker goes through the fields of a PDU: an encoder or a decoder.
type walker interface {
	context() bool
	bytes(a, b, c, d *uint8) // nil: reserved
	pair(a, b *uint16)
	number(n *uint32)
	oid(o *snmp.OID, include *bool)
	text(s *string)
	ranges(r *[]Range)
	binds(b *[]snmp.VarBind)
}

// Append appends the PDU in network byte order.
func (p *PDU) Append(to []byte) []byte {
	start := len(to)
	flags := uint8(flagNetworkEnd)
	if p.Context != "" && p.Type != Response {
		flags |= flagContext
	}
	e := &encoder{append(to, protocolVersion, uint8(p.Type), flags, 0), flags&flagContext != 0}
	e.uint32(p.Session)
	e.uint32(p.Transaction)
	e.uint32(p.Packet)
	e.uint32(0)
	p.body(e)
	binary.BigEndian.PutUint32(e.out[start+headerSize-4:], uint32(len(e.out)-start-headerSize))
	return e.out
}

// PayloadSize returns how many bytes follow a header.
func PayloadSize(header []byte) (int, error) {
	if len(header) < headerSize {
		return 0, ErrShort
	}
	if header[0] != protocolVersion {
		return 0, fmt.Errorf("%w: %d", ErrVersion, header[0])
	}
	size := order(header[2]).Uint32(header[headerSize-4:])
	if size > MaxPayload {
		return 0, fmt.Errorf("%w: %d bytes", ErrTooLong, size)
	}
	return int(size), nil
}

func order(flags byte) binary.ByteOrder {
	if flags&flagNetworkEnd != 0 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// Parse reads one whole PDU. What it returns does not hold on to data. A PDU whose type is not known has only its header.
func Parse(data []byte) (PDU, error) {
	size, err := PayloadSize(data)
	if err != nil {
		return PDU{}, err
	}
	if len(data)-headerSize < size {
		return PDU{}, ErrShort
	}
	by := order(data[2])
	p := PDU{Header: Header{Type(data[1]), by.Uint32(data[4:]), by.Uint32(data[8:]), by.Uint32(data[12:])}}
	d := &decoder{in: data[headerSize : headerSize+size], order: by, named: data[2]&flagContext != 0}
	if p.Type == Response {
		d.named = false // a response has no context (RFC 2741 section 6.2.16)
	}
	p.body(d)
	if d.err == nil && len(data) > headerSize+size {
		d.err = ErrTrailing
	}
	return p, d.err
}
