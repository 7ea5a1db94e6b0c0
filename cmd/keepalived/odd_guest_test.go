//go:build guest

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/nettest"
)

// oddServer is a server that answers in its own way, and the check that is made of it.
type oddServer struct {
	name  string
	check string              // in place of one that gets / with a time limit of 3 s
	serve func(c net.Conn)    // nil: nobody listens
	udp   func([]byte) []byte // answers packets; serve is not used then
	why   string              // it is well for us but not for keepalived 2.2.7, or the other way round
}

// say answers a request.
func say(text string) func(net.Conn) {
	return func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, text)
	}
}

func readRequest(c net.Conn) {
	var all []byte
	buf := make([]byte, 4096)
	for !strings.Contains(string(all), "\r\n\r\n") {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		all = append(all, buf[:n]...)
	}
}

// drip says something, then more of it piece by piece.
func drip(first string, wait time.Duration, piece string, times int) func(net.Conn) {
	return func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, first)
		for range times {
			time.Sleep(wait)
			if _, err := io.WriteString(c, piece); err != nil {
				return
			}
		}
	}
}

// stay keeps the connection open after that.
func stay(f func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		f(c)
		_, _ = c.Read(make([]byte, 1)) // until the other side has had enough
	}
}

func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

// dialogue says each line after it has heard something, the first at once.
func dialogue(lines ...string) func(net.Conn) {
	return func(c net.Conn) {
		for i, l := range lines {
			if i > 0 {
				if _, err := c.Read(make([]byte, 512)); err != nil {
					return
				}
			}
			_, _ = io.WriteString(c, l)
		}
		_, _ = c.Read(make([]byte, 512))
	}
}

// secure speaks TLS first.
func secure(config *tls.Config, f func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		t := tls.Server(c, config)
		f(t)
		_ = t.Close()
	}
}

// certificate returns one that nobody has signed, for another name, and past its time.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"elsewhere.example"}, NotAfter: time.Unix(1e9, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func get(kind, lines, url string) string {
	return kind + " {\nconnect_timeout 3\nretry 0\n" + lines + "\nurl {\npath /\n" + url + "\n}\n}"
}

func plainCheck(kind, lines string) string {
	return kind + " {\nconnect_timeout 3\nretry 0\n" + lines + "\n}"
}

func misc(script string) string {
	return "MISC_CHECK {\nmisc_path \"" + script + "\"\nmisc_timeout 6\n}"
}

const ok200 = "HTTP/1.1 200 OK\r\n"

