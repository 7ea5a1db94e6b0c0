package conf

import (
	"slices"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// lvsState is what has been read for the checker child so far, and the tables, made once for thousands of servers.
type lvsState struct {
	services []*VirtualServer
	groups   map[string]*VirtualServerGroup
	order    []*VirtualServerGroup
	indexes  map[string]int // virtual servers of each group so far
	syncPos  syntax.Pos     // of lvs_sync_daemon
	service  table[VirtualServer]
	server   table[RealServer]
	checkers map[string]table[Check]
	url      table[URL]
	host     table[Check]
	// specifics and timing are those of the checker that was settled last, serverTiming that of the server.
	specifics            *Specifics
	timing, serverTiming *Timing
}

type blockRow func(name string, o Owner, effect bool, read func(b *builder, d *syntax.Directive), rows func() []Keyword) keyword[topLevel]

func lvsBlocks(block blockRow) []keyword[topLevel] {
	return []keyword[topLevel]{
		block("SSL", Checker, on, (*builder).readSSL, func() []Keyword { return list(sslKeywords()) }),
		block("virtual_server_group", Checker, on, (*builder).readServerGroup, serverGroupWords),
		block("virtual_server", Checker, on, (*builder).readVirtualServer, func() []Keyword { return list(virtualServerKeywords()) }),
	}
}

// lvsFinish settles the virtual servers and looks at the scripts that the checker child would run.
func (b *builder) lvsFinish() {
	kept := b.lvs.services[:0]
	for _, v := range b.lvs.services {
		if b.finishService(v) {
			kept = append(kept, v)
		}
	}
	b.lvs.services = kept
	b.cfg.VirtualServers, b.cfg.Groups = kept, b.lvs.order
	b.cfg.HasChecker = len(kept) > 0
	b.lvsScripts()
}

func (b *builder) lvsScripts() {
	run, insecure := false, false
	note := func(at **Script) {
		is, bad := b.secureNotify(at)
		run, insecure = run || is, insecure || bad
	}
	for _, v := range b.lvs.services {
		note(&v.QuorumUp)
		note(&v.QuorumDown)
		for _, s := range v.Servers {
			note(&s.NotifyUp)
			note(&s.NotifyDown)
			s.Checks = slices.DeleteFunc(s.Checks, func(c *Check) bool {
				was := c.Script
				note(&c.Script)
				gone := was != nil && c.Script == nil
				if gone {
					b.add(syntax.Diagnostic{Pos: c.Pos, Severity: syntax.Note,
						Text: "Disabling misc script '" + strings.Join(was.Argv, "' '") + "' since not found/accessible"})
				}
				return gone
			})
		}
	}
	if len(b.lvs.services) == 0 {
		return
	}
	note(&b.cfg.Global.LVSFIFO.Script)
	b.violation("check ", run, insecure)
}

// SSL is an SSL block: the client's keys of SSL_GET, as names of PEM files.
type SSL struct{ Password, CA, Certificate, Key string }

func sslKeywords() []keyword[SSL] {
	word := func(name string, at func(t *SSL) *string) keyword[SSL] {
		return keyword[SSL]{name: name, kind: Value, arg: soft(textArg()), owner: Checker, effect: on,
			set: func(b *builder, t *SSL, l entry) { *at(t) = l.val.s }}
	}
	return []keyword[SSL]{
		word("password", func(t *SSL) *string { return &t.Password }),
		word("ca", func(t *SSL) *string { return &t.CA }),
		word("certificate", func(t *SSL) *string { return &t.Certificate }),
		word("key", func(t *SSL) *string { return &t.Key }),
	}
}

func (b *builder) readSSL(d *syntax.Directive) {
	apply(b, newTable(sslKeywords()), d.Items(), &b.cfg.SSL, "SSL")
}
