package check

import "github.com/keepalived-go/keepalived/internal/conf"

// tcpCheck connects, and nothing more.
type tcpCheck struct{ conf *conf.Check }

func (t tcpCheck) step(s *session) (uint32, error) {
	e := target(t.conf)
	return s.connect(&e)
}
