package syntax

// stray is a closing brace that nothing has opened.
type stray struct {
	after int // so many directives outside every block
	brace Word
}

// reopen makes up for opening braces that are missing: keepalived reads a block whose brace is missing as if it were there. That is
// done when every closing brace that is too many finds a block in this way, and no block is left without an end by it; else the
// text is taken for what it says. The brace of such a block stands nowhere.
func reopen(items []*Directive, left []stray, isBlock func(path []string) bool) []*Directive {
	if len(left) == 0 || isBlock == nil {
		return items
	}
	r := reopener{isBlock: isBlock}
	for i, d := range items {
		for len(left) > 0 && left[0].after == i {
			r.close(left[0].brace)
			left = left[1:]
		}
		r.directive(d)
	}
	for _, s := range left {
		r.close(s.brace)
	}
	if r.failed || r.missing != r.ended {
		return items
	}
	repaired, _ := r.tree.finish()
	return repaired
}

// reopener goes through a tree, line by line and brace by brace, and makes another one.
type reopener struct {
	isBlock func(path []string) bool
	tree    treeBuilder
	path    []string // the names of the open blocks
	implied []bool   // of each, that its opening brace is missing
	missing int      // opening braces that were missing
	ended   int      // blocks without one that have ended
	failed  bool     // a closing brace is still too many
}

func (r *reopener) directive(d *Directive) {
	r.begin()
	r.tree.last = nil
	if len(d.Words) > 0 {
		r.tree.add(d.Words, d.Raw)
	}
	if d.Block == nil {
		return
	}
	r.open(d.Name(), d.Block.open, false)
	for _, one := range d.Block.Items {
		r.directive(one)
	}
	if d.Block.Close().Line > 0 {
		r.close(d.Block.close)
	}
}

// begin opens the block of the line before, if it should have one and has none.
func (r *reopener) begin() {
	d := r.tree.last
	if d == nil || !r.isBlock(append(r.path, d.Name())) {
		return
	}
	r.missing++
	r.open(d.Name(), Word{}, true)
}

func (r *reopener) open(name string, brace Word, implied bool) {
	r.tree.open(brace)
	r.path, r.implied = append(r.path, name), append(r.implied, implied)
}

func (r *reopener) close(brace Word) {
	r.begin()
	if !r.tree.close(brace) {
		r.failed = true
		return
	}
	last := len(r.path) - 1
	if r.implied[last] {
		r.ended++
	}
	r.path, r.implied = r.path[:last], r.implied[:last]
}
