package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// clientTLS returns how SSL_GET speaks TLS: with servers of any age, whose certificates are not verified.
func clientTLS(s conf.SSL) (*tls.Config, error) {
	c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, SessionTicketsDisabled: true}
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, suite := range list {
			c.CipherSuites = append(c.CipherSuites, suite.ID)
		}
	}
	if s.Certificate == "" && s.Key == "" {
		return c, nil
	}
	pair, err := keyPair(s)
	if err != nil {
		return nil, fmt.Errorf("cannot load the client's certificate: %w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

func keyPair(s conf.SSL) (tls.Certificate, error) {
	cert, err := os.ReadFile(s.Certificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	name := s.Key
	if name == "" {
		name = s.Certificate
	}
	key, err := os.ReadFile(name)
	if err != nil {
		return tls.Certificate{}, err
	}
	//lint:ignore SA1019 keys encrypted in this way are what people have
	if b, _ := pem.Decode(key); b != nil && s.Password != "" && x509.IsEncryptedPEMBlock(b) {
		//lint:ignore SA1019 as above
		der, err := x509.DecryptPEMBlock(b, []byte(s.Password))
		if err != nil {
			return tls.Certificate{}, err
		}
		key = pem.EncodeToMemory(&pem.Block{Type: b.Type, Bytes: der})
	}
	return tls.X509KeyPair(cert, key)
}

// handshake begins TLS.
func (h *httpCheck) handshake(ctx context.Context, c net.Conn, u *conf.URL) (net.Conn, error) {
	config := h.tls
	if h.conf.SNI {
		config = config.Clone()
		config.ServerName = h.conf.SNIName
		if config.ServerName == "" {
			config.ServerName = u.VirtualHost
		}
	}
	raw := &eofConn{Conn: c}
	t := tls.Client(raw, config)
	if err := t.HandshakeContext(ctx); err != nil {
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
