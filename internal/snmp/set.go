package snmp

import "slices"

// Status is how a request has gone (RFC 2741 section 6.2.16, RFC 3416 section 3).
type Status uint16

// The statuses that are used.
const (
	NoError      Status = 0
	GenErr       Status = 5
	WrongType    Status = 7
	WrongValue   Status = 10
	CommitFailed Status = 14
	UndoFailed   Status = 15
	NotWritable  Status = 17
)

// Weighing is a weight for a real server.
type Weighing struct {
	Service, Server int // in Checkers
	Weight          int // 0 or more
}

// Weigh returns what a manager asks for by setting an object: realServerWeight is the only one that can be set, for a real
// server that there is. The weight is bounded as the keyword is.
func (c *Checkers) Weigh(bind VarBind) (Weighing, Status) {
	column := serverOID().With(serverWeightColumn)
	if !bind.Name.HasPrefix(column) {
		return Weighing{}, NotWritable
	}
	t := serverTable(c)
	row, ok := t.row(bind.Name[len(column):])
	if !ok || t.cell(row, slices.Index(t.columns, serverWeightColumn)).Kind == 0 {
		return Weighing{}, NotWritable
	}
	switch {
	case bind.Value.Kind != Integer:
		return Weighing{}, WrongType
	case bind.Value.Int() < 0:
		return Weighing{}, WrongValue
	}
	service := int(t.rows[row][0]) - 1
	server := int(t.rows[row][1]) - 1
	if c.Services[service].Conf.Sorry != nil {
		server--
	}
	return Weighing{service, server, bind.Value.Int()}, NoError
}
