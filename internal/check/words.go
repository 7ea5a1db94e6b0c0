package check

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// Words returns the log line and the body of the mail for a verdict on a service; the line is empty when nothing is to be
// said. Server and virtual are the names of the log.
func Words(c *conf.Check, v Verdict, server, virtual string) (line, mail string) {
	if c.Kind == "MISC_CHECK" {
		return miscLine(c, v, server, virtual), miscMail(v)
	}
	switch {
	case v.Err == nil:
		return upLine(c, server), mailOf(c, v)
	case v.Retry && !c.LogAll, !v.Retry && !v.Changed && !v.First && !c.LogAll:
		return "", ""
	case v.Retry || !v.Changed && !v.First:
		return tryLine(c, v, server), ""
	case !v.Changed && len(c.URLs) > 0: // it has alpha
		return "", ""
	}
	return downLine(c, v, server, virtual), mailOf(c, v)
}

// Regained returns the log line on a url of a server that is down, which is well.
func Regained(c *conf.Check, v Verdict, server string) string {
	u, what := c.URLs[v.URL], "HTTP status code"
	switch {
	case u.Regex != "":
		what = "Regex match"
	case u.Digest != "":
		what = "MD5 digest"
	}
	return what + " success to " + server + " url(" + u.Path + ")"
}

// Unable returns the log lines on a check that could not ask its server: keepalived's, and the first time in a row what the
// matter is.
func Unable(c *conf.Check, v Verdict, server string) (lines []string) {
	var e LocalError
	if !errors.As(v.Err, &e) {
		return nil
	}
	switch text := sentence(e.Err); {
	case e.What == NoAddress:
		lines = append(lines, "Checker bind failed: "+text)
	case e.What == NoInterface:
		lines = append(lines, "Checker can't bind to device "+e.Link+": "+text)
	case e.What == NoMark:
		lines = append(lines, fmt.Sprintf("Error setting fwmark %d to socket: %s", c.Mark, text))
	case e.What == NoConnection && !v.Again:
		var number unix.Errno
		errors.As(e.Err, &number)
		lines = append(lines, fmt.Sprintf("socket connect error %d - %s", int(number), text))
	}
	lines = append(lines, unableLine(c, e.What == NoSocket, server))
	if !v.Again {
		lines = append(lines, fmt.Sprintf("service %s is not checked: %v - it stays as it is", server, e))
	}
	return lines
}

// sentence returns what the system says, as C programs print it.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// unableLine returns keepalived's line: what is lacking is a socket, or what it is to be bound to.
func unableLine(c *conf.Check, socket bool, server string) string {
	switch c.Kind {
	case "HTTP_GET", "SSL_GET":
		if socket {
			return "WEB connection fail to create socket. Rescheduling."
		}
		return "WEB socket bind failed. Rescheduling"
	case "SMTP_CHECK":
		if socket {
			return "SMTP_CHECK connection failed to create socket. Rescheduling."
		}
		return "SMTP_CHECK socket bind failed. Rescheduling."
	case "DNS_CHECK":
		if socket {
			return "DNS_CHECK (" + server + ") failed to create socket. Rescheduling."
		}
		return "DNS_CHECK (" + server + ") UDP socket bind failed. Rescheduling."
	}
	what := protocolOf(c)
	if c.Kind == "PING_CHECK" && c.Target.Is6() {
		what = "ICMPv6"
	}
	if socket {
		return what + " connect fail to create socket. Rescheduling."
	}
	return what + " socket bind failed. Rescheduling."
}

func upLine(c *conf.Check, server string) string {
	switch c.Kind {
	case "TCP_CHECK":
		return "TCP connection to " + server + " success."
	case "UDP_CHECK":
		return "UDP connection to " + server + " success."
	case "PING_CHECK":
		return "ICMP connection to " + server + " success."
	case "SMTP_CHECK":
		return "Remote SMTP server " + server + " succeed on service."
	case "HTTP_GET", "SSL_GET":
		return "Remote Web server " + server + " succeed on service."
	}
	return ""
}

// protocolOf returns what the lines of some checkers begin with; empty for the others.
func protocolOf(c *conf.Check) string {
	return map[string]string{"TCP_CHECK": "TCP", "UDP_CHECK": "UDP", "PING_CHECK": "ICMP"}[c.Kind]
}

// tryLine returns the line of a failure that does not count, or not any more.
func tryLine(c *conf.Check, v Verdict, server string) string {
	what := protocolOf(c)
	switch {
	case what != "" && errors.Is(v.Err, ErrTimeout):
		return what + " connection to " + server + " timeout."
	case what != "":
		return what + " connection to " + server + " failed."
	}
	return fmt.Sprintf("%s on service %s: %v", name(c), server, v.Err)
}

// name returns what the lines call a checker.
func name(c *conf.Check) string {
	switch c.Kind {
	case "HTTP_GET":
		return "HTTP_CHECK"
	case "SSL_GET":
		return "SSL_CHECK"
	}
	return c.Kind
}

