package check

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

const quick = 300 * time.Millisecond

// serve hands each connection to f and returns the address.
func serve(t *testing.T, f func(c net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// serveUDP answers each datagram with what f makes of it; nil is no answer.
func serveUDP(t *testing.T, f func(b []byte) []byte) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := f(buf[:n]); answer != nil {
				_, _ = c.WriteTo(answer, from)
			}
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// closed returns an address where nobody listens.
func closed(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// run runs one check of a kind once.
func run(t *testing.T, kind string, at netip.AddrPort, change func(c *conf.Check)) (int, error) {
	t.Helper()
	return runWith(t, kind, at, Options{}, change)
}

func runWith(t *testing.T, kind string, at netip.AddrPort, o Options, change func(c *conf.Check)) (int, error) {
	t.Helper()
	return runFor(t, 0, kind, at, o, change)
}

// runFor does so with a limit of the whole; 0: the usual one.
func runFor(t *testing.T, limit time.Duration, kind string, at netip.AddrPort, o Options, change func(c *conf.Check)) (int, error) {
	t.Helper()
	c := &conf.Check{Kind: kind, Timing: &conf.Timing{Connect: quick}, Target: at.Addr(), Port: at.Port(),
		Specifics: &conf.Specifics{HELO: "me", Name: ".", DNSType: 6, MaxReply: 65535, HTTPVersion: "1.0"}}
	c.ScriptTimeout = quick
	if change != nil {
		change(c)
	}
	r := newRunner(t)
	if limit != 0 {
		r.limit = func(*conf.Check) time.Duration { return limit }
	}
	if err := r.Start(time.Now().Add(-startDelay), 1, c, o, Unknown); err != nil {
		t.Fatal(err)
	}
	res := turn(r, 1)[0]
	return res.Adjust, res.Err
}

func newRunner(t *testing.T) *Runner {
	t.Helper()
	r, err := NewRunner()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// turn carries on what can be carried on until there are n results.
func turn(r *Runner, n int) []Result {
	done := slices.Clone(r.Advance(time.Now()))
	for len(done) < n {
		var due <-chan time.Time // nil: nothing is
		if d := r.Deadline(); !d.IsZero() {
			due = time.After(time.Until(d))
		}
		select {
		case <-due:
		case <-r.Ready():
		case res := <-r.Results():
			done = append(done, res)
		}
		done = append(done, r.Advance(time.Now())...)
	}
	return done
}

func wants(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || want == nil && got != nil {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func silent(net.Conn)    {}
func hanging(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func TestTCP(t *testing.T) {
	_, err := run(t, "TCP_CHECK", serve(t, silent), nil)
	wants(t, "listening", err, nil)
	_, err = run(t, "TCP_CHECK", closed(t), nil)
	wants(t, "refused", err, ErrRefused)
	_, err = run(t, "TCP_CHECK", serve(t, silent), func(c *conf.Check) { c.Bind = netip.MustParseAddr("127.0.0.7") })
	wants(t, "bound", err, nil)
	// A listener whose queue is full answers no more: no connection, and no refusal.
	_, err = run(t, "TCP_CHECK", full(t), nil)
	wants(t, "timeout", err, ErrTimeout)
}

// Every check comes from the address, port and interface that the configuration says, with its mark.
func TestWhereChecksComeFrom(t *testing.T) {
	from := make(chan string, 1)
	tcp := serve(t, func(c net.Conn) { from <- c.RemoteAddr().String() })
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	go func() {
		for {
			_, a, err := udp.ReadFrom(make([]byte, 2000))
			if err != nil {
				return
			}
			from <- a.String()
		}
	}()
	port := uint16(40000)
	for _, kind := range []string{"TCP_CHECK", "HTTP_GET", "SSL_GET", "SMTP_CHECK", "DNS_CHECK", "UDP_CHECK"} {
		at := tcp
		if kind == "DNS_CHECK" || kind == "UDP_CHECK" {
			at = udp.LocalAddr().(*net.UDPAddr).AddrPort()
		}
		for _, bind := range []string{"127.0.0.7", ""} {
			port++
			want := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
			_, _ = run(t, kind, at, func(c *conf.Check) {
				c.BindPort, c.BindLink, c.Mark = port, "lo", 5
				if bind != "" {
					c.Bind = netip.MustParseAddr(bind)
					want = netip.AddrPortFrom(c.Bind, port)
				}
				oneURL(c)
			})
			select {
			case got := <-from:
				if got != want.String() {
					t.Errorf("%s: from %s, want %s", kind, got, want)
				}
			case <-time.After(5 * time.Second):
				t.Errorf("%s: nothing came", kind)
			}
		}
		if _, err := run(t, kind, at, func(c *conf.Check) { c.BindLink = "nosuch0"; oneURL(c) }); err == nil {
			t.Errorf("%s: well by way of an interface that is not there", kind)
		}
	}
}

// What this machine cannot do is no fault of the server; of UDP_CHECK only without a socket, as in keepalived.
func TestLocalErrors(t *testing.T) {
	at := closed(t)
	pingable(t)
	if out, err := exec.Command("ip", "route", "add", "blackhole", "198.51.102.0/24").CombinedOutput(); err != nil {
		t.Fatalf("ip: %v: %s", err, out)
	}
	for _, kind := range []string{"TCP_CHECK", "HTTP_GET", "SSL_GET", "SMTP_CHECK", "DNS_CHECK", "UDP_CHECK", "PING_CHECK"} {
		for what, change := range map[Lack]func(c *conf.Check){
			NoAddress:    func(c *conf.Check) { c.Bind = netip.MustParseAddr("192.0.2.7") },
			NoInterface:  func(c *conf.Check) { c.BindLink = "nosuch0" },
			NoConnection: func(c *conf.Check) { c.Target = netip.MustParseAddr("198.51.102.1") },
		} {
			_, err := run(t, kind, at, func(c *conf.Check) { oneURL(c); change(c) })
			var local LocalError
			isLocal := errors.As(err, &local)
			plain := kind == "UDP_CHECK" || kind == "PING_CHECK" && what == NoConnection
			if err == nil || isLocal == plain || isLocal && local.What != what {
				t.Errorf("%s, %d: %v", kind, what, err)
			}
		}
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	r := newRunner(t)
	web(t, r, time.Now(), 1, at)
	none := limit
	none.Cur = 3
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	done := r.Advance(time.Now())
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	var local LocalError
	if len(done) != 1 || !errors.As(done[0].Err, &local) || local.What != NoSocket || !errors.Is(local, unix.EMFILE) {
		t.Errorf("without descriptors: %+v", done)
	}
}

// full returns the address of a listener that takes no more connections.
func full(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	sa, _ := unix.Getsockname(fd)
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(sa.(*unix.SockaddrInet4).Port))
	for range 3 {
		c, err := net.DialTimeout("tcp", at.String(), quick/3)
		if err != nil {
			return at
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the queue of a listener does not fill up")
	return at
}

// answering reads the request and writes text.
func answering(text string) func(c net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				break
			}
		}
		_, _ = io.WriteString(c, text)
	}
}

func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestHTTP(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
	for _, c := range []struct {
		name, answer string
		url          conf.URL
		want         error
	}{
		{"well", ok + "hello", conf.URL{}, nil},
		{"well without body", ok, conf.URL{}, nil},
		{"length", "HTTP/1.0 200 OK\nContent-Length: 5\n\nhello and more", conf.URL{Digest: digest("hello")}, nil},
		{"digest", ok + "hello", conf.URL{Digest: strings.ToUpper(digest("hello"))}, nil},
		{"other digest", ok + "hello!", conf.URL{Digest: digest("hello")}, ErrAnswer},
		{"404", "HTTP/1.0 404 Not Found\r\n\r\n", conf.URL{}, ErrAnswer},
		{"301", "HTTP/1.0 301 Moved\r\n\r\n", conf.URL{}, ErrAnswer},
		{"wanted 404", "HTTP/1.0 404 Not Found\r\n\r\n", conf.URL{Codes: []conf.CodeRange{{First: 200, Last: 299}, {First: 404, Last: 404}}}, nil},
		{"200 not wanted", ok, conf.URL{Codes: []conf.CodeRange{{First: 300, Last: 399}}}, ErrAnswer},
		{"regex", ok + "all is Well", conf.URL{Regex: "is\\s(?i)well$"}, nil},
		{"regex with option", ok + "all is WELL", conf.URL{Regex: "well", RegexOptions: []string{"caseless"}}, nil},
		{"regex without match", ok + "all is bad", conf.URL{Regex: "well"}, ErrAnswer},
		{"no match wanted", ok + "all is bad", conf.URL{Regex: "well", RegexNoMatch: true}, nil},
		{"no match wanted, match", ok + "well", conf.URL{Regex: "well", RegexNoMatch: true}, ErrAnswer},
		{"offset", ok + "well well", conf.URL{Regex: "well", MinOffset: 1, MaxOffset: 5}, nil},
		{"beyond offset", ok + "....... well", conf.URL{Regex: "well", MaxOffset: 5}, ErrAnswer},
		{"catastrophic regex", ok + strings.Repeat("a", 200), conf.URL{Regex: "(a+)+$b"}, ErrAnswer},
		{"nothing", "", conf.URL{}, ErrCutOff},
		{"cut off in the header", "HTTP/1.0 200 OK\r\nServ", conf.URL{}, ErrCutOff},
		{"cut off in the body", "HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nhello", conf.URL{}, nil}, // keepalived 2.2.7
		{"another protocol", "ICY 200 OK\r\n\r\n", conf.URL{}, nil},
		{"long line of the header", "HTTP/1.0 200 OK\r\nX: " + strings.Repeat("x", 9000) + "\r\nContent-Length: 1\r\n\r\n12", conf.URL{Digest: "c4ca4238a0b923820dcc509a6f75849b"}, nil},
		{"garbage", "\x00\xff\x13\n\n\n", conf.URL{}, ErrAnswer},
		{"no number", "HTTP/1.0 OK\r\n\r\n", conf.URL{}, ErrAnswer},
		{"endless header", "HTTP/1.0 200 OK\r\n" + strings.Repeat("a: b\r\n", 20000), conf.URL{}, ErrTooLong},
		{"endless line", strings.Repeat("a", 200000), conf.URL{}, ErrTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.url.Path = "/"
			_, err := run(t, "HTTP_GET", serve(t, answering(c.answer)), func(k *conf.Check) {
				k.URLs, k.Timing.Connect = []*conf.URL{&c.url}, 5*time.Second
			})
			wants(t, c.name, err, c.want)
		})
	}
}

func oneURL(c *conf.Check) { c.URLs = []*conf.URL{{Path: "/"}} }

func TestHTTPServersThatNeverEnd(t *testing.T) {
	_, err := run(t, "HTTP_GET", serve(t, hanging), oneURL)
	wants(t, "no answer", err, ErrTimeout)
	_, err = run(t, "HTTP_GET", closed(t), oneURL)
	wants(t, "refused", err, ErrRefused)
	drip := func(times int) func(c net.Conn) {
		return func(c net.Conn) {
			answering("HTTP/1.0 200 OK\r\n\r\n")(c)
			for range times {
				time.Sleep(quick / 5)
				if _, err := io.WriteString(c, "H"); err != nil {
					return
				}
			}
		}
	}
	_, err = run(t, "HTTP_GET", serve(t, drip(10)), oneURL) // twice connect_timeout, but never that long without anything
	wants(t, "drop by drop", err, nil)
	_, err = runFor(t, time.Second, "HTTP_GET", serve(t, drip(1000)), Options{}, oneURL)
	wants(t, "drop by drop for ever", err, ErrTimeout)
	endless := func(c net.Conn) {
		answering("HTTP/1.0 200 OK\r\n\r\n")(c)
		block := make([]byte, 1<<16)
		for {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}
	_, err = run(t, "HTTP_GET", serve(t, endless), func(c *conf.Check) {
		oneURL(c)
		c.Timing.Connect = 20 * time.Second
	})
	wants(t, "a gigabyte", err, ErrTooLong)
}

// The request is as the configuration says.
func TestHTTPRequest(t *testing.T) {
	got := make(chan string, 1)
	at := serve(t, func(c net.Conn) {
		r, text := bufio.NewReader(c), ""
		for !strings.HasSuffix(text, "\r\n\r\n") {
			line, err := r.ReadString('\n')
			if err != nil {
				break
			}
			text += line
		}
		got <- text
		_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n")
	})
	for version, want := range map[string]string{
		"1.0":  "GET /a?b HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: www.example.com\r\n\r\n",
		"1.1":  "GET /a?b HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: www.example.com\r\n\r\n",
		"1.0C": "GET /a?b HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: www.example.com\r\n\r\n",
	} {
		_, err := run(t, "HTTP_GET", at, func(c *conf.Check) {
			c.URLs, c.HTTPVersion = []*conf.URL{{Path: "/a?b", VirtualHost: "www.example.com"}}, version
		})
		if text := <-got; err != nil || text != want {
			t.Errorf("%s: sent %q, %v", version, text, err)
		}
	}
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// Expired, for another name, signed by nobody.
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"other"}, NotAfter: time.Unix(1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	names := make(chan string, 10)
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS10,
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			names <- h.ServerName
			return nil, nil
		}}
	abrupt := func(c net.Conn) {
		s := tls.Server(c, config)
		answering("HTTP/1.0 200 OK\r\n\r\nhello")(s)
		c.Close() // without close_notify
	}
	long := func(c *conf.Check) {
		oneURL(c)
		c.Timing.Connect = 5 * time.Second
	}
	_, err := run(t, "SSL_GET", serve(t, abrupt), long)
	wants(t, "a bad certificate and an abrupt end", err, nil)
	if n := <-names; n != "" {
		t.Errorf("server name %q sent unasked", n)
	}
	_, err = run(t, "SSL_GET", serve(t, abrupt), func(c *conf.Check) {
		long(c)
		c.URLs[0].TLSCompliant, c.URLs[0].VirtualHost, c.SNI = true, "www.example.com", true
	})
	wants(t, "tls_compliant", err, ErrCutOff)
	if n := <-names; n != "www.example.com" {
		t.Errorf("server name %q", n)
	}
	_, err = run(t, "SSL_GET", serve(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.0 400 Bad Request\r\n\r\n") }), long)
	wants(t, "no TLS", err, ErrAnswer)
}

// What TLS adds to the ways in which a server may fail.
func TestTLSServersThatFail(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	overTLS := func(f func(c net.Conn)) func(c net.Conn) {
		return func(c net.Conn) { f(tls.Server(c, config)) }
	}
	long := func(c *conf.Check) {
		oneURL(c)
		c.Timing.Connect = 20 * time.Second
	}
	_, err := run(t, "SSL_GET", closed(t), oneURL)
	wants(t, "refused", err, ErrRefused)
	_, err = run(t, "SSL_GET", serve(t, hanging), oneURL)
	wants(t, "no handshake", err, ErrTimeout)
	_, err = run(t, "SSL_GET", serve(t, overTLS(func(c net.Conn) { _ = c.(*tls.Conn).Handshake(); hanging(c) })), oneURL)
	wants(t, "no answer", err, ErrTimeout)
	if _, err = run(t, "SSL_GET", serve(t, silent), long); err == nil {
		t.Error("well although cut off in the handshake")
	}
	_, err = run(t, "SSL_GET", serve(t, overTLS(answering("HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nhello"))), long)
	wants(t, "cut off in the body", err, nil)
	_, err = run(t, "SSL_GET", serve(t, overTLS(answering("HTTP/1.0 200 OK\r\nServ"))), long)
	wants(t, "cut off in the header", err, ErrCutOff)
	_, err = run(t, "SSL_GET", serve(t, overTLS(answering(""))), long)
	wants(t, "nothing", err, ErrCutOff)
	endless := func(c net.Conn) {
		answering("HTTP/1.0 200 OK\r\n\r\n")(c)
		for block := make([]byte, 1<<16); ; {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}
	_, err = run(t, "SSL_GET", serve(t, overTLS(endless)), long)
	wants(t, "a gigabyte", err, ErrTooLong)
}

func TestSMTP(t *testing.T) {
	talk := func(lines ...string) func(c net.Conn) {
		return func(c net.Conn) {
			r := bufio.NewReader(c)
			for i, l := range lines {
				if i > 0 {
					if _, err := r.ReadString('\n'); err != nil {
						return
					}
				}
				_, _ = io.WriteString(c, l)
			}
		}
	}
	for _, c := range []struct {
		name  string
		lines []string
		want  error
	}{
		{"well", []string{"220 hi\r\n", "250-me\r\n250 you\r\n", "221 bye\r\n"}, nil},
		{"several lines", []string{"220-hi\r\n220-how\r\n220 are you\r\n", "250 you\r\n", "221 bye\r\n"}, nil},
		{"busy", []string{"554 go away\r\n"}, ErrAnswer},
		{"rude", []string{"220 hi\r\n", "500 what\r\n"}, ErrAnswer},
		{"cut off", []string{"220 hi\r\n", "250"}, ErrCutOff},
		{"garbage", []string{"\x01\n"}, ErrAnswer},
		{"endless", []string{strings.Repeat("x", 1<<20)}, ErrTooLong},
	} {
		_, err := run(t, "SMTP_CHECK", serve(t, talk(c.lines...)), nil)
		wants(t, c.name, err, c.want)
	}
	_, err := run(t, "SMTP_CHECK", serve(t, hanging), nil)
	wants(t, "no greeting", err, ErrTimeout)
	_, err = run(t, "SMTP_CHECK", closed(t), nil)
	wants(t, "refused", err, ErrRefused)
	_, err = run(t, "SMTP_CHECK", serve(t, silent), nil)
	wants(t, "nothing", err, ErrCutOff)
}

func TestDNS(t *testing.T) {
	reply := func(code dnsmessage.RCode, response bool) func(b []byte) []byte {
		return func(b []byte) []byte {
			var m dnsmessage.Message
			if m.Unpack(b) != nil || m.Questions[0].Type != dnsmessage.TypeSOA {
				return []byte("?")
			}
			m.Response, m.RCode = response, code
			out, _ := m.Pack()
			return out
		}
	}
	for _, c := range []struct {
		name string
		f    func(b []byte) []byte
		want error
	}{
		{"well", reply(dnsmessage.RCodeSuccess, true), nil},
		{"server failure", reply(dnsmessage.RCodeServerFailure, true), ErrAnswer},
		{"our own question", reply(dnsmessage.RCodeSuccess, false), ErrAnswer},
		{"garbage", func(b []byte) []byte { return b[:3] }, ErrAnswer},
		{"another id", func(b []byte) []byte { return append([]byte{b[0] ^ 1}, b[1:]...) }, ErrTimeout},
		{"silence", func([]byte) []byte { return nil }, ErrTimeout},
		{"nothing in it", func([]byte) []byte { return []byte{} }, ErrAnswer},
		{"as much as fits", func(b []byte) []byte { return append(b[:2:2], make([]byte, 60000)...) }, ErrAnswer},
	} {
		_, err := run(t, "DNS_CHECK", serveUDP(t, c.f), nil)
		wants(t, c.name, err, c.want)
	}
	_, err := run(t, "DNS_CHECK", closed(t), nil)
	wants(t, "nobody", err, ErrRefused)
}

func TestUDP(t *testing.T) {
	echo := func(b []byte) []byte { return append([]byte("re:"), b...) }
	_, err := run(t, "UDP_CHECK", serveUDP(t, func([]byte) []byte { return nil }), nil)
	wants(t, "silence", err, nil)
	_, err = run(t, "UDP_CHECK", closed(t), nil)
	wants(t, "nobody", err, ErrRefused)
	need := func(c *conf.Check) { c.NeedReply, c.Payload = true, []byte{1, 2} }
	_, err = run(t, "UDP_CHECK", serveUDP(t, func([]byte) []byte { return nil }), need)
	wants(t, "silence where a reply is needed", err, ErrTimeout)
	_, err = run(t, "UDP_CHECK", serveUDP(t, echo), func(c *conf.Check) {
		need(c)
		c.Reply, c.ReplyMask = []byte("rx:\x01"), []byte{0xff, 0, 0xff, 0xff}
	})
	wants(t, "reply", err, nil)
	_, err = run(t, "UDP_CHECK", serveUDP(t, echo), func(c *conf.Check) {
		need(c)
		c.Reply, c.ReplyMask = []byte("rx"), []byte{0xff, 0xff}
	})
	wants(t, "another reply", err, ErrAnswer)
	for _, compared := range []bool{true, false} {
		want := ErrAnswer
		begin := func(c *conf.Check) { c.Reply, c.ReplyMask = []byte("r"), []byte{0xff} }
		if !compared {
			want, begin = nil, func(*conf.Check) {}
		}
		_, err = run(t, "UDP_CHECK", serveUDP(t, echo), func(c *conf.Check) { need(c); begin(c); c.MinReply = 10 })
		wants(t, "a short reply", err, want)
		_, err = run(t, "UDP_CHECK", serveUDP(t, echo), func(c *conf.Check) { need(c); begin(c); c.MaxReply = 2 })
		wants(t, "a long reply", err, want)
	}
}

// pingable allows ping in the test's namespace.
func pingable(t *testing.T) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 0"), 0); err != nil {
		t.Skipf("cannot allow ping: %v", err)
	}
}

func TestPing(t *testing.T) {
	pingable(t)
	for _, at := range []string{"127.0.0.9:0", "[::1]:0"} {
		_, err := run(t, "PING_CHECK", netip.MustParseAddrPort(at), nil)
		wants(t, at, err, nil)
	}
	if _, err := run(t, "PING_CHECK", netip.MustParseAddrPort("192.0.2.1:0"), nil); err == nil {
		t.Error("an address without a route answers")
	}
	nowhere(t, "198.51.100.1")
	_, err := run(t, "PING_CHECK", netip.MustParseAddrPort("198.51.100.1:0"), nil)
	wants(t, "silence", err, ErrTimeout)
}

// nowhere leads an address to the end of a cable where nobody listens.
func nowhere(t *testing.T, addr string) {
	t.Helper()
	for _, command := range []string{"link add swallow type veth peer name swallowed", "link set swallow up", "link set swallowed up",
		"addr add 198.51.101.1/32 dev swallow", "route add " + addr + " dev swallow",
		"neigh add " + addr + " lladdr 02:00:00:00:00:01 dev swallow"} {
		if out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); err != nil {
			t.Skipf("ip %s: %v: %s", command, err, out)
		}
	}
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", "swallow").Run() })
}

func TestMisc(t *testing.T) {
	for _, c := range []struct {
		name, text string
		dynamic    bool
		adjust     int
		want       string
	}{
		{"well", "exit 0", false, 0, "<nil>"},
		{"status", "exit 3", false, 0, "exited with status 3"},
		{"dynamic", "exit 12", true, 11, "<nil>"},
		{"dynamic to 0", "exit 2", true, 1, "<nil>"},
		{"dynamic failure", "exit 1", true, 0, "exited with status 1"},
		{"signal", "kill -9 $$", false, 0, "due to signal 9"},
		{"timeout", "sleep 60", false, 0, "timeout"},
		{"timeout", "trap '' TERM; while :; do sleep 1; done", false, 0, "timeout"},
		{"much output", "head -c 100000000 /dev/zero; head -c 1000000 /dev/zero >&2; exit 0", false, 0, "<nil>"},
		{"reads its input", "cat; exit 4", false, 0, "exited with status 4"},
	} {
		path := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+c.text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		adjust, err := run(t, "MISC_CHECK", netip.AddrPort{}, func(k *conf.Check) {
			k.Script, k.Dynamic = &conf.Script{Line: path, Argv: []string{path}, User: conf.User{Name: "root"}}, c.dynamic
			if c.name != "timeout" {
				k.ScriptTimeout = 10 * time.Second
			}
		})
		if text := errText(err); adjust != c.adjust || text != c.want {
			t.Errorf("%s: %d, %s; want %d, %s", c.name, adjust, text, c.adjust, c.want)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return "<nil>"
	}
	return err.Error()
}
