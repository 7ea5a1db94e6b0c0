package check

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/pcre"
)

// httpCheck gets each url, one after the other.
type httpCheck struct {
	endpoint
	conf    *conf.Check
	tls     *atomic.Pointer[tls.Config] // nil: HTTP
	regexes []*pcre.Pattern
	remark  func(text string) // may be nil
}

func newHTTP(c *conf.Check, t endpoint, o Options) (*httpCheck, error) {
	h := &httpCheck{endpoint: t, conf: c, regexes: make([]*pcre.Pattern, len(c.URLs)), remark: o.Remark}
	if c.Kind == "SSL_GET" {
		if h.tls = o.TLS; h.tls == nil {
			plain, _ := NewTLS(conf.SSL{}) // fails on files only
			h.tls = &atomic.Pointer[tls.Config]{}
			h.tls.Store(plain)
		}
	}
	for i, u := range c.URLs {
		if u.Regex == "" {
			continue
		}
		r, err := pcre.Compile(u.Regex, u.RegexOptions)
		if err != nil {
			return nil, fmt.Errorf("regex of %s: %w", u.Path, err)
		}
		h.regexes[i] = r
	}
	return h, nil
}

// Check gets each url.
func (h *httpCheck) Check(ctx context.Context) (int, error) {
	for i, u := range h.conf.URLs {
		if err := h.one(ctx, u, h.regexes[i]); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (h *httpCheck) one(ctx context.Context, u *conf.URL, re *pcre.Pattern) error {
	var a answer
	if u.Digest != "" {
		a.digest = md5.New()
	}
	if re != nil {
		a.body = &bytes.Buffer{}
	}
	if err := h.get(ctx, u, &a); err != nil {
		return err
	}
	if a.length > a.received && h.remark != nil {
		h.remark(fmt.Sprintf("url %s: content_length (%d) does not match received bytes (%d)", u.Path, a.length, a.received))
	}
	return judge(u, re, &a)
}

// get asks for a url and reads the answer.
func (h *httpCheck) get(ctx context.Context, u *conf.URL, a *answer) error {
	raw, err := h.dial(ctx, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer raw.Close()
	c := net.Conn(raw)
	if h.tls != nil {
		if c, err = h.handshake(raw, u); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(c, h.request(u)); err != nil {
		return reason(err)
	}
	return a.read(c)
}

// Page is what a server has answered.
type Page struct {
	Header, Body []byte // the body at most its first megabyte
	Digest       [md5.Size]byte
}

// Get gets the first url of an HTTP_GET or SSL_GET, whatever the status code, for the digest that the url would have.
func Get(ctx context.Context, c *conf.Check, o Options) (Page, error) {
	h, err := newHTTP(c, target(c), o)
	if err != nil {
		return Page{}, err
	}
	a := answer{digest: md5.New(), body: &bytes.Buffer{}, header: &bytes.Buffer{}}
	err = h.get(ctx, c.URLs[0], &a)
	return Page{a.header.Bytes(), a.body.Bytes(), [md5.Size]byte(a.digest.Sum(nil))}, err
}

// request returns what is sent.
func (h *httpCheck) request(u *conf.URL) string {
	version, closing := "1.0", ""
	switch h.conf.HTTPVersion {
	case "1.1":
		version, closing = "1.1", "Connection: close\r\n"
	case "1.0C":
		closing = "Connection: close\r\n"
	}
	host := u.VirtualHost
	if host == "" {
		host = hostOf(h.addr, h.tls != nil)
	}
	return "GET " + u.Path + " HTTP/" + version + "\r\nUser-Agent: KeepAliveClient\r\n" + closing + "Host: " + host + "\r\n\r\n"
}

// hostOf returns the server as the Host header has it: with its port unless that is the usual one.
func hostOf(a netip.AddrPort, secure bool) string {
	usual := uint16(80)
	if secure {
		usual = 443
	}
	if a.Port() != usual {
		return a.String()
	}
	if a.Addr().Is6() {
		return "[" + a.Addr().String() + "]"
	}
	return a.Addr().String()
}

// answer is what a server says.
type answer struct {
	code     int
	length   int64         // of the body, as announced; -1: not
	received int64         // of the body
	digest   hash.Hash     // of the body, when wanted
	header   *bytes.Buffer // when wanted
	body     *bytes.Buffer // the first maxKept bytes, when wanted
}

const (
	maxHeader = 64 << 10 // bytes
	maxBody   = 64 << 20 // bytes that are read
	maxKept   = 1 << 20  // bytes that a regex looks at
)

// readers are the buffers of answers: one for each check would be most of the garbage that checks make.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// read takes in the answer up to its end: the announced length, or the end of the connection. keepalived puts up with an
// end before that length.
func (a *answer) read(c net.Conn) error {
	r := readers.Get().(*bufio.Reader)
	r.Reset(c)
	defer func() { r.Reset(nil); readers.Put(r) }()
	length, err := a.readHeader(r)
	if err != nil {
		return err
	}
	a.length = length
	for length < 0 || a.received < length {
		_, err := r.Peek(1)
		part, _ := r.Peek(r.Buffered())
		if length >= 0 {
			part = part[:min(int64(len(part)), length-a.received)]
		}
		a.keep(part)
		_, _ = r.Discard(len(part))
		switch {
		case a.received > maxBody:
			return ErrTooLong
		case ended(err):
			return nil
		case err != nil:
			return reason(err)
		}
	}
	return nil
}

// ended tells whether an error is the end of the connection.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

func (a *answer) keep(b []byte) {
	a.received += int64(len(b))
	if a.digest != nil {
		a.digest.Write(b)
	}
	if a.body != nil && a.body.Len() < maxKept {
		a.body.Write(b)
	}
}

// readHeader reads the status line and the header, and returns the announced length of the body, -1 for none.
func (a *answer) readHeader(r *bufio.Reader) (length int64, err error) {
	length = -1
	left := maxHeader
	status := true
	for {
		line, whole, err := a.readLine(r, &left)
		switch {
		case err != nil:
			return 0, err
		case status:
			if a.code, err = statusOf(string(line)); err != nil {
				return 0, err
			}
			status = false
		case len(line) == 0:
			return length, nil
		case whole:
			length = lengthIn(line, length)
		}
	}
}

// readLine returns a line of the header without its end; of one that does not fit the buffer only what does.
func (a *answer) readLine(r *bufio.Reader, left *int) (line []byte, whole bool, err error) {
	line, err = r.ReadSlice('\n')
	part := line
	if whole = err != bufio.ErrBufferFull; !whole {
		line = bytes.Clone(line) // the buffer is used again
	}
	for ; ; part, err = r.ReadSlice('\n') {
		*left -= len(part)
		if a.header != nil {
			a.header.Write(part)
		}
		switch {
		case *left < 0:
			return nil, false, ErrTooLong
		case ended(err):
			return nil, false, ErrCutOff
		case err == nil:
			return bytes.TrimRight(line, "\r\n"), whole, nil
		case err != bufio.ErrBufferFull:
			return nil, false, reason(err)
		}
	}
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

// statusOf reads the status line (RFC 9112 section 4).
func statusOf(line string) (int, error) {
	f := strings.Fields(line)
	if len(f) < 2 { // which protocol does not matter: some have one that is like HTTP
		return 0, fmt.Errorf("%w: %.40q is no status line", ErrAnswer, line)
	}
	n, err := strconv.Atoi(f[1])
	if err != nil {
		return 0, fmt.Errorf("%w: %.40q is no status line", ErrAnswer, line)
	}
	return n, nil
}

// judge tells whether the answer is what the url wants.
func judge(u *conf.URL, re *pcre.Pattern, a *answer) error {
	if !accepted(u.Codes, a.code) {
		return fmt.Errorf("%w: status code %d", ErrAnswer, a.code)
	}
	if a.digest != nil {
		if got := hex.EncodeToString(a.digest.Sum(nil)); !strings.EqualFold(got, u.Digest) {
			return fmt.Errorf("%w: digest %s", ErrAnswer, got)
		}
	}
	if re == nil {
		return nil
	}
	found, err := re.Match(a.body.Bytes(), u.MinOffset, u.MaxOffset)
	if err != nil {
		return fmt.Errorf("%w: regex: %w", ErrAnswer, err)
	}
	if found == u.RegexNoMatch {
		return fmt.Errorf("%w: regex match %t", ErrAnswer, found)
	}
	return nil
}

func accepted(codes []conf.CodeRange, code int) bool {
	for _, r := range codes {
		if code >= r.First && code <= r.Last {
			return true
		}
	}
	return len(codes) == 0 && code >= 200 && code <= 299
}
