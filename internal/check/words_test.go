package check

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// The lines and mails of every checker are those of keepalived.
func TestWords(t *testing.T) {
	const server, virtual = "[127.0.0.2]:tcp:80", "[10.0.0.1]:tcp:80"
	first := Verdict{First: true, Changed: true, Retries: 2}
	later := Verdict{Changed: true, Try: 2, Retries: 2}
	with := func(v Verdict, err error) Verdict { v.Err, v.Up = err, err == nil; return v }
	smtp := func(what string) error { return SMTPError{what, ErrTimeout} }
	for _, c := range []struct {
		kind       string
		v          Verdict
		line, mail string
	}{
		{"TCP_CHECK", with(first, nil), "TCP connection to " + server + " success.", "TCP CHECK succeed on service"},
		{"TCP_CHECK", with(first, ErrRefused), "TCP_CHECK on service " + server + " failed.", "TCP CHECK failed on service"},
		{"TCP_CHECK", with(later, ErrTimeout), "TCP_CHECK on service " + server + " failed after 2 retries.", "TCP CHECK failed on service"},
		{"UDP_CHECK", with(later, ErrTimeout), "UDP_CHECK on service " + server + " failed after 2 retries.", "UDP CHECK failed on service"},
		{"PING_CHECK", with(later, ErrTimeout), "ICMP CHECK on service " + server + " of " + virtual + " failed after 2 retries.", "ICMP CHECK failed on service"},
		{"HTTP_GET", with(later, ErrAnswer), "HTTP_CHECK on service " + server + " failed after 2 retries.", "CHECK failed on service : HTTP/SSL request failed"},
		{"SSL_GET", with(first, nil), "Remote Web server " + server + " succeed on service.", "CHECK succeed on service"},
		{"SMTP_CHECK", with(later, smtp("Could not connect to")), "SMTP_CHECK Could not connect to server [127.0.0.2]:80", "CHECK failed on service : Could not connect to server [127.0.0.2]:80"},
		{"SMTP_CHECK", with(first, smtp("Bad HELO response from")), "SMTP_CHECK Bad HELO response from server [127.0.0.2]:80", "CHECK failed on service : Bad HELO response from server [127.0.0.2]:80"},
		{"DNS_CHECK", with(first, nil), "", "DNS_CHECK: succeed on service"},
		{"DNS_CHECK", with(first, ErrTimeout), "DNS_CHECK (" + server + ") read timeout from socket", "DNS_CHECK: failed on service"},
		{"DNS_CHECK", with(later, ErrRefused), "DNS_CHECK (" + server + ") failed to read socket; errno 111 (Connection refused) after 2 retries", "DNS_CHECK: failed on service"},
		{"DNS_CHECK", with(first, unix.EHOSTUNREACH), "DNS_CHECK (" + server + ") network unreachable for [127.0.0.2]:80", "DNS_CHECK: failed on service"},
		{"SMTP_CHECK", with(first, SMTPError{"Could not connect to", unix.ENETUNREACH}), "SMTP_CHECK Network unreachable for server 127.0.0.2 - real server [127.0.0.2]:80", "CHECK failed on service : Could not connect to server [127.0.0.2]:80"},
		{"DNS_CHECK", with(first, fmt.Errorf("%w: %w", ErrAnswer, DNSError(2))), "DNS_CHECK (" + server + ") read error occurred. (rcode = 2)", "DNS_CHECK: failed on service"},
		{"MISC_CHECK", with(first, nil), "Misc check for [" + server + " VS " + virtual + "] by [/s] succeeded.", "MISC CHECK succeeded on service"},
		{"MISC_CHECK", with(first, ErrTimeout), "Misc check for [" + server + " VS " + virtual + "] by [/s] timed out after 2 retries.", "MISC CHECK timed out on service"},
		{"MISC_CHECK", with(later, ExitError{Number: 1}), "Misc check for [" + server + " VS " + virtual + "] by [/s] failed after 2 retries (exited with status 1).", "MISC CHECK failed on service"},
		{"TCP_CHECK", with(Verdict{Retry: true, Retries: 2}, ErrTimeout), "", ""},
		{"TCP_CHECK", with(Verdict{}, errors.New("x")), "", ""},
	} {
		k := &conf.Check{Kind: c.kind, Target: netip.MustParseAddr("127.0.0.2"), Port: 80,
			Specifics: &conf.Specifics{Script: &conf.Script{Argv: []string{"/s"}}}}
		if line, mail := Words(k, c.v, server, virtual); line != c.line || mail != c.mail {
			t.Errorf("%s %v:\n%s\n%s\nwant\n%s\n%s", c.kind, c.v.Err, line, mail, c.line, c.mail)
		}
	}
}

