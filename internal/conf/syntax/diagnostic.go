package syntax

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Severity is keepalived's class of a configuration error, in rising order. The highest class of all decides on the
// exit code of a configuration test.
type Severity uint8

// The severities. NoEffect and Note are logged and never count.
const (
	Note     Severity = iota // worth a log line at a start
	NoEffect                 // a known keyword whose effect is not built yet
	FileMissing
	FileNotFound // a file that strict inclusion needs, or with all files needed
	BadInterface
	FatalError
	MultipleFiles
	UnknownKeyword
	UnexpectedOpen  // { where none may stand
	MissingOpen     // no { where one must stand
	UnexpectedClose // } without {
	MissingClose
	UnmatchedQuote
	MissingParameter // keepalived stops reading: exit code 2
	InvalidNumber
	GeneralError
	Warning
	Deprecated
	SecurityError
	EndsTest      // the test ends here without verdict: what follows depends on what this machine does not have
	StrictInclude // a file that a strict include needs is not there: the configuration cannot be used
)

// The exit codes of a configuration test.
const (
	exitOK       = 0
	exitParam    = 2
	exitConfig   = 4
	exitTest     = 5
	exitSecurity = 6
)

// String returns "error", "warning" or "note".
func (s Severity) String() string {
	switch s {
	case Note, NoEffect, FileMissing, EndsTest:
		return "note"
	case Warning, Deprecated, SecurityError:
		return "warning"
	}
	return "error"
}

// exitCode returns the exit code of a configuration test in which s is the highest severity.
func (s Severity) exitCode() int {
	switch s {
	case Note, NoEffect, FileMissing:
		return exitOK
	case FileNotFound, BadInterface, FatalError:
		return exitConfig
	case MissingParameter:
		return exitParam
	case SecurityError, StrictInclude:
		return exitSecurity
	}
	return exitTest
}

// Child says which child would end at once because of an error.
type Child uint8

// The children that can refuse a configuration.
const (
	NoChild Child = iota
	VRRPChild
)

// Diagnostic is one thing that is wrong with a configuration, or worth saying about it.
type Diagnostic struct {
	Pos      Pos // without line when it belongs to no place
	Severity Severity
	Text     string
	Hint     string // what was probably meant; may be empty
	Source   string // the source line, for the caret; may be empty
	// Ends is the child that would exit with CONFIG (2) rather than start.
	Ends Child
}

// String returns the diagnostic as one line: file:line:col: error: text (hint).
func (d Diagnostic) String() string {
	var b strings.Builder
	if d.Pos.Line > 0 {
		b.WriteString(d.Pos.String())
		b.WriteString(": ")
	} else if d.Pos.File != "" {
		b.WriteString(d.Pos.File)
		b.WriteString(": ")
	}
	b.WriteString(d.Severity.String())
	b.WriteString(": ")
	b.WriteString(d.Text)
	if d.Hint != "" {
		b.WriteString(" (" + d.Hint + ")")
	}
	return b.String()
}

// Diagnostics is a list of diagnostics in the order in which they were found.
type Diagnostics []Diagnostic

// ExitCode returns the exit code of a configuration test: 0 nothing found, 2 a parameter is missing, 4 nothing worse
// than a missing file or interface, 5 an error or warning, 6 insecure scripts or a failed strict include. A test that has
// ended early without verdict gives 0.
func (ds Diagnostics) ExitCode() int {
	highest := Note
	for _, d := range ds {
		if d.Severity == EndsTest {
			return exitOK
		}
		if d.Severity == MissingParameter {
			return exitParam
		}
		highest = max(highest, d.Severity)
	}
	return highest.exitCode()
}

// Unusable tells whether the configuration cannot be used at all: a file that a strict include needs is not there
// (exit code 6 at a start).
func (ds Diagnostics) Unusable() bool {
	for _, d := range ds {
		if d.Severity == StrictInclude {
			return true
		}
	}
	return false
}

// Fatal returns the first diagnostic that makes the child exit with CONFIG (2), and whether there is one. A missing
// parameter ends every process.
func (ds Diagnostics) Fatal(child Child) (Diagnostic, bool) {
	for _, d := range ds {
		if d.Severity == MissingParameter || d.Ends == child && child != NoChild {
			return d, true
		}
	}
	return Diagnostic{}, false
}

// Counted returns the diagnostics that count for the exit code of a configuration test, and missing files.
func (ds Diagnostics) Counted() Diagnostics {
	var out Diagnostics
	for _, d := range ds {
		if d.Severity >= FileMissing {
			out = append(out, d)
		}
	}
	return out
}

// Write prints one diagnostic per line; with caret also the source line and a caret under the place.
func (ds Diagnostics) Write(w io.Writer, caret bool) error {
	for _, d := range ds {
		text := d.String() + "\n"
		if caret && d.Source != "" {
			text += d.caret()
		}
		if _, err := io.WriteString(w, text); err != nil {
			return fmt.Errorf("cannot write diagnostics: %w", err)
		}
	}
	return nil
}

// caret returns the source line and below it a caret. Tabs are kept so that the caret stands right.
func (d Diagnostic) caret() string {
	const most = 512
	var pad strings.Builder
	for i := range len(d.Source) {
		if i+1 >= d.Pos.Col {
			break
		}
		switch c := d.Source[i]; {
		case c == '\t':
			pad.WriteByte('\t')
		case c < 0x80 || c >= 0xc0: // one column per character, not per byte
			pad.WriteByte(' ')
		}
	}
	if len(d.Source) > most || pad.Len() > most {
		return ""
	}
	return "    " + printable(d.Source) + "\n    " + pad.String() + "^\n"
}

// printable replaces control characters, so that a file cannot command the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// Sort puts the diagnostics in the order of their places: files in the order given, then those that have no place.
// Those of one place keep their order.
func (ds Diagnostics) Sort(files []string) {
	rank := make(map[string]int, len(files))
	for i, f := range files {
		if _, known := rank[f]; !known {
			rank[f] = i - len(files)
		}
	}
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		pa, pb := a.Pos, b.Pos
		if pa.Line == 0 || pb.Line == 0 {
			return cmp.Compare(min(pb.Line, 1), min(pa.Line, 1))
		}
		return cmp.Or(cmp.Compare(rank[pa.File], rank[pb.File]), cmp.Compare(pa.Line, pb.Line), cmp.Compare(pa.Col, pb.Col))
	})
}
