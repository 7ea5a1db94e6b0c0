package conf

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// unsigned reads an unsigned number within bounds. Reports come in keepalived's order: negative, invalid, outside of what
// 32 bits hold, outside the bounds.
func (b *builder) unsigned(w syntax.Word, least, most int64) (int64, bool) {
	n, problem := parseUnsigned(w.Text)
	if problem == "" && (n < least || n > most) {
		problem = fmt.Sprintf("number '%s' outside range [%d, %d]", w.Text, least, most)
	}
	return b.number(w, n, problem)
}

// signed reads a signed number within bounds.
func (b *builder) signed(w syntax.Word, least, most int64) (int64, bool) {
	n, problem := parseSigned(w.Text)
	if problem == "" && (n < least || n > most) {
		problem = fmt.Sprintf("number '%s' outside range [%d, %d]", w.Text, least, most)
	}
	return b.number(w, n, problem)
}

func (b *builder) number(w syntax.Word, n int64, problem string) (int64, bool) {
	if problem != "" {
		b.err(w, syntax.InvalidNumber, problem)
		return 0, false
	}
	return n, true
}

// parseUnsigned reads a number in base 10 as strtoul does. The problem is empty when there is none.
func parseUnsigned(s string) (n int64, problem string) {
	digits := strings.TrimLeft(s, " \t")
	if strings.HasPrefix(digits, "-") {
		return 0, "negative number '" + s + "'"
	}
	digits = strings.TrimPrefix(digits, "+")
	if !allDigits(digits) {
		return 0, "invalid number '" + s + "'"
	}
	v, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0, "number '" + s + "' outside unsigned integer range"
	}
	return int64(v), ""
}

// parseSigned reads a number in base 10 as strtol does.
func parseSigned(s string) (n int64, problem string) {
	digits := strings.TrimLeft(s, " \t")
	if !allDigits(strings.TrimLeft(digits[:min(1, len(digits))], "+-") + digits[min(1, len(digits)):]) {
		return 0, "invalid number '" + s + "'"
	}
	v, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0, "number '" + s + "' outside integer range"
	}
	return v, ""
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// decimal reads a number with a fraction, in units of the last place that counts. Further places are reported, and
// rounded half up.
func (b *builder) decimal(w syntax.Word, a *arg) (int64, bool) {
	n, extra, problem := parseDecimal(w.Text, a.places)
	switch {
	case problem != "":
		b.err(w, syntax.InvalidNumber, problem)
		return 0, false
	case n < a.min || n > a.max:
		b.err(w, syntax.InvalidNumber, fmt.Sprintf("number '%s' outside range [%s, %s]", w.Text,
			places(a.min, a.unit, a.places), places(a.max, a.unit, a.places)))
		return 0, false
	case extra:
		b.err(w, syntax.InvalidNumber, "number '"+w.Text+"' has too many decimal places")
	}
	return n, true
}

// parseDecimal reads digits with an optional fraction; extra tells that there are more than count.
func parseDecimal(s string, count int) (n int64, extra bool, problem string) {
	digits := strings.TrimLeft(s, " \t")
	if strings.HasPrefix(digits, "-") {
		return 0, false, "negative number '" + s + "'"
	}
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" && fraction == "" || !allDigits(whole+fraction) {
		return 0, false, "invalid number '" + s + "'"
	}
	_ = point
	up := int64(0)
	if len(fraction) > count {
		extra = strings.TrimRight(fraction[count:], "0") != ""
		if fraction[count] >= '5' {
			up = 1
		}
		fraction = fraction[:count]
	}
	fraction += strings.Repeat("0", count-len(fraction))
	v, err := strconv.ParseUint(whole+fraction, 10, 63)
	if err != nil || v > math.MaxInt64/2 {
		return 0, false, "number '" + s + "' outside unsigned decimal range"
	}
	return int64(v) + up, extra, ""
}

// places writes a number of the smallest units with all its decimal places.
func places(n int64, _ time.Duration, count int) string {
	one := int64(pow10(count))
	return fmt.Sprintf("%d.%0*d", n/one, count, n%one)
}

// pow10 returns ten to the power of n.
func pow10(n int) time.Duration {
	p := time.Duration(1)
	for range n {
		p *= 10
	}
	return p
}
