package conf

import (
	"path"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// trackFile is a track_file block while it is read.
type trackFile struct {
	*WatchedFile
	tracker
	line      *syntax.Directive
	weightSet bool
}

func trackFileKeywords(old bool) []keyword[trackFile] {
	type t = trackFile
	return []keyword[t]{
		{name: "file", kind: Value, arg: soft(about(textArg(), "path")), old: old, effect: on, set: func(b *builder, f *t, l entry) {
			if f.Path != "" {
				b.report(l.Directive, syntax.GeneralError, "File already set for track file - ignoring "+l.val.s)
				return
			}
			f.Path, f.line = l.val.s, l.Directive
		}},
		{name: "weight", kind: Value, arg: soft(weightArg(254)), old: old, effect: on, set: func(b *builder, f *t, l entry) {
			if f.weightSet {
				b.report(l.Directive, syntax.GeneralError, "Weight already set for track file - ignoring "+l.val.s)
				return
			}
			f.weightSet = true
			f.readWeight(l)
		}},
		{name: "init_file", kind: List, arg: wordsArg("[value -254..254] [overwrite]"), old: old, effect: on, set: func(b *builder, f *t, l entry) {
			f.Create = true
			for _, w := range l.Words[1:] {
				if w.Text == "overwrite" {
					f.Overwrite = true
				} else if n, ok := b.signed(w, -254, 254); ok {
					f.Value = int(n)
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
	f := &trackFile{WatchedFile: &WatchedFile{Pos: d.Pos(), Name: d.Words[1].Text}, tracker: tracker{weight: 1}}
	apply(b, newTable(trackFileKeywords(false)), d.Items(), f, d.Name())
	if f.Path == "" {
		b.report(d, syntax.GeneralError, "No file set for track_file "+f.Name+" - ignoring")
		return
	}
	if dir := path.Dir(f.Path); !f.Create && !b.host.Exists(dir) {
		b.report(f.line, syntax.GeneralError, "realpath() error 2 (No such file or directory) for "+f.Name+": "+dir+" does not exist")
		return
	}
	define(&b.vrrp.trackFiles, f.Name)
	if b.defineTracker(TrackFile, f.Name, &f.tracker) {
		b.vrrp.files = append(b.vrrp.files, f)
	}
}
