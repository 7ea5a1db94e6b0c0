package firewall

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
	"github.com/keepalived-go/keepalived/internal/nettest"
)

var elements = regexp.MustCompile(`elements = \{[^}]*\}`)

// ruleset returns all rules of this namespace, the members of each map on one line and in order.
func ruleset(t *testing.T) string {
	t.Helper()
	return elements.ReplaceAllStringFunc(nettest.Run(t, "nft", "list", "ruleset"), func(text string) string {
		list := strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "elements = {"), "}"), ",")
		for i, one := range list {
			list[i] = strings.TrimSpace(one)
		}
		slices.Sort(list)
		return "elements = { " + strings.Join(list, ", ") + " }"
	})
}

func enter(t *testing.T) {
	t.Helper()
	nettest.NeedProgram(t, "nft", "nftables")
	nettest.Enter(t)
}

// mark returns one line of what is to be marked.
func mark(first, last string, port uint16, p conf.Protocol, to uint32) lvs.Marked {
	return lvs.Marked{Protocol: p, Area: lvs.Area{First: netip.MustParseAddr(first), Last: netip.MustParseAddr(last), Low: port, High: port}, Mark: to}
}

func apply(t *testing.T, l *Linux, table conf.MarkTable, members ...lvs.Marked) {
	t.Helper()
	if err := l.Apply(&lvs.Marking{Table: table, Members: members}); err != nil {
		t.Fatal(err)
	}
}

