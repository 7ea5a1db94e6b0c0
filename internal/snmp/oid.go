package snmp

import (
	"slices"
	"strconv"
	"strings"
)

// OID is an object identifier (RFC 2578 section 3.5). It has at most 128 parts.
type OID []uint32

// MaxParts is how many parts an object identifier has at most (RFC 2578 section 3.5).
const MaxParts = 128

// Compare orders identifiers as GetNext does: the first part that differs decides, and what is shorter comes first.
func (o OID) Compare(p OID) int { return slices.Compare(o, p) }

// HasPrefix tells whether o is p or stands below it.
func (o OID) HasPrefix(p OID) bool { return len(o) >= len(p) && slices.Equal(o[:len(p)], p) }

// With returns o with more parts, in memory of its own.
func (o OID) With(parts ...uint32) OID { return slices.Concat(o, OID(parts)) }

// String returns the identifier as snmpwalk -On writes it.
func (o OID) String() string {
	var b strings.Builder
	for _, part := range o {
		b.WriteByte('.')
		b.WriteString(strconv.FormatUint(uint64(part), 10))
	}
	return b.String()
}
