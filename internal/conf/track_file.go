package conf

import (
	"path"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// trackFile is a track_file block.
type trackFile struct {
	file   string
	line   *syntax.Directive
	weight bool
	create bool
}

func trackFileKeywords(old bool) []keyword[trackFile] {
	type t = trackFile
	return []keyword[t]{
		{name: "file", kind: Value, arg: soft(about(textArg(), "path")), old: old, set: func(b *builder, f *t, l entry) {
			if f.file != "" {
				b.report(l.Directive, syntax.GeneralError, "File already set for track file - ignoring "+l.val.s)
				return
			}
			f.file, f.line = l.val.s, l.Directive
		}},
		{name: "weight", kind: Value, arg: soft(weightArg(254)), old: old, set: func(b *builder, f *t, l entry) {
			if f.weight {
				b.report(l.Directive, syntax.GeneralError, "Weight already set for track file - ignoring "+l.val.s)
			}
			f.weight = true
		}},
		{name: "init_file", kind: List, arg: wordsArg("[value -254..254] [overwrite]"), old: old, set: func(b *builder, f *t, l entry) {
			f.create = true
			for _, w := range l.Words[1:] {
				if w.Text != "overwrite" {
					b.signed(w, -254, 254)
				}
			}
		}},
	}
}

func (b *builder) readTrackFile(d *syntax.Directive) {
	if len(d.Words) < 2 {
		b.missing(d, 1)
		return
	}
	name := d.Words[1].Text
	f := &trackFile{}
	apply(b, newTable(trackFileKeywords(false)), d.Items(), f, d.Name())
	if f.file == "" {
		b.report(d, syntax.GeneralError, "No file set for track_file "+name+" - ignoring")
		return
	}
	if dir := path.Dir(f.file); !f.create && !b.host.Exists(dir) {
		b.report(f.line, syntax.GeneralError, "realpath() error 2 (No such file or directory) for "+name+": "+dir+" does not exist")
		return
	}
	define(&b.vrrp.trackFiles, name)
}
