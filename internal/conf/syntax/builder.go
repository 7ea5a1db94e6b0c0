package syntax

import "slices"

const chunk = 512

// treeBuilder puts logical lines and braces together. Directives and words are taken from chunks: a large
// configuration has hundreds of thousands.
type treeBuilder struct {
	pending    []*Directive // finished directives of every open block, outermost first
	frames     []frame
	last       *Directive // what a brace would belong to
	directives []Directive
	blocks     []Block
	words      []Word
	pointers   []*Directive
}

// frame is one open block.
type frame struct {
	block *Block
	mark  int // where its directives begin in pending
}

// add appends a directive with a copy of words.
func (t *treeBuilder) add(words []Word, raw string) {
	d := t.directive()
	d.Words, d.Raw = t.copyWords(words), raw
	t.pending = append(t.pending, d)
	t.last = d
}

func (t *treeBuilder) directive() *Directive {
	if len(t.directives) == 0 {
		t.directives = make([]Directive, chunk)
	}
	d := &t.directives[0]
	t.directives = t.directives[1:]
	return d
}

func (t *treeBuilder) copyWords(words []Word) []Word {
	n := len(words)
	if n > len(t.words) {
		if n > chunk {
			return slices.Clone(words)
		}
		t.words = make([]Word, 2*chunk)
	}
	out := t.words[:n:n]
	t.words = t.words[n:]
	copy(out, words)
	return out
}

func (t *treeBuilder) copyItems(items []*Directive) []*Directive {
	n := len(items)
	if n == 0 {
		return nil
	}
	if n > len(t.pointers) {
		if n > chunk {
			return slices.Clone(items)
		}
		t.pointers = make([]*Directive, 2*chunk)
	}
	out := t.pointers[:n:n]
	t.pointers = t.pointers[n:]
	copy(out, items)
	return out
}

// open begins the block of the directive before it. It tells whether there was one; else the block belongs to none.
func (t *treeBuilder) open(brace Word) bool {
	d := t.last
	known := d != nil
	if !known {
		d = t.directive()
		t.pending = append(t.pending, d)
	}
	if len(t.blocks) == 0 {
		t.blocks = make([]Block, chunk/4)
	}
	d.Block = &t.blocks[0]
	t.blocks = t.blocks[1:]
	d.Block.open = brace
	t.frames = append(t.frames, frame{d.Block, len(t.pending)})
	t.last = nil
	return known
}

// close ends the innermost block. It tells whether one was open.
func (t *treeBuilder) close(brace Word) bool {
	if len(t.frames) == 0 {
		return false
	}
	f := t.frames[len(t.frames)-1]
	t.frames = t.frames[:len(t.frames)-1]
	f.block.Items = t.copyItems(t.pending[f.mark:])
	f.block.close = brace
	t.pending = t.pending[:f.mark]
	t.last = nil
	return true
}

// finish returns the directives outside every block, and the braces that were never closed, outermost first.
func (t *treeBuilder) finish() ([]*Directive, []Word) {
	var open []Word
	for _, f := range t.frames {
		open = append(open, f.block.open)
	}
	for len(t.frames) > 0 {
		t.close(Word{})
	}
	return slices.Clone(t.pending), open
}
