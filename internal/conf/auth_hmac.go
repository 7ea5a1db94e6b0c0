package conf

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// hmacBlock is an auth_hmac block: the keys of the authentication trailer.
type hmacBlock struct {
	keys   map[uint8][]byte
	active uint8
}

func hmacKeywords() []keyword[hmacBlock] {
	choice := func(name, words string) keyword[hmacBlock] {
		return keyword[hmacBlock]{name: name, kind: Value, arg: about(textArg(), words), owner: VRRP,
			set: func(b *builder, t *hmacBlock, l entry) {
				if !strings.Contains(" "+words+" ", " "+l.val.s+" ") || l.val.s == "or" {
					b.err(l.Words[1], syntax.GeneralError, "Unknown "+l.Name()+" '"+l.val.s+"' - ignoring")
				}
			}}
	}
	return []keyword[hmacBlock]{
		{name: "key", kind: List, arg: about(number(1, 255), "then text, hex:HEX or file:PATH of 32-64 octets"), owner: VRRP,
			set: func(b *builder, t *hmacBlock, l entry) { b.readKey(t, l) }},
		{name: "active_key", kind: Value, arg: number(1, 255), owner: VRRP,
			set: func(b *builder, t *hmacBlock, l entry) { t.active = uint8(l.val.n) }},
		{name: "time_window", kind: Value, arg: seconds(1, 300), owner: VRRP},
		choice("anti_replay", "time or monotonic"),
		choice("mode", "enforce or permissive or receive-only"),
	}
}

func (b *builder) readKey(t *hmacBlock, l entry) {
	if len(l.Words) < 3 {
		b.missing(l.Directive, 2)
		return
	}
	text := l.Words[2].Text
	key := []byte(text)
	if digits, ok := strings.CutPrefix(text, "hex:"); ok {
		k, err := hex.DecodeString(digits)
		if err != nil {
			b.err(l.Words[2], syntax.GeneralError, "invalid hexadecimal key - ignoring")
			return
		}
		key = k
	} else if strings.HasPrefix(text, "file:") {
		t.keys[uint8(l.val.n)] = nil // read when the keys are put to use
		return
	}
	if len(key) < 32 || len(key) > 64 {
		b.err(l.Words[2], syntax.GeneralError, "key of "+strconv.Itoa(len(key))+" octets, must be 32 to 64 - ignoring")
		return
	}
	t.keys[uint8(l.val.n)] = key
}

func (b *builder) readHMAC(t *instanceBlock, l entry) {
	t.hmac = hmacBlock{keys: map[uint8][]byte{}}
	apply(b, newTable(hmacKeywords()), l.Items(), &t.hmac, "auth_hmac")
	if _, ok := t.hmac.keys[t.hmac.active]; !ok {
		b.report(l.Directive, syntax.GeneralError, "("+t.Name+") auth_hmac active_key is not defined")
	}
}
