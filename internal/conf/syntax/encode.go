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
	e := encoder{files: map[string]uint64{}}
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
		flags := uint64(len(d.Words)) << 2
		if d.Block != nil {
			flags |= 2
		}
		apart := !wordsInRaw(d)
		if apart {
			flags |= 1
		}
		e.uint(flags)
		e.text(d.Raw)
		raw := d.Raw
		for _, w := range d.Words {
			if apart {
				e.text(w.Text)
			} else {
				gap := strings.Index(raw, w.Text)
				e.uint(uint64(gap))
				raw = raw[gap+len(w.Text):]
			}
			e.word(w)
		}
		if d.Block != nil {
			e.word(d.Block.open)
			e.word(d.Block.close)
			e.items(d.Block.Items)
		}
	}
}

// wordsInRaw tells whether the words are found in the raw text one after the other, as in every tree that was read.
func wordsInRaw(d *Directive) bool {
	raw := d.Raw
	for _, w := range d.Words {
		gap := strings.Index(raw, w.Text)
		if gap < 0 {
			return false
		}
		raw = raw[gap+len(w.Text):]
	}
	return true
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
