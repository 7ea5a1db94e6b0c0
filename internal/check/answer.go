package check

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// answer is what a server says, as far as it is known: it takes the bytes as they come.
type answer struct {
	code     int
	length   int64         // of the body, as announced; -1: not
	received int64         // of the body
	digest   hash.Hash     // of the body, when wanted
	header   *bytes.Buffer // when wanted
	body     *bytes.Buffer // the first maxKept bytes, when wanted

	past  stageOfAnswer
	lines int    // bytes of the header so far
	line  []byte // its present line so far, at most maxLineKept bytes of that
}

// stageOfAnswer is what of an answer has been read.
type stageOfAnswer uint8

const (
	nothing stageOfAnswer = iota
	statusLine
	wholeHeader
)

const (
	maxHeader   = 64 << 10 // bytes
	maxLineKept = 4 << 10  // bytes of a line of the header: what is longer is of no interest
	maxBody     = 64 << 20 // bytes that are read
	maxKept     = 1 << 20  // bytes that a regex looks at
)

// begin prepares for the answer to a request for a url.
func (a *answer) begin(u *conf.URL) {
	*a = answer{length: -1, line: a.line[:0]}
	if u.Digest != "" {
		a.digest = md5.New()
	}
}

// take takes in what has come, and the error that has come with it. It tells whether that is the whole answer, which ends
// with the announced length or with the connection: keepalived puts up with an end before that length.
func (a *answer) take(b []byte, end error) (whole bool, err error) {
	for a.past < wholeHeader && len(b) > 0 {
		if b, err = a.takeHeader(b); err != nil {
			return false, err
		}
	}
	if a.past == wholeHeader {
		if a.length >= 0 {
			b = b[:min(int64(len(b)), a.length-a.received)]
		}
		a.keep(b)
	}
	switch {
	case a.received > maxBody:
		return false, ErrTooLong
	case a.past == wholeHeader && a.length >= 0 && a.received >= a.length:
		return true, nil
	case end == nil:
		return false, nil
	case !errors.Is(end, io.EOF) && !errors.Is(end, io.ErrUnexpectedEOF):
		return false, reason(end)
	case a.past < wholeHeader:
		return false, ErrCutOff
	}
	return true, nil
}

func (a *answer) keep(b []byte) {
	a.received += int64(len(b))
	if a.digest != nil {
		a.digest.Write(b)
	}
	if a.body != nil && a.body.Len() < maxKept {
		a.body.Write(b)
	}
}

// takeHeader takes in what belongs to one line of the header, and returns the rest.
func (a *answer) takeHeader(b []byte) (rest []byte, err error) {
	part, rest, ends := bytes.Cut(b, []byte("\n"))
	size := len(b) - len(rest) // with the end of the line
	if a.lines += size; a.lines > maxHeader {
		return nil, ErrTooLong
	}
	if a.header != nil {
		a.header.Write(b[:size])
	}
	line := part
	if !ends || len(a.line) > 0 {
		a.line = append(a.line, part[:min(len(part), maxLineKept-len(a.line))]...)
		line = a.line
	}
	if !ends {
		return rest, nil
	}
	a.line = a.line[:0]
	return rest, a.takeLine(bytes.TrimRight(line, "\r"))
}

// takeLine takes in a line of the header.
func (a *answer) takeLine(line []byte) (err error) {
	switch {
	case a.past == nothing:
		a.code, err = statusOf(line)
		a.past = statusLine
	case len(line) == 0:
		a.past = wholeHeader
	case len(line) < maxLineKept:
		a.length = lengthIn(line, a.length)
	}
	return err
}

// lengthIn returns the length that a line of the header announces, or what was known before.
func lengthIn(line []byte, before int64) int64 {
	const name = "Content-Length:"
	if len(line) < len(name) || !strings.EqualFold(string(line[:len(name)]), name) {
		return before
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(line[len(name):])), 10, 62)
	if err != nil {
		return before
	}
	return int64(n)
}

// statusOf reads the status line (RFC 9112 section 4). Which protocol it names does not matter: some have one that is like
// HTTP.
func statusOf(line []byte) (int, error) {
	var code []byte
	n := 0
	for field := range bytes.FieldsSeq(line) {
		if n++; n == 2 {
			code = field
			break
		}
	}
	number, err := strconv.Atoi(string(code))
	if err != nil {
		return 0, fmt.Errorf("%w: %.40q is no status line", ErrAnswer, line)
	}
	return number, nil
}
