package conf

import (
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// scriptState is what is known about the users that scripts run as.
type scriptState struct {
	user     User // script_user
	uid, gid uint32
	set      bool // script_user was given and is known
	failed   bool // script_user is not known, or must be given and is not
	ids      map[User]ids
}

type ids struct {
	uid, gid uint32
	ok       bool
}

// defaultScriptUser runs scripts when it exists and no script_user is given.
const defaultScriptUser = "keepalived_script"

// ids looks a user up once.
func (b *builder) ids(u User) ids {
	if b.script.ids == nil {
		b.script.ids = map[User]ids{}
	}
	i, known := b.script.ids[u]
	if !known {
		uid, gid, err := b.host.User(u.Name, u.Group)
		i = ids{uid, gid, err == nil}
		b.script.ids[u] = i
	}
	return i
}

// readScriptUser reads script_user.
func (b *builder) readScriptUser(l entry) {
	u := User{l.word(1), l.word(2)}
	i := b.ids(u)
	if !i.ok {
		b.err(l.Words[1], syntax.GeneralError, "Error setting global script uid/gid")
		b.script.failed = true
		return
	}
	b.script.user, b.script.uid, b.script.gid, b.script.set, b.script.failed = u, i.uid, i.gid, true, false
	b.cfg.Global.ScriptUser = u
}

// defaultUser returns the ids that a script without user runs as. With script security a missing keepalived_script is an
// error, said once.
func (b *builder) defaultUser(d *syntax.Directive) (ids, bool) { return b.defaultUserAt(d.Pos()) }

func (b *builder) defaultUserAt(pos syntax.Pos) (ids, bool) {
	s := &b.script
	if s.failed {
		return ids{}, false
	}
	if s.set {
		return ids{s.uid, s.gid, true}, true
	}
	u := User{Name: defaultScriptUser}
	if i := b.ids(u); i.ok {
		s.user, s.uid, s.gid, s.set = u, i.uid, i.gid, true
		b.cfg.Global.ScriptUser = u
		return i, true
	}
	if b.cfg.Global.ScriptSecurity {
		b.add(syntax.Diagnostic{Pos: pos, Severity: syntax.GeneralError, Text: "Unable to set default user keepalived_script for script"})
		s.failed = true
		return ids{}, false
	}
	return ids{0, 0, true}, true
}

// readCommand splits the line of a keyword that takes a command. It fails when there is none.
func (b *builder) readCommand(l entry) (*Script, bool) {
	raw := l.Raw
	words, err := syntax.SplitQuoted(raw)
	if err != nil {
		b.report(l.Directive, syntax.GeneralError, "String '"+raw+"': "+err.Error())
		return nil, false
	}
	if len(words) < 2 || words[1] == "" {
		b.report(l.Directive, syntax.GeneralError, "No command specified for "+l.Name()+" - ignoring")
		return nil, false
	}
	argv, err := syntax.SplitCommand(words[1])
	if err != nil {
		b.report(l.Directive, syntax.GeneralError, "String '"+words[1]+"': "+err.Error())
		return nil, false
	}
	s := &Script{Pos: l.Pos(), Line: words[1], Argv: argv}
	if len(words) > 2 {
		s.User.Name = words[2]
	}
	if len(words) > 3 {
		s.User.Group = words[3]
	}
	return s, len(argv) > 0
}

// readNotify reads a notify script of an instance, a sync group or a server. The first one counts.
func (b *builder) readNotify(owner string, l entry, at **Script) {
	s, ok := b.readCommand(l)
	if !ok {
		return
	}
	if *at != nil {
		text := l.Name() + " script already specified - ignoring " + s.Line
		if owner != "" {
			text = "(" + owner + ") " + text
		}
		b.report(l.Directive, syntax.GeneralError, text)
		return
	}
	if b.notifyUser(l, s) {
		*at = s
	}
}

// notifyUser tells whether a script can run as its user.
func (b *builder) notifyUser(l entry, s *Script) bool {
	if s.User.Name != "" {
		if !b.ids(s.User).ok {
			b.report(l.Directive, syntax.Note, "Invalid user/group for "+l.Name()+" script "+s.Argv[0]+" - ignoring")
			return false
		}
		return true
	}
	if _, ok := b.defaultUser(l.Directive); !ok {
		b.report(l.Directive, syntax.Note, "Failed to set default user for "+l.Name()+" script "+s.Argv[0]+" - ignoring")
		return false
	}
	return true
}

// secure looks at the program of a script. It returns whether it is a script at all, which must be secure, and whether it
// can run.
func (b *builder) secure(s *Script) (program Program, isScript bool) {
	g := &b.cfg.Global
	s.Secure, s.Groups, s.KeepLinks = g.ScriptSecurity, g.SupplementaryGroups, g.KeepLinks
	i := ids{b.script.uid, b.script.gid, true}
	if s.User.Name != "" {
		i = b.ids(s.User)
	}
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return Program{}, false
	}
	if s.Argv[0][0] == '<' { // a test that a file can be read, done by the shell
		return Program{Found: true, Executable: true}, false
	}
	p := b.host.Program(s.Argv[0], i.uid, i.gid)
	if !p.Found && s.Shell() {
		p = Program{Found: true, Executable: true}
	}
	return p, p.Found
}

