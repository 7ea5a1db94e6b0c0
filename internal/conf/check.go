package conf

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// Check is one checker of a real server. There may be tens of thousands: small fields stand together.
type Check struct {
	Pos         syntax.Pos
	Kind        string     // the keyword of the block
	Timing      *Timing    // shared by those that are alike, and not to be written to
	Target      netip.Addr // default: the real server; BFD_CHECK, FILE_CHECK and MISC_CHECK have none
	Bind        netip.Addr
	BindLink    string
	Mark        uint32
	Port        uint16 // default: that of the real server
	BindPort    uint16
	Alpha       bool
	LogAll      bool // log_all_failures
	*Specifics       // never nil; without any it is shared, and not to be written to
	*checkBlock      // nil once all is settled
}

// Specifics are what some kinds of checkers have. Thousands of TCP_CHECKs do without.
type Specifics struct {
	DNSType            uint16        // DNS_CHECK; default SOA
	Dynamic            bool          // MISC_CHECK: exit codes 2 to 255 set the weight
	SNI                bool          // HTTP_GET, SSL_GET
	FastRecovery       bool          // HTTP_GET, SSL_GET
	TLSCompliant       bool          // HTTP_GET, SSL_GET
	NeedReply          bool          // UDP_CHECK: without an answer it fails
	Reverse            bool          // FILE_CHECK: the other sign
	Script             *Script       // MISC_CHECK
	URLs               []*URL        // HTTP_GET, SSL_GET
	Name               string        // of what FILE_CHECK and BFD_CHECK look at, DNS_CHECK asks for
	Payload            []byte        // UDP_CHECK
	ScriptTimeout      time.Duration // MISC_CHECK; default Loop of the virtual server
	VirtualHost        string        // HTTP_GET, SSL_GET, settled for those urls that say nothing
	HTTPVersion        string        // 1.0, 1.1 or 1.0C; default 1.0
	SNIName            string        // empty: the virtual host
	HELO               string        // SMTP_CHECK
	Reply, ReplyMask   []byte        // UDP_CHECK: what the answer begins with; bits that are zero in the mask do not count
	MinReply, MaxReply int           // UDP_CHECK: bytes, 0 to 65535; default 0 and 255
	Weight             int           // FILE_CHECK: multiplies the number in the file; default that of the track_file
}

// checkBlock is what a checker is given as long as its block is read.
type checkBlock struct {
	timing        Timing
	weightSet     bool
	alpha, logAll *bool
	hosts         []*Check // of SMTP_CHECK
	user          syntax.Word
	userGroup     string
}

// checkKinds returns the blocks that are checkers.
func checkKinds() []string {
	return []string{"MISC_CHECK", "SMTP_CHECK", "TCP_CHECK", "PING_CHECK", "UDP_CHECK", "HTTP_GET", "SSL_GET", "DNS_CHECK", "FILE_CHECK", "BFD_CHECK"}
}

type checkKeyword = keyword[Check]

func checkRow(name string, kind Kind, a arg, set func(b *builder, t *Check, l entry)) checkKeyword {
	return checkKeyword{name: name, kind: kind, arg: a, owner: Checker, effect: on, set: set}
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
		checkRow("connect_timeout", Value, timer(1, maxTimer), func(b *builder, t *Check, l entry) { t.timing.Connect = l.val.d }),
	}
}

// runKeywords say when a checker runs.
func runKeywords() []checkKeyword {
	var rows []checkKeyword
	for _, k := range timingKeywords(func(t *Check) *Timing { return &t.timing }, 0) {
		if k.name != "connect_timeout" {
			rows = append(rows, k)
		}
	}
	return append(rows,
		checkRow("alpha", Value, boolArg(), func(b *builder, t *Check, l entry) { t.alpha = &l.val.on }),
		checkRow("log_all_failures", Value, boolArg(), func(b *builder, t *Check, l entry) { t.logAll = &l.val.on }))
}

func miscKeywords() []checkKeyword {
	return []checkKeyword{
		checkRow("misc_path", Value, soft(commandArg()), func(b *builder, t *Check, l entry) {
			if s, ok := b.readCommand(l); ok {
				s.User = User{}
				t.Script = s
			}
		}),
		checkRow("misc_timeout", Value, seconds(0, 4294), func(b *builder, t *Check, l entry) { t.ScriptTimeout = l.val.d }),
		checkRow("misc_dynamic", Flag, arg{}, func(b *builder, t *Check, l entry) { t.Dynamic = true }),
		checkRow("user", Value, soft(accountArg()), func(b *builder, t *Check, l entry) { t.user, t.userGroup = l.Words[1], l.word(2) }),
	}
}

func smtpKeywords() []checkKeyword {
	host := append(connectKeywords(), runKeywords()...)
	return []checkKeyword{
		checkRow("helo_name", Value, soft(textArg()), func(b *builder, t *Check, l entry) { t.HELO = l.val.s }),
		{name: "host", kind: Block, owner: Checker, old: true, effect: on, rows: func() []Keyword { return list(host) },
			set: func(b *builder, t *Check, l entry) {
				if b.lvs.host == nil {
					b.lvs.host = newTable(append(connectKeywords(), runKeywords()...))
				}
				h := newCheck(l.Pos(), t.Kind)
				apply(b, b.lvs.host, l.Items(), h, "host")
				t.hosts = append(t.hosts, h)
			}},
	}
}