// While a server is down each url that is well is told of; with alpha nobody hears of its first failure.
func TestRegainedWords(t *testing.T) {
	k := &conf.Check{Kind: "HTTP_GET", Specifics: &conf.Specifics{URLs: []*conf.URL{{Path: "/a"}, {Path: "/b", Digest: "x"}, {Path: "/c", Digest: "x", Regex: "y"}}}}
	for i, want := range []string{"HTTP status code success to S url(/a)", "MD5 digest success to S url(/b)", "Regex match success to S url(/c)"} {
		if line := Regained(k, Verdict{URL: i}, "S"); line != want {
			t.Errorf("%q, want %q", line, want)
		}
	}
	if line, mail := Words(k, Verdict{First: true, Err: ErrRefused}, "S", "V"); line != "" || mail != "" {
		t.Errorf("%q, %q", line, mail)
	}
}

// With log_all_failures every failure is said.
func TestEveryFailureIsSaid(t *testing.T) {
	k := &conf.Check{Kind: "TCP_CHECK", LogAll: true, Specifics: &conf.Specifics{}}
	for err, want := range map[error]string{ErrTimeout: "TCP connection to S timeout.", ErrRefused: "TCP connection to S failed."} {
		if line, _ := Words(k, Verdict{Retry: true, Retries: 2, Err: err}, "S", "V"); line != want {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// A check that could not ask its server has keepalived's lines, and one that names the server the first time in a row.
func TestUnableWords(t *testing.T) {
	const server = "[127.0.0.2]:tcp:80"
	const stays = "service " + server + " is not checked: cannot "
	for _, c := range []struct {
		kind string
		err  LocalError
		want []string
	}{
		{"TCP_CHECK", LocalError{What: NoSocket, Err: unix.EMFILE}, []string{"TCP connect fail to create socket. Rescheduling.",
			stays + "open a socket: too many open files - it stays as it is"}},
		{"HTTP_GET", LocalError{What: NoAddress, Err: unix.EADDRNOTAVAIL}, []string{"Checker bind failed: Cannot assign requested address", "WEB socket bind failed. Rescheduling",
			stays + "bind to the address: cannot assign requested address - it stays as it is"}},
		{"SMTP_CHECK", LocalError{NoInterface, "nosuch0", unix.ENODEV}, []string{"Checker can't bind to device nosuch0: No such device", "SMTP_CHECK socket bind failed. Rescheduling.",
			stays + "bind to interface nosuch0: no such device - it stays as it is"}},
		{"DNS_CHECK", LocalError{What: NoConnection, Err: unix.EINVAL}, []string{"socket connect error 22 - Invalid argument", "DNS_CHECK (" + server + ") UDP socket bind failed. Rescheduling.",
			stays + "begin to connect: invalid argument - it stays as it is"}},
		{"PING_CHECK", LocalError{What: NoMark, Err: unix.EPERM}, []string{"Error setting fwmark 7 to socket: Operation not permitted", "ICMP socket bind failed. Rescheduling.",
			stays + "mark the socket: operation not permitted - it stays as it is"}},
	} {
		k := &conf.Check{Kind: c.kind, Mark: 7, Target: netip.MustParseAddr("127.0.0.2"), Port: 80}
		for _, again := range []bool{false, true} {
			want := slices.Clone(c.want)
			if again {
				want = want[:len(want)-1]
				if c.err.What == NoConnection {
					want = want[1:]
				}
			}
			if got := Unable(k, Verdict{Unasked: true, Again: again, Err: c.err}, server); !slices.Equal(got, want) {
				t.Errorf("%s, again %t:\n%q, want\n%q", c.kind, again, got, want)
			}
		}
	}
}
