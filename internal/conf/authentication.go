package conf

import "github.com/keepalived-go/keepalived/internal/conf/syntax"

func authKeywords() []keyword[instanceBlock] {
	type block = instanceBlock
	return []keyword[block]{
		{name: "auth_type", kind: Value, arg: about(textArg(), "PASS or AH"), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { b.readAuthType(t, l) }},
		{name: "auth_pass", kind: Value, arg: about(textArg(), "at most 8 bytes"), owner: VRRP, effect: on,
			set: func(b *builder, t *block, l entry) { b.readAuthPass(t, l) }},
	}
}

func (b *builder) readAuth(t *instanceBlock, l entry) {
	t.authPos = l.Pos()
	apply(b, newTable(authKeywords()), l.Items(), t, "authentication")
}

func (b *builder) readAuthType(t *instanceBlock, l entry) {
	switch l.val.s {
	case "PASS":
		t.Auth.Type = AuthPass
	case "AH":
		t.Auth.Type = AuthAH
	default:
		b.err(l.Words[1], syntax.GeneralError, "("+t.Name+") unknown authentication type '"+l.val.s+"'")
	}
}

func (b *builder) readAuthPass(t *instanceBlock, l entry) {
	t.Auth.Pass = [8]byte{}
	if copy(t.Auth.Pass[:], l.val.s) < len(l.val.s) {
		b.err(l.Words[1], syntax.GeneralError, "Truncating auth_pass to 8 characters")
	}
}