// Shell tells whether only a shell can make sense of the command: some word of it, outside quotes, is an operator of
// the shell or begins a compound command. keepalived hands programs such words as arguments, which no program wants.
func (s *Script) Shell() bool {
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return true
	}
	switch s.Argv[0] {
	case "[[", "!", "{", "if", "for", "while", "until", "case":
		return true
	}
	if strings.ContainsAny(s.Argv[0][:1], "<>(") {
		return true
	}
	for _, w := range s.Argv[1:] {
		switch w {
		case "&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1", ">&2":
			return true
		}
		if strings.HasPrefix(w, ">/") || strings.HasPrefix(w, "2>/") || strings.HasPrefix(w, "&>/") || strings.HasPrefix(w, "</") {
			return true
		}
	}
	return false
}

// secureNotify drops a notify script that cannot run, and tells whether it is a script that must be secure.
func (b *builder) secureNotify(at **Script) (isScript, insecure bool) {
	if *at == nil {
		return false, false
	}
	p, isScript := b.secure(*at)
	if p.Insecure && b.cfg.Global.ScriptSecurity {
		b.add(syntax.Diagnostic{Pos: (*at).Pos, Severity: syntax.Note, Text: "Disabling script " + (*at).Argv[0] + " due to insecure", Hint: p.Why})
	}
	if !p.Found || !p.Executable || p.Insecure && b.cfg.Global.ScriptSecurity {
		*at = nil
	}
	return isScript, p.Insecure
}

func (n *Notify) all() []**Script {
	return []**Script{&n.Backup, &n.Master, &n.Fault, &n.Stop, &n.Deleted, &n.Any, &n.MasterRxLowerPrio}
}

// startScripts checks the scripts that the parent would run.
func (b *builder) startScripts() {
	run, insecure := false, false
	for _, at := range []**Script{&b.cfg.Global.StartupScript, &b.cfg.Global.ShutdownScript} {
		is, bad := b.secureNotify(at)
		run, insecure = run || is, insecure || bad
	}
	b.violation("start/shutdown ", run, insecure)
}

// vrrpScripts checks the scripts that the VRRP child would run.
func (b *builder) vrrpScripts() {
	run, insecure := false, false
	note := func(is, bad bool) { run, insecure = run || is, insecure || bad }
	for _, s := range b.vrrp.scriptOrder {
		note(b.secureTrack(s))
	}
	for _, t := range b.vrrp.instances {
		for _, at := range t.Notify.all() {
			note(b.secureNotify(at))
		}
	}
	for _, g := range b.vrrp.groups {
		for _, at := range g.Notify.all() {
			note(b.secureNotify(at))
		}
	}
	for _, at := range []**Script{&b.cfg.Global.NotifyFIFO.Script, &b.cfg.Global.VRRPFIFO.Script} {
		note(b.secureNotify(at))
	}
	b.violation("", run, insecure)
}

func (b *builder) violation(what string, run, insecure bool) {
	if !run || b.cfg.Global.ScriptSecurity {
		return
	}
	text := "SECURITY VIOLATION - " + what + "scripts are being executed but script_security not enabled."
	if insecure {
		text += " There are insecure scripts."
	}
	b.add(syntax.Diagnostic{Severity: syntax.SecurityError, Text: text})
}

// secureTrack disables a tracked script that cannot run.
func (b *builder) secureTrack(s *trackScript) (isScript, insecure bool) {
	p, isScript := b.secure(s.Script)
	why := ""
	switch {
	case p.Insecure && b.cfg.Global.ScriptSecurity:
		why = " due to insecure"
	case !p.Found:
		why = " since not found/accessible"
	}
	if why != "" {
		b.add(syntax.Diagnostic{Pos: s.Pos, Severity: syntax.GeneralError, Text: "Disabling track script " + s.Name + why, Hint: p.Why})
	}
	s.gone = why != "" || !p.Executable
	return isScript, p.Insecure
}
