package conf

import (
	"encoding/hex"
	"net/netip"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Check is one checker of a real server.
type Check struct {
	Pos       syntax.Pos
	Kind      string // the keyword of the block
	Timing    Timing
	Target    netip.Addr // default: the real server
	Port      uint16
	Bind      netip.Addr
	BindPort  uint16
	BindLink  string
	Mark      uint32
	Alpha     bool
	Script    *Script // MISC_CHECK
	URLs      []*URL  // HTTP_GET, SSL_GET
	Name      string  // of what FILE_CHECK and BFD_CHECK look at, DNS_CHECK asks for
	Payload   []byte  // UDP_CHECK
	user      syntax.Word
	userGroup string
}

// checkKinds returns the blocks that are checkers.
func checkKinds() []string {
	return []string{"MISC_CHECK", "SMTP_CHECK", "TCP_CHECK", "PING_CHECK", "UDP_CHECK", "HTTP_GET", "SSL_GET", "DNS_CHECK", "FILE_CHECK", "BFD_CHECK"}
}

type checkKeyword = keyword[Check]

func checkRow(name string, kind Kind, a arg, set func(b *builder, t *Check, l entry)) checkKeyword {
	return checkKeyword{name: name, kind: kind, arg: a, owner: Checker, set: set}
}

// checkKeywords returns the table of one kind of checker.
func checkKeywords(kind string) []checkKeyword {
	switch kind {
	case "MISC_CHECK":
		return append(runKeywords(), miscKeywords()...)
	case "FILE_CHECK":
		return fileCheckKeywords()
	case "BFD_CHECK":
		return bfdCheckKeywords()
	}
	rows := append(connectKeywords(), runKeywords()...)
	switch kind {
	case "SMTP_CHECK":
		rows = append(rows, smtpKeywords()...)
	case "UDP_CHECK":
		rows = append(rows, udpKeywords()...)
	case "HTTP_GET":
		rows = append(rows, httpKeywords(false)...)
	case "SSL_GET":
		rows = append(rows, httpKeywords(true)...)
	case "DNS_CHECK":
		rows = append(rows, dnsKeywords()...)
	}
	return rows
}

// connectKeywords say where a checker connects to, and from where.
func connectKeywords() []checkKeyword {
	ip := func(name string, at func(t *Check) *netip.Addr) checkKeyword {
		return checkRow(name, Value, arg{form: anything, about: "IP"}, func(b *builder, t *Check, l entry) {
			a, ok := hostAddr(l.word(1))
			if !ok {
				b.err(l.Words[1], syntax.GeneralError, "Invalid "+name+" address "+l.word(1)+" - ignoring")
				return
			}
			*at(t) = a
		})
	}
	port := func(name string, at func(t *Check) *uint16) checkKeyword {
		return checkRow(name, Value, number(1, 65535), func(b *builder, t *Check, l entry) { *at(t) = uint16(l.val.n) })
	}
	return []checkKeyword{
		ip("connect_ip", func(t *Check) *netip.Addr { return &t.Target }),
		port("connect_port", func(t *Check) *uint16 { return &t.Port }),
		ip("bindto", func(t *Check) *netip.Addr { return &t.Bind }),
		port("bind_port", func(t *Check) *uint16 { return &t.BindPort }),
		checkRow("bind_if", Value, deviceArg(), func(b *builder, t *Check, l entry) { t.BindLink = l.val.s }),
		checkRow("fwmark", Value, number(0, maxUint), func(b *builder, t *Check, l entry) { t.Mark = uint32(l.val.n) }),
		checkRow("connect_timeout", Value, timer(1, maxTimer), func(b *builder, t *Check, l entry) { t.Timing.Connect = l.val.d }),
	}
}

// runKeywords say when a checker runs.
func runKeywords() []checkKeyword {
	var rows []checkKeyword
	for _, k := range timingKeywords(func(t *Check) *Timing { return &t.Timing }, 0) {
		if k.name != "connect_timeout" {
			rows = append(rows, k)
		}
	}
	return append(rows,
		checkRow("alpha", Value, boolArg(), func(b *builder, t *Check, l entry) { t.Alpha = l.val.on }),
		checkRow("log_all_failures", Value, boolArg(), nil))
}

func miscKeywords() []checkKeyword {
	return []checkKeyword{
		checkRow("misc_path", Value, soft(commandArg()), func(b *builder, t *Check, l entry) {
			if s, ok := b.readCommand(l); ok {
				s.User = User{}
				t.Script = s
			}
		}),
		checkRow("misc_timeout", Value, seconds(0, 4294), nil),
		checkRow("misc_dynamic", Flag, arg{}, nil),
		checkRow("user", Value, soft(accountArg()), func(b *builder, t *Check, l entry) { t.user, t.userGroup = l.Words[1], l.word(2) }),
	}
}

func smtpKeywords() []checkKeyword {
	host := append(connectKeywords(), runKeywords()...)
	return []checkKeyword{
		checkRow("helo_name", Value, soft(textArg()), nil),
		{name: "host", kind: Block, owner: Checker, old: true, rows: func() []Keyword { return list(host) },
			set: func(b *builder, t *Check, l entry) {
				if b.lvs.host == nil {
					b.lvs.host = newTable(append(connectKeywords(), runKeywords()...))
				}
				apply(b, b.lvs.host, l.Items(), &Check{Pos: l.Pos(), Kind: t.Kind}, "host")
			}},
	}
}

func udpKeywords() []checkKeyword {
	return []checkKeyword{
		checkRow("payload", List, soft(about(textArg(), "hex octets")), func(b *builder, t *Check, l entry) { t.Payload = b.readOctets(l, false) }),
		checkRow("require_reply", List, wordsArg("[hex octets, X wildcard]"), func(b *builder, t *Check, l entry) { b.readOctets(l, true) }),
		checkRow("min_reply_length", Value, number(0, 65535), nil),
		checkRow("max_reply_length", Value, number(0, 65535), nil),
	}
}

// readOctets reads quoted text or hexadecimal digits with blanks between them; X stands for any digit where allowed.
func (b *builder) readOctets(l entry, wildcard bool) []byte {
	if len(l.Words) == 2 && l.Words[1].Quoted() {
		return []byte(l.word(1))
	}
	digits := strings.Join(wordsOf(l.Directive)[1:], "")
	if wildcard {
		digits = strings.NewReplacer("X", "0", "x", "0").Replace(digits)
	}
	if len(digits)%2 != 0 {
		digits = "0" + digits
	}
	octets, err := hex.DecodeString(digits)
	if err != nil {
		b.report(l.Directive, syntax.GeneralError, "Invalid hex string for UDP_CHECK "+l.Name())
		return nil
	}
	return octets
}

func dnsKeywords() []checkKeyword {
	const types = " A NS CNAME SOA MX TXT AAAA RRSIG DNSKEY "
	return []checkKeyword{
		checkRow("type", Value, textArg(), func(b *builder, t *Check, l entry) {
			if !strings.Contains(types, " "+strings.ToUpper(l.val.s)+" ") {
				b.err(l.Words[1], syntax.GeneralError, "Unknown DNS check type "+l.val.s+" - ignoring")
			}
		}),
		checkRow("name", Value, textArg(), func(b *builder, t *Check, l entry) {
			if l.val.s != "." && strings.Contains("."+strings.TrimSuffix(l.val.s, "."), "..") {
				b.err(l.Words[1], syntax.GeneralError, "DNS_CHECK name '"+l.val.s+"' has empty label - ignoring")
				return
			}
			t.Name = l.val.s
		}),
	}
}

func fileCheckKeywords() []checkKeyword {
	return []checkKeyword{
		checkRow("track_file", Value, textArg(), func(b *builder, t *Check, l entry) {
			if !b.vrrp.trackFiles[l.val.s] {
				b.err(l.Words[1], syntax.GeneralError, "track_file "+l.val.s+" not found")
				return
			}
			t.Name = l.val.s
		}),
		checkRow("weight", Value, soft(about(integer(-maxInt, maxInt), "[reverse or noreverse]")), nil),
	}
}

func bfdCheckKeywords() []checkKeyword {
	return []checkKeyword{
		checkRow("name", Value, soft(textArg()), func(b *builder, t *Check, l entry) { t.Name = l.val.s }),
		checkRow("alpha", Value, boolArg(), func(b *builder, t *Check, l entry) { t.Alpha = l.val.on }),
	}
}

// readCheck reads one checker and leaves it out when it lacks what it needs.
func (b *builder) readCheck(s *RealServer, l entry, kind string) {
	if b.lvs.checkers == nil {
		b.lvs.checkers = map[string]table[Check]{}
	}
	t, ok := b.lvs.checkers[kind]
	if !ok {
		t = newTable(checkKeywords(kind))
		b.lvs.checkers[kind] = t
	}
	c := &Check{Pos: l.Pos(), Kind: kind}
	apply(b, t, l.Items(), c, kind)
	b.bindFamily(c, s)
	if problem := b.incomplete(c, s); problem != "" {
		b.report(l.Directive, syntax.GeneralError, problem)
		return
	}
	s.Checks = append(s.Checks, c)
}

// bindFamily leaves out a source address that cannot reach the target.
func (b *builder) bindFamily(c *Check, s *RealServer) {
	target := c.Target
	if !target.IsValid() {
		target = s.Addr
	}
	if c.Bind.IsValid() && c.Bind.Is6() != target.Is6() {
		b.add(syntax.Diagnostic{Pos: c.Pos, Severity: syntax.GeneralError,
			Text: "bindto address " + c.Bind.String() + " does not match address family of connect_ip - skipping"})
		c.Bind = netip.Addr{}
	}
}

// incomplete returns what is wrong with a checker; nothing when it can run.
func (b *builder) incomplete(c *Check, s *RealServer) string {
	switch c.Kind {
	case "MISC_CHECK":
		if c.Script == nil {
			return "No script path has been specified for MISC_CHECKER - skipping"
		}
		if c.user.Text != "" {
			c.Script.User = User{c.user.Text, c.userGroup}
			if !b.ids(c.Script.User).ok {
				return "Failed to set uid/gid for misc checker script '" + c.Script.Argv[0] + "' - removing"
			}
		} else if _, ok := b.defaultUserAt(c.Pos); !ok {
			return "Failed to set uid/gid for misc checker script '" + c.Script.Argv[0] + "' - removing"
		}
	case "HTTP_GET", "SSL_GET":
		if len(c.URLs) == 0 {
			return "HTTP/SSL_GET checker has no urls specified - ignoring"
		}
	case "FILE_CHECK":
		if c.Name == "" {
			return "FILE_CHECK has no track_file specified - ignoring"
		}
	case "BFD_CHECK":
		if c.Name == "" {
			return s.name() + " No name has been specified for BFD_CHECKER - skipping"
		}
		if !b.vrrp.bfd[c.Name] {
			return s.name() + " BFD_CHECK - BFD " + c.Name + " not configured"
		}
	}
	return ""
}
