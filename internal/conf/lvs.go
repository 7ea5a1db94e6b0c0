package conf

import (
	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// lvsState is what has been read for the checker child so far, and the tables, made once for thousands of servers.
type lvsState struct {
	services []*VirtualServer
	groups   map[string]*VirtualServerGroup
	service  table[VirtualServer]
	server   table[RealServer]
	checkers map[string]table[Check]
	url      table[URL]
	host     table[Check]
}

type blockRow func(name string, o Owner, effect bool, read func(b *builder, d *syntax.Directive), rows func() []Keyword) keyword[topLevel]

func lvsBlocks(block blockRow) []keyword[topLevel] {
	return []keyword[topLevel]{
		block("SSL", Checker, false, (*builder).readSSL, func() []Keyword { return list(sslKeywords()) }),
		block("virtual_server_group", Checker, false, (*builder).readServerGroup, serverGroupWords),
		block("virtual_server", Checker, false, (*builder).readVirtualServer, func() []Keyword { return list(virtualServerKeywords()) }),
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
	b.cfg.VirtualServers = kept
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
			for _, c := range s.Checks {
				note(&c.Script)
			}
		}
	}
	if len(b.lvs.services) == 0 {
		return
	}
	note(&b.defaults.lvsFIFOScript)
	b.violation("check ", run, insecure)
}

// sslBlock is an SSL block: the client's keys of SSL_GET.
type sslBlock struct{ password, ca, certificate, key string }

func sslKeywords() []keyword[sslBlock] {
	word := func(name string, at func(t *sslBlock) *string) keyword[sslBlock] {
		return keyword[sslBlock]{name: name, kind: Value, arg: soft(textArg()), owner: Checker,
			set: func(b *builder, t *sslBlock, l entry) { *at(t) = l.val.s }}
	}
	return []keyword[sslBlock]{
		word("password", func(t *sslBlock) *string { return &t.password }),
		word("ca", func(t *sslBlock) *string { return &t.ca }),
		word("certificate", func(t *sslBlock) *string { return &t.certificate }),
		word("key", func(t *sslBlock) *string { return &t.key }),
	}
}

func (b *builder) readSSL(d *syntax.Directive) {
	apply(b, newTable(sslKeywords()), d.Items(), &sslBlock{}, "SSL")
}
