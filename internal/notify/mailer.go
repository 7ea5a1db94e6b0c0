package notify

import (
	"context"
	"fmt"
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
	ctx    context.Context
	wg     *sync.WaitGroup

	mu      sync.Mutex // guards the rest; held for moments only
	waiting []alert
	active  bool
}

// alert is one message and where it goes.
type alert struct {
	to  mail.Server
	msg mail.Message
}

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
		if err := mail.Send(m.ctx, a.to, a.msg); err != nil {
			m.report(fmt.Sprintf("SMTP alert '%s' was not sent: %v", a.msg.Subject, err))
		} else {
			m.report("SMTP alert successfully sent.")
		}
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
