package syntax

import "errors"

// Source reads the files of a configuration.
type Source interface {
	// Glob returns the names that match pattern (* ? and [..], no braces), sorted; a pattern without these signs
	// gives its own name when such a file exists. No match is no error.
	Glob(pattern string) ([]string, error)
	// ReadFile returns the text of a file. Its errors are, or wrap, the sentinels below.
	ReadFile(name string) ([]byte, error)
	// Abs returns the name as an absolute path, or the name when that cannot be found out.
	Abs(name string) string
}

// What Source says of files that it cannot use.
var (
	ErrNotExist   = errors.New("no such file")
	ErrDirectory  = errors.New("is a directory")
	ErrNotRegular = errors.New("not a regular non-executable file")
	ErrUnreadable = errors.New("cannot be read")
)