func oddServers(t *testing.T) []oddServer {
	pair := &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS10}
	old := &tls.Config{Certificates: pair.Certificates, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12}
	echo := func(b []byte) []byte { return b }
	rcode := func(code byte) func([]byte) []byte {
		return func(b []byte) []byte { b[2] |= 0x80; b[3] = code; return b }
	}
	ssl := func(lines string) string { return get("SSL_GET", lines, "status_code 200") }
	return []oddServer{
		{name: "well", serve: say(ok200 + "\r\nok\n")},
		{name: "nobody listens"},
		{name: "silent", serve: stay(readRequest)},
		{name: "deaf", serve: stay(func(net.Conn) {})},
		{name: "closes", serve: func(net.Conn) {}},
		{name: "closes after the request", serve: readRequest},
		{name: "resets", serve: reset},
		{name: "resets after the answer", serve: func(c net.Conn) { say(ok200 + "\r\nok")(c); time.Sleep(100 * time.Millisecond); reset(c) }},
		{name: "first byte late", serve: drip("", 1500*time.Millisecond, ok200+"\r\nok", 1)},
		{name: "first byte too late", serve: drip("", 6*time.Second, ok200+"\r\nok", 1)},
		{name: "drips", serve: drip(ok200+"\r\n", time.Second, "x", 5)},
		{name: "drips its header", serve: drip(ok200, time.Second, "X: y\r\n", 5)},
		{name: "drips its header and ends it", serve: func(c net.Conn) { drip(ok200, time.Second, "X: y\r\n", 4)(c); _, _ = io.WriteString(c, "\r\nok") }},
		{name: "cut off before the announced length", serve: say(ok200 + "Content-Length: 100\r\n\r\nok")},
		{name: "stays open after the announced length", serve: stay(say(ok200 + "Content-Length: 2\r\n\r\nok")), why: "2.2.7 waits for the end of the connection"},
		{name: "stays open without a length", serve: stay(say(ok200 + "\r\nok"))},
		{name: "longer than announced", serve: say(ok200 + "Content-Length: 2\r\n\r\nokokok")},
		{name: "chunked, stays open", serve: stay(say(ok200 + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"))},
		{name: "chunked", serve: say(ok200 + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")},
		{name: "not found", serve: say("HTTP/1.1 404 Not Found\r\n\r\n")},
		{name: "not found, as wanted", serve: say("HTTP/1.1 404 Not Found\r\n\r\n"), check: get("HTTP_GET", "", "status_code 404")},
		{name: "moved", serve: say("HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n")},
		{name: "any success", serve: say("HTTP/1.1 204 No Content\r\n\r\n"), check: get("HTTP_GET", "", "")},
		{name: "range of codes", serve: say("HTTP/1.1 302 Found\r\n\r\n"), check: get("HTTP_GET", "", "status_code 200-399")},
		{name: "outside the range", serve: say("HTTP/1.1 400 Bad\r\n\r\n"), check: get("HTTP_GET", "", "status_code 200-399")},
		{name: "no reason", serve: say("HTTP/1.1 200\r\n\r\nok"), why: "2.2.7 wants a reason phrase, RFC 9112 section 4 does not"},
		{name: "HTTP/2 in its status line", serve: say("HTTP/2 200\r\n\r\nok"), why: "2.2.7 wants a reason phrase"},
		{name: "ICY", serve: say("ICY 200 OK\r\n\r\nok")},
		{name: "no HTTP", serve: say("HELLO\r\n\r\nok")},
		{name: "no line end", serve: say("HTTP/1.1 200 OK")},
		{name: "header without its end", serve: say(ok200 + "Server: x\r\n")},
		{name: "line feeds only", serve: say("HTTP/1.1 200 OK\nServer: x\n\nok"), why: "2.2.7 wants carriage returns, RFC 9112 section 2.2 does not"},
		{name: "blanks in the status line", serve: say("HTTP/1.1   200   OK\r\n\r\nok"), why: "2.2.7 wants one blank"},
		{name: "long code", serve: say("HTTP/1.1 2000 OK\r\n\r\nok")},
		{name: "NUL in the header", serve: say(ok200 + "X: a\x00b\r\n\r\nok")},
		{name: "long header", serve: say(ok200 + "X: " + strings.Repeat("y", 3000) + "\r\n\r\nok")},
		{name: "very long header", serve: say(ok200 + "X: " + strings.Repeat("y", 9000) + "\r\n\r\nok"), why: "2.2.7 has room for 4 KB of header"},
		{name: "many header lines", serve: say(ok200 + strings.Repeat("X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 300) + "\r\nok"), why: "2.2.7 has room for 4 KB of header"},
		{name: "long body", serve: say(ok200 + "\r\n" + strings.Repeat("y", 1<<20))},
		{name: "continue first", serve: say("HTTP/1.1 100 Continue\r\n\r\n" + ok200 + "\r\nok")},
		{name: "before the request", serve: func(c net.Conn) { _, _ = io.WriteString(c, ok200+"\r\nok"); readRequest(c) }},
		{name: "digest", serve: say(ok200 + "\r\nok\n"), check: get("HTTP_GET", "", "digest d36f8f9425c4a8000ad9c4a97185aca5")},
		{name: "digest of another page", serve: say(ok200 + "\r\nok!\n"), check: get("HTTP_GET", "", "digest d36f8f9425c4a8000ad9c4a97185aca5")},
		{name: "digest with a length", serve: say(ok200 + "Content-Length: 3\r\n\r\nok\n"), check: get("HTTP_GET", "", "digest d36f8f9425c4a8000ad9c4a97185aca5")},
		{name: "digest beyond the length", serve: say(ok200 + "Content-Length: 2\r\n\r\nok\n"), check: get("HTTP_GET", "", "digest d36f8f9425c4a8000ad9c4a97185aca5")},
		{name: "digest of nothing", serve: say(ok200 + "\r\n"), check: get("HTTP_GET", "", "digest d41d8cd98f00b204e9800998ecf8427e")},
		{name: "digest and code", serve: say("HTTP/1.1 500 No\r\n\r\nok\n"), check: get("HTTP_GET", "", "digest d36f8f9425c4a8000ad9c4a97185aca5")},
		{name: "digest and wanted code", serve: say("HTTP/1.1 500 No\r\n\r\nok\n"), check: get("HTTP_GET", "", "digest d36f8f9425c4a8000ad9c4a97185aca5\nstatus_code 500")},
		{name: "regex", serve: say(ok200 + "\r\nall is well\n"), check: get("HTTP_GET", "", "regex \"is (well|fine)\"")},
		{name: "regex that is not there", serve: say(ok200 + "\r\nall is lost\n"), check: get("HTTP_GET", "", "regex \"is (well|fine)\"")},
		{name: "regex that must not be there", serve: say(ok200 + "\r\nall is lost\n"), check: get("HTTP_GET", "", "regex \"is (well|fine)\"\nregex_no_match")},
		{name: "regex in pieces", serve: func(c net.Conn) {
			say(ok200 + "\r\nall is we")(c)
			time.Sleep(500 * time.Millisecond)
			_, _ = io.WriteString(c, "ll\n")
		}, check: get("HTTP_GET", "", "regex \"is (well|fine)\"\nregex_stack 4096 8192")},
		{name: "TLS with a bad certificate", serve: secure(pair, say(ok200+"\r\nok")), check: ssl("")},
		{name: "TLS 1.2", serve: secure(old, say(ok200+"\r\nok")), check: ssl("")},
		{name: "no TLS", serve: say(ok200 + "\r\nok"), check: ssl("")},
		{name: "silent in place of TLS", serve: stay(func(net.Conn) {}), check: ssl("")},
		{name: "TLS that ends without a word", serve: func(c net.Conn) { say(ok200 + "\r\nok")(tls.Server(c, pair)) }, check: ssl("")},
		{name: "TLS for HTTP_GET", serve: secure(pair, say(ok200+"\r\nok"))},
		{name: "TCP", serve: func(net.Conn) {}, check: plainCheck("TCP_CHECK", "")},
		{name: "TCP, nobody", check: plainCheck("TCP_CHECK", "")},
		{name: "mail", serve: dialogue("220 x\r\n", "250 x\r\n", "221 x\r\n"), check: plainCheck("SMTP_CHECK", "")},
		{name: "mail in lines", serve: dialogue("220-x\r\n220 y\r\n", "250-x\r\n250 y\r\n", "221 x\r\n"), check: plainCheck("SMTP_CHECK", ""), why: "2.2.7 does not know replies of several lines, RFC 5321 section 4.2.1 does"},
		{name: "mail, busy", serve: dialogue("421 x\r\n"), check: plainCheck("SMTP_CHECK", "")},
		{name: "mail without a greeting", serve: stay(func(net.Conn) {}), check: plainCheck("SMTP_CHECK", "")},
		{name: "mail that refuses HELO", serve: dialogue("220 x\r\n", "550 x\r\n"), check: plainCheck("SMTP_CHECK", "")},
		{name: "mail that closes at HELO", serve: func(c net.Conn) { _, _ = io.WriteString(c, "220 x\r\n"); _, _ = c.Read(make([]byte, 99)) }, check: plainCheck("SMTP_CHECK", "")},
		{name: "mail without an end of line", serve: dialogue("220"), check: plainCheck("SMTP_CHECK", "")},
		{name: "name server", udp: rcode(0), check: plainCheck("DNS_CHECK", "name example.com")},
		{name: "name server that knows no such name", udp: rcode(3), check: plainCheck("DNS_CHECK", "name example.com")},
		{name: "name server that refuses", udp: rcode(5), check: plainCheck("DNS_CHECK", "name example.com")},
		{name: "name server that echoes", udp: echo, check: plainCheck("DNS_CHECK", "name example.com")},
		{name: "name server that is cut short", udp: func(b []byte) []byte { return rcode(0)(b)[:6] }, check: plainCheck("DNS_CHECK", "name example.com")},
		{name: "name server with another id", udp: func(b []byte) []byte { b[0]++; return rcode(0)(b) }, check: plainCheck("DNS_CHECK", "name example.com")},
		{name: "name server, nobody", check: plainCheck("DNS_CHECK", "name example.com")},
		{name: "UDP", udp: echo, check: plainCheck("UDP_CHECK", "payload 0102")},
		{name: "UDP, silent", udp: func([]byte) []byte { return nil }, check: plainCheck("UDP_CHECK", "payload 0102")},
		{name: "UDP, silent without a payload", udp: func([]byte) []byte { return nil }, check: plainCheck("UDP_CHECK", "")},
		{name: "UDP, nobody", check: plainCheck("UDP_CHECK", "payload 0102")},
		{name: "UDP with the reply", udp: echo, check: plainCheck("UDP_CHECK", "payload 0102\nrequire_reply 01X2")},
		{name: "UDP with another reply", udp: echo, check: plainCheck("UDP_CHECK", "payload 0102\nrequire_reply 01X3")},
		{name: "UDP without the reply", udp: func([]byte) []byte { return nil }, check: plainCheck("UDP_CHECK", "payload 0102\nrequire_reply")},
		{name: "UDP, too short", udp: echo, check: plainCheck("UDP_CHECK", "payload 0102\nrequire_reply\nmin_reply_length 3")},
		{name: "UDP, too long", udp: echo, check: plainCheck("UDP_CHECK", "payload 010203\nrequire_reply\nmax_reply_length 2")},
		{name: "UDP, too short to compare", udp: echo, check: plainCheck("UDP_CHECK", "payload 0102\nrequire_reply 01\nmin_reply_length 3")},
		{name: "UDP, too long to compare", udp: echo, check: plainCheck("UDP_CHECK", "payload 010203\nrequire_reply 01\nmax_reply_length 2")},
		{name: "UDP, longer than is usual", udp: func([]byte) []byte { return make([]byte, 256) }, check: plainCheck("UDP_CHECK", "payload 0102\nrequire_reply 00")},
		{name: "UDP, as long as is usual", udp: func([]byte) []byte { return make([]byte, 255) }, check: plainCheck("UDP_CHECK", "payload 0102\nrequire_reply 00")},
		{name: "UDP, longer than compared", udp: echo, check: plainCheck("UDP_CHECK", "payload 010203\nrequire_reply 01")},
		{name: "ping", check: plainCheck("PING_CHECK", "")},
		{name: "script", check: misc("/bin/true")},
		{name: "script that fails", check: misc("/bin/false")},
		{name: "script with a status", check: misc("@DIR@/status 7")},
		{name: "script that is ended by a signal", check: misc("@DIR@/signal")},
		{name: "script that hangs", check: misc("/bin/sleep 100")},
		{name: "script that is no program", check: misc("@DIR@/plain")},
		{name: "several urls, one bad", serve: func(c net.Conn) {
			buf := make([]byte, 512)
			n, _ := c.Read(buf)
			if strings.Contains(string(buf[:n]), "GET /bad") {
				_, _ = io.WriteString(c, "HTTP/1.1 500 No\r\n\r\n")
				return
			}
			_, _ = io.WriteString(c, ok200+"\r\nok")
		}, check: "HTTP_GET {\nconnect_timeout 3\nretry 0\nurl {\npath /\nstatus_code 200\n}\nurl {\npath /bad\nstatus_code 200\n}\n}"},
	}
}

// listenOdd has the servers listen; server i on port 9000+i.
func listenOdd(t *testing.T, host *nettest.Host, servers []oddServer) {
	t.Helper()
	for i, s := range servers {
		addr := fmt.Sprintf("127.0.0.2:%d", 9000+i)
		if s.udp != nil {
			var c net.PacketConn
			host.In(func() (err error) { c, err = net.ListenPacket("udp", addr); return err })
			t.Cleanup(func() { c.Close() })
			go answerPackets(c, s.udp)
		} else if s.serve != nil {
			var l net.Listener
			host.In(func() (err error) { l, err = net.Listen("tcp", addr); return err })
			t.Cleanup(func() { l.Close() })
			go answerConns(l, s.serve)
		}
	}
}

func answerPackets(c net.PacketConn, f func([]byte) []byte) {
	buf := make([]byte, 2048)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if out := f(buf[:n]); out != nil {
			_, _ = c.WriteTo(out, from)
		}
	}
}

func oddConfig(dir string, servers []oddServer) string {
	var b strings.Builder
	b.WriteString("global_defs {\nscript_user root\n}\nvirtual_server 10.0.0.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\ndelay_loop 4\nwarmup 0\n")
	for i, s := range servers {
		text := s.check
		if text == "" {
			text = get("HTTP_GET", "", "status_code 200")
		}
		fmt.Fprintf(&b, "real_server 127.0.0.2 %d {\n%s\n}\n", 9000+i, strings.ReplaceAll(text, "@DIR@", dir))
	}
	b.WriteString("}\n")
	return b.String()
}

// TestOddServersAreJudgedAsByKeepalived has both daemons check servers that answer in many ways: each is in the table of both
// or of neither.
func TestOddServersAreJudgedAsByKeepalived(t *testing.T) {
	t.Parallel()
	servers := oddServers(t)
	judge := func(program string) map[string]bool {
		a := newArena(t)
		dir := a.host.Dir
		for name, text := range map[string]string{"status": "#!/bin/sh\nexit $1\n", "signal": "#!/bin/sh\nkill -9 $$\n", "plain": "hello\n"} {
			mode := os.FileMode(0o755)
			if name == "plain" {
				mode = 0o644
			}
			if err := os.Chmod(a.host.Write(name, text), mode); err != nil {
				t.Fatal(err)
			}
		}
		listenOdd(t, a.host, servers)
		conf := a.host.Write("k.conf", oddConfig(dir, servers))
		a.host.Start(program, "-n", "-l", "-G", "-f", conf, "-p", dir+"/k.pid", "-c", dir+"/c.pid", "-r", dir+"/v.pid")
		nettest.Eventually(t, 20*time.Second, "a table", func() bool { return strings.Contains(a.table(), "127.0.0.2:9000") })
		table := a.settled(15 * time.Second)
		a.signal(dir+"/k.pid", syscall.SIGTERM)
		up := map[string]bool{}
		for i, s := range servers {
			up[fmt.Sprintf("%d %s", i, s.name)] = strings.Contains(table, fmt.Sprintf("127.0.0.2:%d", 9000+i))
		}
		return up
	}
	theirs, ours := judge(nettest.Debian(t)), judge(os.Getenv("KEEPALIVED"))
	for i, s := range servers {
		key := fmt.Sprintf("%d %s", i, s.name)
		if s.why == "" {
			continue
		}
		if theirs[key] == ours[key] {
			t.Errorf("%s: both say %t, although it is meant to differ: %s", key, ours[key], s.why)
		}
		t.Logf("%s: keepalived %t, ours %t, as is meant: %s", key, theirs[key], ours[key], s.why)
		delete(theirs, key)
		delete(ours, key)
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("in the table (-keepalived +ours):\n%s", diff)
	}
}
