package notify

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"sync"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/mail"
)

// maxMails bounds the alerts that wait for the server; past it the oldest are given up, never the newest.
const maxMails = 256

// mailer sends alerts, one after the other.
type mailer struct {
	report func(text string)
	// patience is how long an alert waits for a server that is away; 0: it is tried once, as keepalived does.
	patience time.Duration
	retry    time.Duration // between two tries
	ctx      context.Context
	wg       *sync.WaitGroup

	mu      sync.Mutex // guards the rest; held for moments only
	waiting []alert
	active  bool
}

// alert is one message and where it goes.
type alert struct {
	to    mail.Server
	msg   mail.Message
	tried bool
}

const (
	// alertPatience is how long the alerts of the checker child wait for their server.
	alertPatience = 10 * time.Minute
	// alertRetry is how often they are tried.
	alertRetry = 5 * time.Second
)

// send queues the message.
func (m *mailer) send(c *conf.Mail, subject, body string) {
	a := alert{
		to:  mail.Server{Host: c.Server, Port: c.Port, Helo: c.Helo, Timeout: c.Timeout},
		msg: mail.Message{From: c.From, To: c.To, Subject: subject, Body: body + "\n\n", Date: time.Now()},
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting = append(m.waiting, a); len(m.waiting) > maxMails {
		m.waiting = m.waiting[1:]
	}
	if !m.active {
		m.active = true
		m.wg.Add(1)
		go m.work()
	}
}

// work sends what waits until nothing is left. A message that cannot be delivered is reported and dropped.
func (m *mailer) work() {
	defer m.wg.Done()
	for {
		a, ok := m.next()
		if !ok {
			return
		}
		err := mail.Send(m.ctx, a.to, a.msg)
		switch {
		case err == nil:
			m.report("SMTP alert successfully sent.")
		case time.Since(a.msg.Date) < m.patience && away(err):
			m.again(a, err)
		default:
			m.report(fmt.Sprintf("SMTP alert '%s' was not sent: %v", a.msg.Subject, err))
		}
	}
}

// away tells whether the server may take the message later: it has not answered, or not for good (RFC 5321 section 4.2.1).
func away(err error) bool {
	var answer *textproto.Error
	return !errors.As(err, &answer) || answer.Code < 500
}

// again puts the alert back and lets some time go by.
func (m *mailer) again(a alert, err error) {
	if !a.tried {
		m.report(fmt.Sprintf("SMTP alert '%s' waits for its server: %v", a.msg.Subject, err))
	}
	a.tried = true
	m.mu.Lock()
	if len(m.waiting) < maxMails {
		m.waiting = slices.Insert(m.waiting, 0, a)
	}
	m.mu.Unlock()
	t := time.NewTimer(m.retry)
	defer t.Stop()
	select {
	case <-t.C:
	case <-m.ctx.Done():
	}
}

func (m *mailer) next() (alert, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.waiting) == 0 || m.ctx.Err() != nil {
		m.active = false
		return alert{}, false
	}
	a := m.waiting[0]
	m.waiting = m.waiting[1:]
	return a, true
}

// mailOf returns subject and body of the alert for a note; false: there is none for it.
func (n Note) mailOf(routerID string) (subject, body string, ok bool) {
	event := map[string]string{"MASTER": "Entering MASTER state", "BACKUP": "Entering BACKUP state",
		"FAULT": "Entering FAULT state", "STOP": "Stopping", "DELETED": "Deleted"}[n.State]
	if event == "" {
		return "", "", false
	}
	if n.Type == "GROUP" {
		body = "=> All VRRP group instances are now in " + n.State + " state <="
		if n.State == "STOP" {
			body = "=> All VRRP group instances are now stopping <="
		}
		return fmt.Sprintf("[%s] VRRP Group %s - %s", routerID, n.Name, event), body, true
	}
	switch n.State {
	case "MASTER":
		body = "=> VRRP Instance is now owning VRRP VIPs <="
	case "STOP":
		body = "=> VRRP Instance stopping <="
	case "DELETED":
		body = "=> VRRP Deleted at reload <="
	default:
		body = "=> VRRP Instance is no longer owning VRRP VIPs <="
	}
	return fmt.Sprintf("[%s] VRRP Instance %s - %s", routerID, n.Name, event), body, true
}
