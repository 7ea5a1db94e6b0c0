package check

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// NewTLS returns how SSL_GET speaks TLS: with servers of any age, whose certificates are not verified, as keepalived does.
// The certificates of ca must be there all the same. Certificate and key are shown to servers that ask for them when both
// are given; the key may be encrypted with the password.
func NewTLS(s conf.SSL) (*tls.Config, error) {
	c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, SessionTicketsDisabled: true}
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range list {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
	}
	if s.CA != "" {
		if err := checkCA(s.CA); err != nil {
			return nil, fmt.Errorf("SSL error : Cant load CA file... (%w)", err)
		}
	}
	if s.Certificate == "" || s.Key == "" {
		return c, nil
	}
	pair, err := keyPair(s)
	if err != nil {
		return nil, fmt.Errorf("SSL error : Cant load key file... (%w)", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

func checkCA(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(b) {
		return fmt.Errorf("%s holds no certificate", name)
	}
	return nil
}

func keyPair(s conf.SSL) (tls.Certificate, error) {
	cert, err := os.ReadFile(s.Certificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := os.ReadFile(s.Key)
	if err != nil {
		return tls.Certificate{}, err
	}
	if key, err = decryptKey(key, []byte(s.Password)); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// handshake begins TLS.
func (h *slowHTTPCheck) handshake(c net.Conn, u *conf.URL) (net.Conn, error) {
	config := h.tls.Load()
	if h.conf.SNI {
		config = config.Clone()
		config.ServerName = h.conf.SNIName
		if config.ServerName == "" {
			config.ServerName = u.VirtualHost
		}
	}
	raw := &eofConn{Conn: c}
	t := tls.Client(raw, config)
	if err := t.Handshake(); err != nil {
		if r := reason(err); errors.Is(r, ErrTimeout) || errors.Is(r, ErrCutOff) {
			return nil, r
		}
		return nil, fmt.Errorf("%w: TLS: %w", ErrAnswer, err)
	}
	if u.TLSCompliant {
		return strictConn{t, raw}, nil
	}
	return t, nil
}

// eofConn notes that the connection has ended: after a close_notify TLS does not look for that any more.
type eofConn struct {
	net.Conn
	ended bool
}

// Read reads.
func (c *eofConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.ended = c.ended || err == io.EOF
	return n, err
}

// strictConn takes the end without close_notify for an error (RFC 8446 section 6.1), which crypto/tls does not.
type strictConn struct {
	net.Conn
	raw *eofConn
}

// Read reads.
func (c strictConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == io.EOF && c.raw.ended {
		err = ErrCutOff
	}
	return n, err
}
