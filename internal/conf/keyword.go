package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

// Kind is the form of a keyword.
type Kind uint8

// The kinds: a flag takes no word, a value one or a few, a list any number, a block a pair of braces.
const (
	Flag Kind = iota
	Value
	List
	Block
)

// String returns the kind as keywords.tsv writes it.
func (k Kind) String() string { return [...]string{"flag", "value", "list", "block"}[k] }

// Owner is the process that a keyword is meant for.
type Owner uint8

// The owners; all processes use what is global.
const (
	AllProcesses Owner = iota
	Parent
	VRRP
	Checker
	BFD
)

// String returns the owner as keywords.tsv writes it.
func (o Owner) String() string { return [...]string{"global", "parent", "vrrp", "checker", "bfd"}[o] }

// Keyword is one row of the list of all keywords.
type Keyword struct {
	Path       string // blocks and keyword, joined by slashes
	Kind       Kind
	Args       string // what its words may be: type, range, unit
	Owner      Owner
	Deprecated bool
	InEffect   bool // false: checked, and nothing more
}

// keyword is one row of the table of a block that fills a T.
type keyword[T any] struct {
	name  string
	kind  Kind
	arg   arg
	owner Owner
	// effect tells whether the daemon does what the keyword says.
	effect bool
	// named marks a block whose missing name stops keepalived, with or without braces.
	named bool
	// old marks a deprecated keyword.
	old bool
	// set stores the value, or reads the block. It is called only when the words fit arg. Nil: nothing is stored.
	set func(b *builder, t *T, l entry)
	// bad is called when the words do not fit, for keywords that then do not stay as they were.
	bad func(b *builder, t *T, l entry)
	// rows lists what may stand inside, with paths relative to this keyword.
	rows func() []Keyword
}

// entry is one line with its first argument as a value.
type entry struct {
	*syntax.Directive
	val value
}

// word returns the text of the word at i, or nothing.
func (l entry) word(i int) string {
	if i >= len(l.Words) {
		return ""
	}
	return l.Words[i].Text
}

// table is the keywords of a block, by name.
type table[T any] map[string]*keyword[T]

func newTable[T any](rows []keyword[T]) table[T] {
	t := make(table[T], len(rows))
	for i := range rows {
		t[rows[i].name] = &rows[i]
	}
	return t
}

// list returns the rows of a table for the list of all keywords.
func list[T any](rows []keyword[T]) []Keyword {
	var out []Keyword
	for _, k := range rows {
		out = append(out, Keyword{k.name, k.kind, k.arg.String(), k.owner, k.old, k.effect})
		if k.rows == nil {
			continue
		}
		for _, r := range k.rows() {
			r.Path = k.name + "/" + r.Path
			out = append(out, r)
		}
	}
	return out
}
