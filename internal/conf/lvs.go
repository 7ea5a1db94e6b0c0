package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

type lvsState struct{}

func (b *builder) lvsFinish() {}

type blockRow func(name string, o Owner, effect bool, read func(b *builder, d *syntax.Directive), rows func() []Keyword) keyword[topLevel]

func lvsBlocks(block blockRow) []keyword[topLevel]   { return nil }
func otherBlocks(block blockRow) []keyword[topLevel] { return nil }

type routeLine struct{}
type ruleLine struct{}

func routeRows() []Keyword                             { return nil }
func ruleRows() []Keyword                              { return nil }
func (b *builder) readRoutes(l entry, static bool) int { return 0 }
func (b *builder) readRules(l entry, static bool) int  { return 0 }
