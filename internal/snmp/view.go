// Package snmp says what the objects of keepalived's MIB are, from a snapshot of the daemon's state.
//
// It knows nothing of how a manager asks: a View has Get and Next, a Notification has objects, and what setting an object means is
// returned to whoever carries it out.
package snmp

import (
	"slices"
	"sort"
)

// View is all objects that are answered for, in order.
type View struct{ tables []Table }

// NewView returns a view of tables. Their objects lie one table after the other, in any order of the arguments.
func NewView(tables ...Table) View {
	slices.SortFunc(tables, func(a, b Table) int { return a.first.Compare(b.first) })
	return View{tables}
}

// Get returns the value of an object: NoSuchObject when nothing has that name, NoSuchInstance when only a row is missing
// (RFC 3416 section 4.2.1).
func (v View) Get(name OID) Value {
	if i := v.at(name); i >= 0 {
		return v.tables[i].get(name)
	}
	return Value{Kind: NoSuchObject}
}

// Next returns the first object after a name, or that object itself with include. It is before limit, unless that is empty;
// otherwise there is none (RFC 2741 section 7.2.3.2).
func (v View) Next(after OID, include bool, limit OID) (VarBind, bool) {
	for i := max(v.at(after), 0); i < len(v.tables); i++ {
		t := v.tables[i]
		if len(limit) > 0 && t.first.Compare(limit) >= 0 {
			break
		}
		if bind, ok := t.next(after, include, limit); ok {
			return bind, true
		}
	}
	return VarBind{}, false
}

// at returns the last table that does not begin after a name; -1: there is none.
func (v View) at(name OID) int {
	return sort.Search(len(v.tables), func(i int) bool { return v.tables[i].first.Compare(name) > 0 }) - 1
}

// Table is a conceptual table, or some scalars: those are columns whose one row is 0.
type Table struct {
	first   OID // of the first column
	prefix  OID
	columns []uint32
	rows    []OID
	cell    func(row, column int) Value
}

// Column is an object of each row. Value returns none for a row that has no such object.
type Column[T any] struct {
	ID    uint32
	Value func(row *T) Value
}

// NewTable returns a table. Columns and indexes are in ascending order; there is an index for each row.
func NewTable[T any](prefix OID, columns []Column[T], rows []T, indexes []OID) Table {
	ids := make([]uint32, len(columns))
	for i, c := range columns {
		ids[i] = c.ID
	}
	return Table{prefix.With(columns[0].ID), prefix, ids, indexes, func(row, column int) Value { return columns[column].Value(&rows[row]) }}
}

// NewScalars returns single objects of one thing.
func NewScalars[T any](prefix OID, columns []Column[T], of T) Table {
	return NewTable(prefix, columns, []T{of}, []OID{{0}})
}

func (t Table) get(name OID) Value {
	if !name.HasPrefix(t.prefix) || len(name) == len(t.prefix) {
		return Value{Kind: NoSuchObject}
	}
	rest := name[len(t.prefix):]
	column, ok := slices.BinarySearch(t.columns, rest[0])
	if !ok {
		return Value{Kind: NoSuchObject}
	}
	row, ok := t.row(rest[1:])
	if !ok {
		return Value{Kind: NoSuchInstance}
	}
	if v := t.cell(row, column); v.Kind != 0 {
		return v
	}
	return Value{Kind: NoSuchInstance}
}

func (t Table) row(index OID) (int, bool) {
	return slices.BinarySearchFunc(t.rows, index, OID.Compare)
}

// next looks for the next object of the table, a column at a time.
func (t Table) next(after OID, include bool, limit OID) (VarBind, bool) {
	column, row := t.seek(after, include)
	for ; column < len(t.columns); column, row = column+1, 0 {
		for ; row < len(t.rows); row++ {
			v := t.cell(row, column)
			if v.Kind == 0 {
				continue
			}
			name := t.prefix.With(append(OID{t.columns[column]}, t.rows[row]...)...)
			return VarBind{name, v}, len(limit) == 0 || name.Compare(limit) < 0
		}
	}
	return VarBind{}, false
}

// seek returns the first place whose name is after a name, or is it with include.
func (t Table) seek(after OID, include bool) (column, row int) {
	if !after.HasPrefix(t.prefix) {
		if after.Compare(t.prefix) < 0 {
			return 0, 0
		}
		return len(t.columns), 0
	}
	rest := after[len(t.prefix):]
	if len(rest) == 0 {
		return 0, 0
	}
	column, found := slices.BinarySearch(t.columns, rest[0])
	if !found {
		return column, 0
	}
	row, found = t.row(rest[1:])
	if found && !include {
		row++
	}
	return column, row
}
