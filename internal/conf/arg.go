package conf

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// form is the type of the first argument of a keyword.
type form uint8

const (
	noArg    form = iota // none is looked at
	unsigned             // number from min to max
	signed
	decimal  // seconds or milliseconds with a fraction; bounds in microseconds
	boolean  // true on yes, false off no; bare is true
	text     // any word
	address  // IP address
	device   // interface name
	command  // quoted command, [user [group]]
	account  // user [group]
	anything // the keyword looks at its words itself
)

// arg says what the first argument of a keyword may be.
type arg struct {
	form     form
	min, max int64
	// unit is what one stands for: time.Microsecond times it gives a duration. Zero: not a time.
	unit time.Duration
	// places is how many decimal places count.
	places int
	// optional allows the keyword alone.
	optional bool
	// soft makes the keyword alone an error like others: it does not stop keepalived.
	soft bool
	// about says more in words, for the list.
	about string
}

// String describes the argument for the list of keywords.
func (a arg) String() string {
	var s string
	switch a.form {
	case unsigned, signed:
		s = strconv.FormatInt(a.min, 10) + ".." + strconv.FormatInt(a.max, 10)
		if a.unit != 0 {
			s += " x " + a.unit.String()
		}
	case decimal:
		s = places(a.min, a.unit, a.places) + ".." + places(a.max, a.unit, a.places)
		if a.unit == time.Millisecond {
			s += " ms"
		} else {
			s += " s"
		}
	case boolean:
		s = "[bool]"
	default:
		s = [...]string{"", "", "", "", "", "string", "IP", "ifname", "quoted command [user [group]]", "user [group]", ""}[a.form]
	}
	if a.about != "" {
		s = strings.TrimLeft(s+" "+a.about, " ")
	}
	if a.optional && a.form != boolean {
		s = "[" + s + "]"
	}
	return s
}

// value is a checked argument.
type value struct {
	set  bool // an argument was given
	n    int64
	d    time.Duration
	on   bool
	s    string
	addr netip.Addr
}

const (
	maxUint = 1<<32 - 1
	maxInt  = 1<<31 - 1
)

// number allows unsigned numbers within bounds.
func number(least, most int64) arg { return arg{form: unsigned, min: least, max: most} }

// integer allows signed numbers within bounds.
func integer(least, most int64) arg { return arg{form: signed, min: least, max: most} }

// seconds allows whole seconds within bounds.
func seconds(least, most int64) arg {
	return arg{form: unsigned, min: least, max: most, unit: time.Second}
}

// timer allows seconds with up to six places within bounds in microseconds.
func timer(least, most int64) arg {
	return arg{form: decimal, min: least, max: most, unit: time.Second, places: 6}
}

// maxTimer is the longest timer in microseconds: 2^32-1 of them.
const maxTimer = 1<<32 - 1

func optional(a arg) arg {
	a.optional = true
	return a
}

// soft lets the keyword alone be reported without stopping.
func soft(a arg) arg {
	a.soft = true
	return a
}

func about(a arg, s string) arg {
	a.about = s
	return a
}

// The arguments without parameters.
func boolArg() arg          { return arg{form: boolean, optional: true} }
func textArg() arg          { return arg{form: text} }
func addressArg() arg       { return arg{form: address} }
func deviceArg() arg        { return arg{form: device} }
func commandArg() arg       { return arg{form: command} }
func accountArg() arg       { return arg{form: account} }
func wordsArg(s string) arg { return arg{form: anything, optional: true, about: s} }

// parse checks the first argument of a line. It tells whether the keyword may be carried out.
func (b *builder) parse(a *arg, d *syntax.Directive) (value, bool) {
	if a.form == noArg {
		return value{}, true
	}
	if len(d.Words) < 2 {
		if a.optional {
			return value{on: true}, true
		}
		if a.soft {
			b.report(d, syntax.GeneralError, "No "+d.Name()+" specified - ignoring")
			return value{}, false
		}
		b.missing(d, 1)
		return value{}, false
	}
	w := d.Words[1]
	v := value{set: true, s: w.Text}
	ok := true
	switch a.form {
	case unsigned:
		v.n, ok = b.unsigned(w, a.min, a.max)
		v.d = time.Duration(v.n) * a.unit
	case signed:
		v.n, ok = b.signed(w, a.min, a.max)
	case decimal:
		v.n, ok = b.decimal(w, a)
		v.d = time.Duration(v.n) * (a.unit / pow10(a.places))
	case boolean:
		v.on, ok = parseBool(w.Text)
		if !ok {
			b.err(w, syntax.GeneralError, "Invalid value '"+w.Text+"' for "+d.Name()+" specified")
		}
	case address:
		v.addr, ok = hostAddr(w.Text)
		if !ok {
			b.err(w, syntax.GeneralError, "Invalid IP address '"+w.Text+"' for "+d.Name()+" - ignoring")
		}
	case text:
		v.s = strings.Clone(w.Text) // it may be kept, and is not to hold on to the whole file
	case device:
		v.s = strings.Clone(w.Text)
		if len(w.Text) > maxIfname {
			b.err(w, syntax.GeneralError, "Interface name '"+w.Text+"' too long - ignoring")
			ok = false
		}
	}
	return v, ok
}

// maxIfname is the longest name of an interface (IFNAMSIZ without the final zero).
const maxIfname = 15

// parseBool reads a boolean: exact lower case.
func parseBool(s string) (on, ok bool) {
	switch s {
	case "true", "on", "yes":
		return true, true
	case "false", "off", "no":
		return false, true
	}
	return false, false
}

// hostAddr reads an IP address; a prefix length after it is not looked at.
func hostAddr(s string) (netip.Addr, bool) {
	s, _, _ = strings.Cut(s, "/")
	return parseAddr(s)
}

// parseAddr reads an IP address without zone.
func parseAddr(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}
