package agentx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Endpoint is where a master agent may listen, in the words of package net.
type Endpoint struct{ Network, Address string }

// The places of a master that nothing was said of (snmpd.conf(5), agentXSocket), and its port (RFC 2741 section 8.1.1).
const (
	masterPath = "/var/agentx/master"
	masterPort = "705"
)

// networks are the transports that a specification may begin with.
func networks() map[string]string {
	return map[string]string{"unix": "unix", "tcp": "tcp4", "udp": "udp4", "tcp6": "tcp6", "tcpv6": "tcp6", "tcpipv6": "tcp6",
		"udp6": "udp6", "udpv6": "udp6", "udpipv6": "udp6"}
}

// Endpoints returns the places that a specification of a socket stands for, in the order in which they are tried, as net-snmp
// reads it: a transport and an address (unix:/path, tcp:host:port, udp:host:port), an absolute path, or what may be a path as
// well as host:port, host or port.
func Endpoints(spec string) []Endpoint {
	if spec == "" {
		return []Endpoint{{"unix", masterPath}, {"tcp4", "localhost:" + masterPort}}
	}
	if transport, rest, ok := strings.Cut(spec, ":"); ok && networks()[transport] != "" {
		network := networks()[transport]
		if network == "unix" {
			return []Endpoint{{network, rest}}
		}
		if address, ok := hostPort(rest); ok {
			return []Endpoint{{network, address}}
		}
		return nil
	}
	all := []Endpoint{{"unix", spec}}
	if address, ok := hostPort(spec); ok && spec[0] != '/' {
		all = append(all, Endpoint{"tcp4", address})
	}
	return all
}

// hostPort returns host and port, of which one may be left out.
func hostPort(s string) (string, bool) {
	if strings.Trim(s, "0123456789") == "" {
		return net.JoinHostPort("localhost", s), s != ""
	}
	host, port, err := net.SplitHostPort(s)
	switch {
	case err != nil && strings.Contains(err.Error(), "missing port"):
		return net.JoinHostPort(strings.Trim(s, "[]"), masterPort), true
	case err != nil:
		return "", false
	case host == "":
		host = "localhost"
	}
	return net.JoinHostPort(host, port), true
}

// dialTimeout bounds one attempt to connect.
const dialTimeout = 5 * time.Second

// ErrSocket means that a specification of a socket names no place.
var ErrSocket = errors.New("not an address of a master agent")

// Dial connects to the first place of a specification where someone listens.
func Dial(ctx context.Context, spec string) (net.Conn, error) {
	err := fmt.Errorf("%w: %s", ErrSocket, spec)
	for _, e := range Endpoints(spec) {
		d := net.Dialer{Timeout: dialTimeout}
		var c net.Conn
		if c, err = d.DialContext(ctx, e.Network, e.Address); err == nil {
			return c, nil
		}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err // the place is known
	}
	return nil, err
}