func wantRules(t *testing.T, want string) {
	t.Helper()
	if diff := cmp.Diff(want, ruleset(t)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

const rulesOfTCP = `table ip marks {
	map tcp_map {
		type ipv4_addr . inet_service : mark
		flags interval
		elements = { 10.0.0.1-10.0.0.5 . 80 : 0x000003e8 }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		meta mark set ip daddr . tcp dport map @tcp_map return
	}
}
`

const rulesOfAll = `table ip marks {
	map tcp_map {
		type ipv4_addr . inet_service : mark
		flags interval
		elements = { 10.0.0.2 . 80 : 0x000003e8 }
	}

	map udp_map {
		type ipv4_addr . inet_service : mark
		flags interval
		elements = { 10.0.0.1 . 0-65535 : 0x000003e9 }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		meta mark set ip daddr . tcp dport map @tcp_map return
		meta mark set ip daddr . udp dport map @udp_map return
	}
}
table ip6 marks {
	map sctp_map {
		type ipv6_addr . inet_service : mark
		flags interval
		elements = { fd00::1-fd00::9 . 99 : 0x000003ea }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		meta mark set ip6 daddr . sctp dport map @sctp_map return
	}
}
`

const rulesThatCount = `table ip6 marks {
	map tcp_map {
		type ipv6_addr . inet_service : mark
		flags interval
		counter
		elements = { fd00::1 . 80 counter packets 0 bytes 0 : 0x00000007 }
	}

	chain in {
		type filter hook input priority filter + 5; policy accept;
		meta mark set ip6 daddr . tcp dport map @tcp_map counter packets 0 bytes 0 return
	}
}
`

// The rules follow what is asked for; what a process has left that was killed is replaced; in the end nothing is left.
func TestRulesAreAsAsked(t *testing.T) {
	enter(t)
	nettest.Run(t, "nft", "add table ip marks; add chain ip marks old; add table ip6 marks; add table ip other")
	var said []string
	l := New("", func(text string) { said = append(said, text) })
	table := conf.MarkTable{Table: "marks", Priority: -1}
	const other = "table ip other {\n}\n"
	apply(t, l, table, mark("10.0.0.1", "10.0.0.5", 80, conf.TCP, 1000))
	wantRules(t, other+rulesOfTCP)
	if want := []string{"Deleting old ip marks table", "Deleting old ip6 marks table"}; !slices.Equal(said, want) {
		t.Errorf("said %q", said)
	}
	all := mark("10.0.0.1", "10.0.0.1", 0, conf.UDP, 1001)
	all.High = 65535
	apply(t, l, table, mark("10.0.0.2", "10.0.0.2", 80, conf.TCP, 1000), all, mark("fd00::1", "fd00::9", 99, conf.SCTP, 1002))
	wantRules(t, other+rulesOfAll)
	apply(t, l, conf.MarkTable{Table: "marks", Priority: 5, Counters: true}, mark("fd00::1", "fd00::1", 80, conf.TCP, 7))
	wantRules(t, other+rulesThatCount)
	if err := l.Remove(); err != nil {
		t.Fatal(err)
	}
	wantRules(t, other)
}

// One address moves from one mark to another, and into a range, in one transaction.
func TestMembersMove(t *testing.T) {
	enter(t)
	l := New("", func(string) {})
	table := conf.MarkTable{Table: "marks", Priority: -1}
	for range 3 {
		apply(t, l, table, mark("10.0.0.2", "10.0.0.2", 80, conf.TCP, 1), mark("10.0.0.3", "10.0.0.9", 80, conf.TCP, 2))
		apply(t, l, table, mark("10.0.0.2", "10.0.0.5", 80, conf.TCP, 2), mark("10.0.0.6", "10.0.0.6", 80, conf.TCP, 1))
	}
	apply(t, l, table, mark("10.0.0.1", "10.0.0.5", 80, conf.TCP, 1000))
	wantRules(t, rulesOfTCP)
}

// After others have removed the table the next call makes it anew.
func TestTableThatOthersRemove(t *testing.T) {
	enter(t)
	l := New("", func(string) {})
	table := conf.MarkTable{Table: "marks", Priority: -1}
	apply(t, l, table, mark("10.0.0.1", "10.0.0.1", 80, conf.TCP, 1000))
	if ok, err := l.Intact(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	nettest.Run(t, "nft", "flush ruleset")
	if ok, err := l.Intact(); ok || err != nil {
		t.Fatal(ok, err)
	}
	apply(t, l, table, mark("10.0.0.1", "10.0.0.5", 80, conf.TCP, 1000))
	wantRules(t, rulesOfTCP)
	nettest.Run(t, "nft", "flush ruleset")
	if err := l.Remove(); err != nil {
		t.Error(err)
	}
}

// A change that the kernel refuses changes nothing, and the next one begins anew.
func TestRefusedChangeChangesNothing(t *testing.T) {
	enter(t)
	l := New("", func(string) {})
	table := conf.MarkTable{Table: "marks", Priority: -1}
	apply(t, l, table, mark("10.0.0.1", "10.0.0.5", 80, conf.TCP, 1000))
	err := l.Apply(&lvs.Marking{Table: table, Members: []lvs.Marked{mark("10.0.0.7", "10.0.0.9", 80, conf.TCP, 1), mark("10.0.0.8", "10.0.0.10", 80, conf.TCP, 2)}})
	if err == nil || !strings.Contains(err.Error(), "cannot set nftables table marks") {
		t.Errorf("got %v", err)
	}
	wantRules(t, rulesOfTCP)
	apply(t, l, table, mark("10.0.0.1", "10.0.0.5", 80, conf.TCP, 1000))
	wantRules(t, rulesOfTCP)
}

// More members than one message carries are one transaction.
func TestManyMembers(t *testing.T) {
	enter(t)
	l := New("", func(string) {})
	var many []lvs.Marked
	for i := range 600 {
		a := fmt.Sprintf("fd00::%x:%x", i/100, i%100)
		many = append(many, mark(a, a, 80, conf.TCP, 1000))
	}
	apply(t, l, conf.MarkTable{Table: "marks"}, many...)
	if n := strings.Count(ruleset(t), "0x000003e8"); n != len(many) {
		t.Errorf("%d members", n)
	}
	apply(t, l, conf.MarkTable{Table: "marks"}, many[:1]...)
	if n := strings.Count(ruleset(t), "0x000003e8"); n != 1 {
		t.Errorf("%d members", n)
	}
}
