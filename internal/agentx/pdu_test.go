package agentx

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/snmp"
)

// sample is a PDU and how it lies on the wire.
type sample struct {
	name string
	pdu  PDU
	wire string // hexadecimal, without the header's first 16 bytes
}

func samples() []sample {
	enterprise := snmp.OID{1, 3, 6, 1, 4, 1, 9586}
	return []sample{
		{"open", PDU{Header: Header{Type: Open}, Timeout: 9, ID: enterprise, Description: "hello"},
			"0000001c 09000000 02040000 00000001 00002572 00000005 68656c6c 6f000000"},
		{"close", PDU{Header: Header{Type: Close}, Reason: 5}, "00000004 05000000"},
		{"register", PDU{Header: Header{Type: Register}, Priority: 127, ID: enterprise}, "00000010 007f0000 02040000 00000001 00002572"},
		{"unregister", PDU{Header: Header{Type: Unregister}, Priority: 127, ID: enterprise}, "00000010 007f0000 02040000 00000001 00002572"},
		{"ping", PDU{Header: Header{Type: Ping}}, "00000000"},
		{"ping in a context", PDU{Header: Header{Type: Ping}, Context: "abcd"}, "00000008 00000004 61626364"},
		{"capability", PDU{Header: Header{Type: AddAgentCaps}, ID: snmp.OID{2, 5}, Description: ""}, "00000010 02000000 00000002 00000005 00000000"},
		{"get", PDU{Header: Header{Type: Get}, Ranges: []Range{{Start: snmp.OID{1, 3, 6, 1, 2}}, {}}}, "00000010 00020000 00000000 00000000 00000000"},
		{"next", PDU{Header: Header{Type: GetNext}, Ranges: []Range{{Start: enterprise, End: snmp.OID{1, 3, 6, 1, 5, 1}, Include: true}}},
			"00000014 02040100 00000001 00002572 01050000 00000001"},
		{"bulk", PDU{Header: Header{Type: GetBulk}, NonRepeaters: 1, MaxRepeat: 10, Ranges: []Range{{Start: enterprise}}}, "00000014 0001000a 02040000 00000001 00002572 00000000"},
		{"set", PDU{Header: Header{Type: TestSet}, Binds: []snmp.VarBind{{Name: enterprise, Value: snmp.Int(-2)}}}, "00000014 00020000 02040000 00000001 00002572 fffffffe"},
		{"commit", PDU{Header: Header{Type: CommitSet}}, "00000000"},
		{"notify", PDU{Header: Header{Type: Notify}, Binds: []snmp.VarBind{{Name: enterprise, Value: snmp.Value{Kind: snmp.ObjectID, OID: enterprise}}}},
			"0000001c 00060000 02040000 00000001 00002572 02040000 00000001 00002572"},
		{"response", PDU{Header: Header{Type: Response}, UpTime: 7, Status: snmp.GenErr, Index: 1, Binds: []snmp.VarBind{
			{Name: enterprise, Value: snmp.Text("abcde")},
			{Name: enterprise, Value: snmp.Count64(1 << 40)},
			{Name: enterprise, Value: snmp.Gauge(uint32(1 << 31))},
			{Name: enterprise, Value: snmp.Value{Kind: snmp.EndOfView}},
		}}, "00000060 00000007 00050001 00040000 02040000 00000001 00002572 00000005 61626364 65000000" +
			"00460000 02040000 00000001 00002572 00000100 00000000 00420000 02040000 00000001 00002572 80000000 00820000 02040000 00000001 00002572"},
	}
}

func TestWireForm(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			p := s.pdu
			p.Session, p.Transaction, p.Packet = 1, 2, 3
			flags := "10"
			if p.Context != "" {
				flags = "18"
			}
			want := "01" + hex.EncodeToString([]byte{byte(p.Type)}) + flags + "00" + "000000010000000200000003" + strings.ReplaceAll(s.wire, " ", "")
			got := p.Append(nil)
			if diff := cmp.Diff(want, hex.EncodeToString(got)); diff != "" {
				t.Error(diff)
			}
			back, err := Parse(got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, back); diff != "" {
				t.Error(diff)
			}
			for i := range got {
				if _, err := Parse(got[:i]); err == nil {
					t.Errorf("%d of %d bytes are taken for a PDU", i, len(got))
				}
			}
		})
	}
}

// A master may speak in the other byte order.
func TestLittleEndian(t *testing.T) {
	data := []byte{1, byte(Response), 0, 0, 4, 3, 2, 1, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 5, 0, 1, 0}
	p, err := Parse(data)
	want := PDU{Header: Header{Response, 0x01020304, 0, 9}, UpTime: 7, Status: snmp.GenErr, Index: 1}
	if diff := cmp.Diff(want, p); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestParseRefuses(t *testing.T) {
	header := func(kind Type, payload ...byte) []byte {
		p := PDU{Header: Header{Type: kind}}
		b := p.Append(nil)[:headerSize]
		binary.BigEndian.PutUint32(b[16:], uint32(len(payload)))
		return append(b, payload...)
	}
	long := header(Get)
	binary.BigEndian.PutUint32(long[16:], MaxPayload+1)
	other := header(Ping)
	other[0] = 2
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":           {nil, ErrShort},
		"half a header":     {make([]byte, 10), ErrShort},
		"other version":     {other, ErrVersion},
		"endless":           {long, ErrTooLong},
		"cut identifier":    {header(Get, 200, 0, 0, 0), ErrTooLong},
		"missing parts":     {header(Get, 100, 0, 0, 0), ErrShort},
		"string without it": {header(Open, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9), ErrShort},
		"huge string":       {header(Open, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255), ErrTooLong},
		"unknown value":     {header(Notify, 0, 77, 0, 0, 0, 0, 0, 0), ErrKind},
		"trailing":          {append(header(Ping), 1), ErrTrailing},
	} {
		if _, err := Parse(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Whatever comes in, it is refused or means the same when it is written again.
func FuzzParse(f *testing.F) {
	for _, s := range samples() {
		f.Add(s.pdu.Append(nil))
	}
	f.Add([]byte{1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 5, 2, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(bytes.Clone(data))
		if err != nil {
			return
		}
		again, err := Parse(p.Append(nil))
		if err != nil {
			t.Fatalf("%+v cannot be read again: %v", p, err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
