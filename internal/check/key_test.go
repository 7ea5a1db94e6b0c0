package check

import (
	"crypto/tls"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
)

const keys = "testdata/"

// What the SSL block names is loaded or refused as keepalived does; made with openssl pkcs8 -topk8 [-v2 ... -v2prf ...].
func TestSSLBlock(t *testing.T) {
	const cert = keys + "certificate.pem"
	for _, c := range []struct {
		name  string
		block conf.SSL
		shown bool   // a certificate is shown to servers that ask for it
		want  string // what the error says
	}{
		{"nothing", conf.SSL{}, false, ""},
		{"plain key", conf.SSL{Certificate: cert, Key: keys + "plain.pem"}, true, ""},
		{"password that is not needed", conf.SSL{Certificate: cert, Key: keys + "plain.pem", Password: "x"}, true, ""},
		{"AES-256, SHA-256", conf.SSL{Certificate: cert, Key: keys + "aes.pem", Password: "secret"}, true, ""},
		{"AES-128, SHA-1", conf.SSL{Certificate: cert, Key: keys + "sha1.pem", Password: "secret"}, true, ""},
		{"3DES, SHA-512", conf.SSL{Certificate: cert, Key: keys + "des3.pem", Password: "secret"}, true, ""},
		{"encrypted by PEM", conf.SSL{Certificate: cert, Key: keys + "old.pem", Password: "secret"}, true, ""},
		{"wrong password", conf.SSL{Certificate: cert, Key: keys + "aes.pem", Password: "x"}, false, "Cant load key file"},
		{"wrong password of PEM", conf.SSL{Certificate: cert, Key: keys + "old.pem", Password: "x"}, false, "Cant load key file"},
		{"no password", conf.SSL{Certificate: cert, Key: keys + "aes.pem"}, false, "Cant load key file"},
		{"no such key", conf.SSL{Certificate: cert, Key: keys + "nosuch"}, false, "Cant load key file"},
		{"no key at all", conf.SSL{Certificate: cert, Key: cert}, false, "Cant load key file"},
		{"certificate alone", conf.SSL{Certificate: cert}, false, ""},
		{"key alone", conf.SSL{Key: keys + "plain.pem"}, false, ""},
		{"ca", conf.SSL{CA: cert}, false, ""},
		{"no such ca", conf.SSL{CA: keys + "nosuch"}, false, "Cant load CA file"},
		{"ca without certificate", conf.SSL{CA: keys + "plain.pem"}, false, "Cant load CA file"},
	} {
		got, err := NewTLS(c.block)
		if err != nil || c.want != "" {
			if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if shown := len(got.Certificates) > 0; shown != c.shown {
			t.Errorf("%s: certificate %t", c.name, shown)
		}
	}
}

// A file that was tampered with is refused.
func FuzzKey(f *testing.F) {
	for _, name := range []string{"aes.pem", "des3.pem", "old.pem", "plain.pem"} {
		b, err := os.ReadFile(keys + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		if len(b) < 2000 {
			_, _ = decryptKey(b, []byte("secret")) // it must not panic
		}
	})
}

// A server that asks for a certificate gets ours; that its own is signed by nobody in ca does not matter.
func TestClientCertificate(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t)}, ClientAuth: tls.RequireAnyClientCert}
	at := serve(t, func(c net.Conn) { answering("HTTP/1.0 200 OK\r\n\r\n")(tls.Server(c, config)) })
	change := func(c *conf.Check) {
		oneURL(c)
		c.Timing.Connect = 5 * time.Second
	}
	if _, err := run(t, "SSL_GET", at, change); err == nil {
		t.Error("well without a certificate")
	}
	client, err := NewTLS(conf.SSL{CA: keys + "certificate.pem", Certificate: keys + "certificate.pem", Key: keys + "plain.pem"})
	if err != nil {
		t.Fatal(err)
	}
	var shared atomic.Pointer[tls.Config]
	shared.Store(client)
	_, err = runWith(t, "SSL_GET", at, Options{TLS: &shared}, change)
	wants(t, "with certificate", err, nil)
}
