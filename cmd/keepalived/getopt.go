package main

import (
	"errors"
	"fmt"
	"strings"
)

// argument says whether an option takes an argument.
type argument uint8

const (
	none argument = iota
	required
	optional // only attached: -gFILE, --log-file=FILE
)

// option is one option of the command line.
type option struct {
	short byte   // 0: none
	long  string // empty: none
	arg   argument
	value string // name of the argument in the usage
	help  string
	later bool // accepted, but its effect is not built yet
	set   func(o *options, value string) error
}

// usageError is a fault of the command line, in keepalived's words.
type usageError string

func (e usageError) Error() string { return string(e) }

// getopt reads args as getopt_long does: clusters, attached arguments, unambiguous abbreviations, words between
// options. It calls set for each option in order and returns the words that are no options. All errors are collected.
func getopt(table []option, args []string, o *options) (words []string, err error) {
	var errs []error
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(words, args...), errors.Join(errs...)
		case strings.HasPrefix(arg, "--"):
			args, err = longOption(table, arg[2:], args, o)
		case len(arg) > 1 && arg[0] == '-':
			args, err = cluster(table, arg[1:], args, o)
		default:
			words, err = append(words, arg), nil
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return words, errors.Join(errs...)
}

func longOption(table []option, arg string, rest []string, o *options) ([]string, error) {
	name, value, attached := strings.Cut(arg, "=")
	opt := findLong(table, name)
	if opt == nil || attached && opt.arg == none {
		return rest, usageError(fmt.Sprintf("Unknown option --%s", arg))
	}
	if opt.arg == required && !attached {
		if len(rest) == 0 {
			return rest, usageError(fmt.Sprintf("Missing parameter for option --%s", opt.long))
		}
		value, rest = rest[0], rest[1:]
	}
	return rest, o.apply(opt, value)
}

// findLong returns the option with this name, or the only one that begins with it.
func findLong(table []option, name string) *option {
	var found *option
	for i := range table {
		opt := &table[i]
		if opt.long == name {
			return opt
		}
		if name != "" && strings.HasPrefix(opt.long, name) {
			if found != nil {
				return nil
			}
			found = opt
		}
	}
	return found
}

// cluster reads the letters after one dash; the first that takes an argument takes the rest of the word.
func cluster(table []option, letters string, rest []string, o *options) ([]string, error) {
	for i := 0; i < len(letters); i++ {
		opt := findShort(table, letters[i])
		if opt == nil {
			return rest, usageError(fmt.Sprintf("Unknown option -%c", letters[i]))
		}
		value := ""
		switch {
		case opt.arg != none && i+1 < len(letters):
			value = letters[i+1:]
		case opt.arg == required && len(rest) > 0:
			value, rest = rest[0], rest[1:]
		case opt.arg == required:
			return rest, usageError(fmt.Sprintf("Missing parameter for option -%c", letters[i]))
		}
		if err := o.apply(opt, value); err != nil {
			return rest, err
		}
		if opt.arg != none {
			break
		}
	}
	return rest, nil
}

func findShort(table []option, letter byte) *option {
	for i := range table {
		if table[i].short == letter {
			return &table[i]
		}
	}
	return nil
}
