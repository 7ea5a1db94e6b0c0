package notify

import (
	"fmt"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// NewForServers returns a Notifier for the checker child: it writes to the FIFO of that child, and to the one of both.
func NewForServers(def conf.User, report func(text string)) *Notifier {
	n := New(def, report)
	n.servers = true
	n.mailer.patience, n.mailer.retry = alertPatience, alertRetry
	return n
}

// ServerChange tells of a change of a real or virtual server: key names it, line is what a FIFO says without its end,
// script may be nil. Lines of servers end with a zero octet after the newline.
func (n *Notifier) ServerChange(key, line string, script *conf.Script) {
	if script != nil {
		n.enqueue(key, []call{{script: script}})
	}
	for _, p := range n.pipes {
		p.fifo.Write(line + "\n\x00")
	}
}

// Alert sends a mail when the configuration has someone to send it to.
func (n *Notifier) Alert(subject, body string) {
	if len(n.mail.To) > 0 {
		n.mailer.send(&n.mail, fmt.Sprintf("[%s] %s", n.routerID, subject), body)
	}
}
