package snmp

import (
	"fmt"
	"net/netip"
)

// Kind is the type of a value, by its number in AgentX (RFC 2741 section 5.4).
type Kind uint16

// The kinds. The last three stand in place of a value.
const (
	Integer        Kind = 2
	OctetString    Kind = 4
	Null           Kind = 5
	ObjectID       Kind = 6
	IPAddress      Kind = 64
	Counter32      Kind = 65
	Gauge32        Kind = 66
	TimeTicks      Kind = 67
	Opaque         Kind = 68
	Counter64      Kind = 70
	NoSuchObject   Kind = 128
	NoSuchInstance Kind = 129
	EndOfView      Kind = 130
)

// Value is the value of an object. The zero Value is none: a row has no such object.
type Value struct {
	Kind   Kind
	Number uint64 // Integer (as two's complement), Counter32, Gauge32, TimeTicks, Counter64
	Bytes  []byte // OctetString, IPAddress, Opaque
	OID    OID    // ObjectID
}

// VarBind is an object and its value.
type VarBind struct {
	Name  OID
	Value Value
}

// Int returns an INTEGER, which has 32 bits.
func Int(n int) Value { return Value{Kind: Integer, Number: uint64(int32(n))} }

// Gauge returns an Unsigned32 or Gauge32: both are one type on the wire (RFC 2578 section 7.1.11).
func Gauge[T ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int](n T) Value {
	return Value{Kind: Gauge32, Number: uint64(uint32(n))}
}

// Count32 returns a Counter32, which wraps around.
func Count32(n uint64) Value { return Value{Kind: Counter32, Number: uint64(uint32(n))} }

// Count64 returns a Counter64.
func Count64(n uint64) Value { return Value{Kind: Counter64, Number: n} }

// Text returns a DisplayString.
func Text(s string) Value { return Value{Kind: OctetString, Bytes: []byte(s)} }

// Address returns an InetAddress (RFC 4001).
func Address(a netip.Addr) Value { return Value{Kind: OctetString, Bytes: a.AsSlice()} }

// Choice returns yes or no, as the INTEGERs of two values in this MIB are: 1 or 2. TruthValue is such a one (RFC 2579).
func Choice(first bool) Value {
	if first {
		return Int(1)
	}
	return Int(2)
}

// Int returns the number of an INTEGER.
func (v Value) Int() int { return int(int32(v.Number)) }

// String returns the value for tests and log lines.
func (v Value) String() string {
	switch v.Kind {
	case Integer:
		return fmt.Sprint("INTEGER: ", v.Int())
	case OctetString, IPAddress, Opaque:
		return fmt.Sprintf("STRING: %q", v.Bytes)
	case ObjectID:
		return "OID: " + v.OID.String()
	case Counter32, Gauge32, TimeTicks, Counter64:
		return map[Kind]string{Counter32: "Counter32: ", Gauge32: "Gauge32: ", TimeTicks: "Timeticks: ", Counter64: "Counter64: "}[v.Kind] + fmt.Sprint(v.Number)
	case NoSuchObject:
		return "no such object"
	case NoSuchInstance:
		return "no such instance"
	case EndOfView:
		return "end of view"
	}
	return "null"
}
