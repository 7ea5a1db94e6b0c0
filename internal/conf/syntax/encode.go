package syntax

import (
	"encoding/binary"
	"errors"
	"strings"
)

// The encoding: magic, number of files and their names, number of directives, the directives. Numbers are varints.
// A directive is its number of words shifted left by two, bit 1 telling that a block follows and bit 0 that its words are
// not found in its raw text; then the raw text, the words, and the block: its two braces and its directives.
// A word is its distance from the word before in the raw text, or with bit 0 its own text; then its length shifted left by
// one with the bit of quotes, the number of its file, the difference of its line to the word before, and its column.
const magic = "kaconf1\n"

// ErrDecode is returned for bytes that are not an encoded tree.
var ErrDecode = errors.New("not an encoded configuration tree")

// Encode returns the tree in a compact form that keeps every position.
func (f *File) Encode() []byte {
	e := encoder{files: map[string]uint64{}, out: make([]byte, 0, size(f.Directives))}
	for i, n := range f.Names {
		e.files[n] = uint64(i) + 1
	}
	e.names = append(e.names, f.Names...)
	e.items(f.Directives)

	head := encoder{out: []byte(magic)}
	head.uint(uint64(len(e.names)))
	for _, n := range e.names {
		head.text(n)
	}
	return append(head.out, e.out...)
}

type encoder struct {
	out   []byte
	names []string
	files map[string]uint64
	last  *string // file of the word before, and its number
	file  uint64
	line  int32
}

func (e *encoder) uint(n uint64) { e.out = binary.AppendUvarint(e.out, n) }

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.out = append(e.out, s...)
}

func (e *encoder) items(items []*Directive) {
	e.uint(uint64(len(items)))
	for _, d := range items {
		before := *e
		if !e.directive(d, false) {
			*e = before
			e.directive(d, true)
		}
		if d.Block != nil {
			e.word(d.Block.open)
			e.word(d.Block.close)
			e.items(d.Block.Items)
		}
	}
}

// directive writes a directive but its block: its words by where they are in the raw text, or apart from it. It returns
// false when they are not found there one after the other, as they are in every tree that was read.
func (e *encoder) directive(d *Directive, apart bool) bool {
	flags := uint64(len(d.Words)) << 2
	if d.Block != nil {
		flags |= 2
	}
	if apart {
		flags |= 1
	}
	e.uint(flags)
	e.text(d.Raw)
	raw := d.Raw
	for i := range d.Words {
		w := &d.Words[i]
		if apart {
			e.text(w.Text)
		} else {
			gap := find(raw, w.Text)
			if gap < 0 {
				return false
			}
			e.uint(uint64(gap))
			raw = raw[gap+len(w.Text):]
		}
		e.word(*w)
	}
	return true
}

// find returns where word stands in raw, mostly at the beginning or after one space, or -1.
func find(raw, word string) int {
	if strings.HasPrefix(raw, word) {
		return 0
	}
	if raw != "" && strings.HasPrefix(raw[1:], word) {
		return 1
	}
	return strings.Index(raw, word)
}

// size is about how many bytes the directives take.
func size(items []*Directive) int {
	n := 0
	for _, d := range items {
		n += len(d.Raw) + 4 + 6*len(d.Words)
		if d.Block != nil {
			n += 12 + size(d.Block.Items)
		}
	}
	return n
}

func (e *encoder) word(w Word) {
	if w.file != e.last {
		e.last, e.file = w.file, e.fileOf(w.file)
	}
	n := uint64(len(w.Text)) << 1
	if w.Quoted() {
		n |= 1
	}
	e.uint(n)
	e.uint(e.file)
	e.out = binary.AppendVarint(e.out, int64(w.line)-int64(e.line))
	e.line = w.line
	e.uint(uint64(w.mark >> 1))
}

// fileOf returns the number of a file from 1, or 0 for none.
func (e *encoder) fileOf(name *string) uint64 {
	if name == nil {
		return 0
	}
	n, ok := e.files[*name]
	if !ok {
		e.names = append(e.names, *name)
		n = uint64(len(e.names))
		e.files[*name] = n
	}
	return n
}
