package syntax

import (
	"encoding/binary"
	"strings"
)

// Decode returns the tree that Encode has written. It fails with ErrDecode on anything else.
func Decode(data []byte) (*File, error) {
	d := decoder{rest: string(data)}
	if !strings.HasPrefix(d.rest, magic) {
		return nil, ErrDecode
	}
	d.rest = d.rest[len(magic):]
	f := &File{}
	for range d.count() {
		f.Names = append(f.Names, strings.Clone(d.text())) // positions outlive the tree
	}
	d.names = f.Names
	f.Directives = d.items(0)
	if d.bad || d.rest != "" {
		return nil, ErrDecode
	}
	return f, nil
}

type decoder struct {
	rest  string
	names []string
	line  int64
	bad   bool
	tree  treeBuilder // for its chunks
}

// uint reads a number; 0 after an error.
func (d *decoder) uint() uint64 {
	var n uint64
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		c := d.rest[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return n
		}
	}
	d.fail()
	return 0
}

func (d *decoder) fail() { d.bad, d.rest = true, "" }

// count reads how many of something follow; each takes at least one byte.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.rest)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.rest)) {
		d.fail()
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) text() string { return d.take(d.uint()) }

func (d *decoder) items(depth int) []*Directive {
	n := d.count()
	if depth > maxDepth {
		d.fail()
	}
	if n == 0 || d.bad {
		return nil
	}
	out := make([]*Directive, 0, n)
	for range n {
		if d.bad {
			return nil
		}
		out = append(out, d.directive(depth))
	}
	return out
}

func (d *decoder) directive(depth int) *Directive {
	flags := d.uint()
	n := flags >> 2
	if n > uint64(len(d.rest)) {
		d.fail()
	}
	dir := d.tree.directive()
	dir.Raw = d.text()
	raw := dir.Raw
	var few [16]Word
	words := few[:0]
	for range n {
		if d.bad {
			return dir
		}
		w := d.uint()
		if flags&1 != 0 {
			words = append(words, d.word(d.take(w)))
			continue
		}
		if w > uint64(len(raw)) {
			d.fail()
			return dir
		}
		raw = raw[w:]
		next := d.word(raw)
		raw = raw[len(next.Text):]
		words = append(words, next)
	}
	dir.Words = d.tree.copyWords(words)
	if flags&2 != 0 {
		dir.Block = &Block{open: d.word("{"), close: d.word("}")}
		dir.Block.Items = d.items(depth + 1)
	}
	return dir
}

// word reads a word whose text stands at the beginning of from.
func (d *decoder) word(from string) Word {
	n := d.uint()
	file := d.uint()
	if file > uint64(len(d.names)) {
		d.fail()
		return Word{}
	}
	delta := d.uint()
	d.line += int64(delta>>1) ^ -int64(delta&1)
	col := d.uint()
	if d.line < 0 || d.line > 1<<31-1 || col > 1<<31-1 {
		d.fail()
		return Word{}
	}
	w := Word{line: int32(d.line), mark: uint32(col)<<1 | uint32(n&1)}
	if file > 0 {
		w.file = &d.names[file-1]
	}
	if n>>1 > uint64(len(from)) {
		d.fail()
		return Word{}
	}
	w.Text = from[:n>>1]
	return w
}