func udpKeywords() []checkKeyword {
	return []checkKeyword{
		checkRow("payload", List, soft(about(textArg(), "hex octets")), func(b *builder, t *Check, l entry) { t.Payload, _ = b.readOctets(l, false) }),
		checkRow("require_reply", List, wordsArg("[hex octets, X wildcard]"), func(b *builder, t *Check, l entry) {
			t.NeedReply = true
			t.Reply, t.ReplyMask = b.readOctets(l, true)
		}),
		checkRow("min_reply_length", Value, number(0, 65535), func(b *builder, t *Check, l entry) { t.MinReply = int(l.val.n) }),
		checkRow("max_reply_length", Value, number(0, 65535), func(b *builder, t *Check, l entry) { t.MaxReply = int(l.val.n) }),
	}
}

// readOctets reads quoted text or hexadecimal digits with blanks between them; X stands for any digit where allowed. The
// mask has zeros where it stands.
func (b *builder) readOctets(l entry, wildcard bool) (octets, mask []byte) {
	if len(l.Words) == 2 && l.Words[1].Quoted() {
		octets = []byte(l.word(1))
		return octets, bytes.Repeat([]byte{0xff}, len(octets))
	}
	digits := strings.Join(wordsOf(l.Directive)[1:], "")
	if len(digits)%2 != 0 {
		digits = "0" + digits
	}
	where := strings.Map(func(r rune) rune {
		if wildcard && (r == 'X' || r == 'x') {
			return '0'
		}
		return 'f'
	}, digits)
	if wildcard {
		digits = strings.NewReplacer("X", "0", "x", "0").Replace(digits)
	}
	octets, err := hex.DecodeString(digits)
	if err != nil {
		b.report(l.Directive, syntax.GeneralError, "Invalid hex string for UDP_CHECK "+l.Name())
		return nil, nil
	}
	mask, _ = hex.DecodeString(where)
	return octets, mask
}

// dnsTypes are the types of records that can be asked for, with their numbers (RFC 1035 section 3.2.2).
var dnsTypes = map[string]uint16{"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "RRSIG": 46, "DNSKEY": 48}

// dnsType returns the number of a type of records, 0 for those that cannot be asked for.
func dnsType(name string) uint16 { return dnsTypes[strings.ToUpper(name)] }

// DNSTypeName returns the name of a type of records, or its number when it has none.
func DNSTypeName(number uint16) string {
	for name, n := range dnsTypes {
		if n == number {
			return name
		}
	}
	return strconv.Itoa(int(number))
}

func dnsKeywords() []checkKeyword {
	return []checkKeyword{
		checkRow("type", Value, textArg(), func(b *builder, t *Check, l entry) {
			n := dnsType(l.val.s)
			if n == 0 {
				b.err(l.Words[1], syntax.GeneralError, "Unknown DNS check type "+l.val.s+" - ignoring")
				return
			}
			t.DNSType = n
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
		checkRow("weight", Value, soft(about(integer(-maxInt, maxInt), "[reverse or noreverse]")), func(b *builder, t *Check, l entry) {
			t.Weight, t.weightSet, t.Reverse = int(l.val.n), true, l.word(2) == "reverse"
		}),
	}
}

func bfdCheckKeywords() []checkKeyword {
	return []checkKeyword{
		{name: "name", kind: Value, arg: soft(textArg()), owner: Checker, set: func(b *builder, t *Check, l entry) { t.Name = l.val.s }},
		{name: "alpha", kind: Value, arg: boolArg(), owner: Checker, set: func(b *builder, t *Check, l entry) { t.alpha = &l.val.on }},
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
	c := newCheck(l.Pos(), kind)
	apply(b, t, l.Items(), c, kind)
	b.bindFamily(c, s)
	if c.MinReply > c.MaxReply {
		b.report(l.Directive, syntax.GeneralError, fmt.Sprintf("UDP_CHECK min_reply length %d > max_reply_length %d - will always fail", c.MinReply, c.MaxReply))
	}
	if problem := b.incomplete(c, s); problem != "" {
		b.report(l.Directive, syntax.GeneralError, problem)
		return
	}
	if len(c.hosts) > 0 {
		b.hostChecks(s, c)
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

func newCheck(pos syntax.Pos, kind string) *Check {
	c := &Check{Pos: pos, Kind: kind, Specifics: &noSpecifics, checkBlock: &checkBlock{timing: notGiven()}}
	switch kind {
	case "TCP_CHECK", "PING_CHECK":
	case "MISC_CHECK":
		c.Specifics = &Specifics{ScriptTimeout: -1}
	case "UDP_CHECK":
		c.Specifics = &Specifics{MaxReply: 255}
	default:
		c.Specifics = &Specifics{}
	}
	return c
}

// noSpecifics is shared by the checkers of kinds that have none.
var noSpecifics Specifics

// hostChecks makes a checker of each host block of SMTP_CHECK.
func (b *builder) hostChecks(s *RealServer, c *Check) {
	for _, h := range c.hosts {
		h.timing, h.HELO = h.timing.Or(c.timing), c.HELO
		if h.alpha == nil {
			h.alpha = c.alpha
		}
		if h.logAll == nil {
			h.logAll = c.logAll
		}
		if !h.Target.IsValid() {
			h.Target = c.Target
		}
		if h.Port == 0 {
			h.Port = c.Port
		}
		b.bindFamily(h, s)
		s.Checks = append(s.Checks, h)
	}
}
