package syntax

// Word is one word of a line, with quotes removed.
type Word struct {
	Text string
	file *string
	line int32
	mark uint32 // column from 1, shifted left by one; the lowest bit tells that the word was quoted
}

// NewWord returns a word that stands at pos; for trees that are made, not read.
func NewWord(text string, pos Pos) Word {
	return Word{Text: text, file: &pos.File, line: int32(pos.Line), mark: uint32(pos.Col) << 1}
}

// Pos returns where the word begins. A word out of a definition stands where it is referred to.
func (w Word) Pos() Pos {
	p := Pos{Line: int(w.line), Col: int(w.mark >> 1)}
	if w.file != nil {
		p.File = *w.file
	}
	return p
}

// Quoted tells whether the word stood in double quotes.
func (w Word) Quoted() bool { return w.mark&1 != 0 }

// Directive is one logical line and the block that follows it, if any.
type Directive struct {
	// Words is empty only for a block that follows no line.
	Words []Word
	// Block is nil when no brace follows the line.
	Block *Block
	// Raw is the line without comment, expanded, as the keywords that take a command split it again.
	Raw string
}

// Block is what stands between a pair of braces.
type Block struct {
	Items       []*Directive
	open, close Word
}

// Open returns where the opening brace stands; without line when it is missing.
func (b *Block) Open() Pos { return b.open.Pos() }

// Close returns where the closing brace stands; without line when it is missing.
func (b *Block) Close() Pos { return b.close.Pos() }

// Name returns the first word, or nothing.
func (d *Directive) Name() string {
	if len(d.Words) == 0 {
		return ""
	}
	return d.Words[0].Text
}

// Pos returns where the directive begins.
func (d *Directive) Pos() Pos {
	switch {
	case len(d.Words) > 0:
		return d.Words[0].Pos()
	case d.Block != nil:
		return d.Block.Open()
	}
	return Pos{}
}

// HasBlock tells whether a brace follows the line.
func (d *Directive) HasBlock() bool { return d.Block != nil }

// Items returns the directives of the block; none without a block.
func (d *Directive) Items() []*Directive {
	if d.Block == nil {
		return nil
	}
	return d.Block.Items
}

// File is a whole configuration: every file read, included and expanded.
type File struct {
	Directives []*Directive
	// Names are the files that were read, in order of first use.
	Names []string

	sources map[string]string // text by name, for the carets of diagnostics; not encoded
	lines   map[string][]int  // beginnings of lines, made when first asked for
}

// Line returns the text of the source line at pos, or nothing when the text is not at hand.
func (f *File) Line(pos Pos) string {
	text, ok := f.sources[pos.File]
	if !ok || pos.Line < 1 {
		return ""
	}
	starts, ok := f.lines[pos.File]
	if !ok {
		starts = lineStarts(text)
		if f.lines == nil {
			f.lines = map[string][]int{}
		}
		f.lines[pos.File] = starts
	}
	if pos.Line > len(starts) {
		return ""
	}
	line, _ := cutLine(text[starts[pos.Line-1]:])
	return line
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