func downLine(c *conf.Check, v Verdict, server, virtual string) string {
	after := " failed."
	if v.Try > 0 {
		after = fmt.Sprintf(" failed after %d retries.", v.Try)
	}
	switch c.Kind {
	case "SMTP_CHECK":
		var e SMTPError
		switch {
		case unreachable(v.Err):
			return fmt.Sprintf("SMTP_CHECK Network unreachable for server %s - real server %s", c.Target, withoutProtocol(server))
		case errors.As(v.Err, &e):
			return fmt.Sprintf("SMTP_CHECK %s server [%s]:%d", e.What, c.Target, c.Port)
		}
		return fmt.Sprintf("SMTP_CHECK on service %s%s (%v)", server, after, v.Err)
	case "DNS_CHECK":
		return fmt.Sprintf("DNS_CHECK (%s) %s%s", server, dnsReason(c, v.Err), strings.TrimSuffix(strings.TrimPrefix(after, " failed"), "."))
	case "PING_CHECK":
		return "ICMP CHECK on service " + server + " of " + virtual + after
	case "HTTP_GET", "SSL_GET":
		return name(c) + " on service " + server + after
	}
	return c.Kind + " on service " + server + after
}

// withoutProtocol returns [address]:port of a server that log lines have as [address]:protocol:port.
func withoutProtocol(server string) string {
	return server[:strings.LastIndexByte(server, ']')+1] + server[strings.LastIndexByte(server, ':'):]
}

// dnsReason returns how a question has failed.
func dnsReason(c *conf.Check, err error) string {
	var code DNSError
	switch {
	case errors.As(err, &code):
		return fmt.Sprintf("read error occurred. (rcode = %d)", int(code))
	case errors.Is(err, ErrTimeout):
		return "read timeout from socket"
	case errors.Is(err, ErrRefused):
		return fmt.Sprintf("failed to read socket; errno %d (Connection refused)", int(unix.ECONNREFUSED))
	case unreachable(err):
		return fmt.Sprintf("network unreachable for [%s]:%d", c.Target, c.Port)
	}
	return err.Error()
}

// unreachable tells whether there is no way to the server.
func unreachable(err error) bool {
	return errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH)
}

func mailOf(c *conf.Check, v Verdict) string {
	well := v.Err == nil
	end := "failed on service"
	if well {
		end = "succeed on service"
	}
	switch c.Kind {
	case "TCP_CHECK":
		return "TCP CHECK " + end
	case "UDP_CHECK":
		return "UDP CHECK " + end
	case "PING_CHECK":
		return "ICMP CHECK " + end
	case "DNS_CHECK":
		return "DNS_CHECK: " + end
	case "HTTP_GET", "SSL_GET":
		if !well {
			return "CHECK failed on service : HTTP/SSL request failed"
		}
	case "SMTP_CHECK":
		var e SMTPError
		if errors.As(v.Err, &e) {
			return fmt.Sprintf("CHECK failed on service : %s server [%s]:%d", e.What, c.Target, c.Port)
		}
	}
	return "CHECK " + end
}

// miscLine returns what the log says of a script: every change, and every failure when all are wanted.
func miscLine(c *conf.Check, v Verdict, server, virtual string) string {
	if !v.Changed && !v.First && (v.Err == nil || !c.LogAll) || v.Retry && !c.LogAll {
		return ""
	}
	outcome, how := "succeeded", ""
	var exit ExitError
	switch {
	case errors.Is(v.Err, ErrTimeout):
		outcome = "timed out"
	case v.Err != nil:
		outcome = "failed"
		if errors.As(v.Err, &exit) {
			how = " (" + exit.Error() + ")"
		} else {
			how = " (" + v.Err.Error() + ")"
		}
	}
	return fmt.Sprintf("Misc check for [%s VS %s] by [%s] %s%s%s.", server, virtual, c.Script.Argv[0], outcome, tries(v), how)
}

// tries tells of the repetitions of a failed check.
func tries(v Verdict) string {
	switch {
	case v.Err == nil:
		return ""
	case v.Retry && v.Try == 0:
		return fmt.Sprintf(", will do %d %s", v.Retries, plural(v.Retries))
	case v.Retry:
		return fmt.Sprintf(" on retry %d/%d", v.Try, v.Retries)
	case v.Retries == 0:
		return " with retry disabled"
	case v.Try > 0:
		return fmt.Sprintf(" after %d %s", v.Try, plural(v.Try))
	case v.First: // its retries count as used up
		return fmt.Sprintf(" after %d %s", v.Retries, plural(v.Retries))
	}
	return ""
}

func plural(n int) string {
	if n == 1 {
		return "retry"
	}
	return "retries"
}

func miscMail(v Verdict) string {
	switch {
	case v.Err == nil:
		return "MISC CHECK succeeded on service"
	case errors.Is(v.Err, ErrTimeout):
		return "MISC CHECK timed out on service"
	}
	return "MISC CHECK failed on service"
}
