package check

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/pcre"
)

// httpCheck gets a url.
type httpCheck struct {
	conf   *conf.Check
	remark func(text string) // may be nil
}

// newHTTP returns a dialogue, or a probe for what may take its time: TLS, and the search for a regex.
func newHTTP(c *conf.Check, o Options) (any, error) {
	regexes, err := compile(c.URLs)
	if err != nil {
		return nil, err
	}
	h := httpCheck{conf: c, remark: o.Remark}
	if regexes == nil && c.Kind == "HTTP_GET" {
		return &h, nil
	}
	return &slowHTTPCheck{h, o.tls(c), regexes}, nil
}

// compile returns the regex of each url, nil for none; nil when no url has one.
func compile(urls []*conf.URL) (regexes []*pcre.Pattern, err error) {
	for i, u := range urls {
		if u.Regex == "" {
			continue
		}
		if regexes == nil {
			regexes = make([]*pcre.Pattern, len(urls))
		}
		if regexes[i], err = pcre.Compile(u.Regex, u.RegexOptions); err != nil {
			return nil, fmt.Errorf("regex of %s: %w", u.Path, err)
		}
	}
	return regexes, nil
}

// step carries on to get the url.
func (h *httpCheck) step(s *session) (events uint32, outcome error) {
	u := h.conf.URLs[s.url]
	if s.stage == connecting {
		e := target(h.conf)
		if events, err := s.connect(&e); events != 0 || err != nil {
			return events, err
		}
		s.out, s.sent, s.stage = h.appendRequest(s.out[:0], u, e.addr), 0, sending
		s.answer.begin(u)
	}
	if s.stage == sending {
		if events, err := s.send(); events != 0 || err != nil {
			return events, err
		}
		s.stage = receiving
		return unix.EPOLLIN, nil // it takes the server some time
	}
	if events, err := s.receive(); events != 0 || err != nil {
		return events, err
	}
	return 0, h.judge(u, nil, &s.answer)
}

// slowHTTPCheck is a probe that does so.
type slowHTTPCheck struct {
	httpCheck
	tls     *atomic.Pointer[tls.Config] // nil: HTTP
	regexes []*pcre.Pattern             // nil: there are none
}

// tls returns how a checker speaks TLS; nil: it does not.
func (o *Options) tls(c *conf.Check) *atomic.Pointer[tls.Config] {
	switch {
	case c.Kind != "SSL_GET":
		return nil
	case o.TLS != nil:
		return o.TLS
	}
	plain, _ := NewTLS(conf.SSL{}) // fails on files only
	var p atomic.Pointer[tls.Config]
	p.Store(plain)
	return &p
}

// check gets the url.
func (h *slowHTTPCheck) check(ctx context.Context, url int) (int, error) {
	u := h.conf.URLs[url]
	var a answer
	a.begin(u)
	var regex *pcre.Pattern
	if h.regexes != nil && h.regexes[url] != nil {
		regex, a.body = h.regexes[url], &bytes.Buffer{}
	}
	if err := h.get(ctx, u, &a); err != nil {
		return 0, err
	}
	return 0, h.judge(u, regex, &a)
}

// get asks for a url and reads the answer.
func (h *slowHTTPCheck) get(ctx context.Context, u *conf.URL, a *answer) error {
	e := target(h.conf)
	raw, err := e.dial(ctx, unix.SOCK_STREAM, 0)
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
	if _, err := c.Write(h.appendRequest(nil, u, e.addr)); err != nil {
		return reason(err)
	}
	buffer := make([]byte, bufferSize)
	for {
		n, end := c.Read(buffer)
		if whole, err := a.take(buffer[:n], end); whole || err != nil {
			return err
		}
	}
}

// Page is what a server has answered.
type Page struct {
	Header, Body []byte // the body at most its first megabyte
	Digest       [md5.Size]byte
}

// Get gets the first url of an HTTP_GET or SSL_GET, whatever the status code, for the digest that the url would have.
func Get(ctx context.Context, c *conf.Check, o Options) (Page, error) {
	h := slowHTTPCheck{httpCheck: httpCheck{conf: c}, tls: o.tls(c)}
	var a answer
	a.begin(c.URLs[0])
	a.digest, a.body, a.header = md5.New(), &bytes.Buffer{}, &bytes.Buffer{}
	err := h.get(ctx, c.URLs[0], &a)
	return Page{a.header.Bytes(), a.body.Bytes(), [md5.Size]byte(a.digest.Sum(nil))}, err
}

// appendRequest appends what is sent to a server for a url.
func (h *httpCheck) appendRequest(b []byte, u *conf.URL, server netip.AddrPort) []byte {
	version, closing := "1.0", ""
	switch h.conf.HTTPVersion {
	case "1.1":
		version, closing = "1.1", "Connection: close\r\n"
	case "1.0C":
		closing = "Connection: close\r\n"
	}
	for _, part := range [...]string{"GET ", u.Path, " HTTP/", version, "\r\nUser-Agent: KeepAliveClient\r\n", closing, "Host: "} {
		b = append(b, part...)
	}
	if u.VirtualHost != "" {
		b = append(b, u.VirtualHost...)
	} else {
		b = appendHost(b, server, h.conf.Kind == "SSL_GET")
	}
	return append(b, "\r\n\r\n"...)
}

// appendHost appends the server as the Host header has it: with its port unless that is the usual one.
func appendHost(b []byte, a netip.AddrPort, secure bool) []byte {
	usual := uint16(80)
	if secure {
		usual = 443
	}
	switch {
	case a.Port() != usual:
		return a.AppendTo(b)
	case a.Addr().Is6():
		return append(a.Addr().AppendTo(append(b, '[')), ']')
	}
	return a.Addr().AppendTo(b)
}

// judge tells whether the whole answer is what the url wants.
func (h *httpCheck) judge(u *conf.URL, regex *pcre.Pattern, a *answer) error {
	if a.length > a.received && h.remark != nil {
		h.remark(fmt.Sprintf("url %s: content_length (%d) does not match received bytes (%d)", u.Path, a.length, a.received))
	}
	if !accepted(u.Codes, a.code) {
		return fmt.Errorf("%w: status code %d", ErrAnswer, a.code)
	}
	if a.digest != nil {
		if got := hex.EncodeToString(a.digest.Sum(nil)); !strings.EqualFold(got, u.Digest) {
			return fmt.Errorf("%w: digest %s", ErrAnswer, got)
		}
	}
	if regex == nil {
		return nil
	}
	found, err := regex.Match(a.body.Bytes(), u.MinOffset, u.MaxOffset)
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
