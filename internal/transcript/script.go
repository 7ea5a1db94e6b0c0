package transcript

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/vrouter"
)

// Run runs a script and returns it with the output as it really is. An unknown command is an error with a line number.
func Run(text string) (string, error) {
	s := &script{lan: NewLAN(0), beats: make(map[string]*beat)}
	s.lan.Trace = s.trace
	var out strings.Builder
	inOutput := false
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		switch {
		case strings.TrimSpace(line) == "----":
			inOutput = true
			out.WriteString("----\n" + s.output())
		case inOutput && strings.TrimSpace(line) == "":
			inOutput = false
			out.WriteString("\n")
		case inOutput:
		default:
			out.WriteString(line + "\n")
			if err := s.command(line); err != nil {
				return "", fmt.Errorf("line %d: %s: %w", i+1, line, err)
			}
		}
	}
	if !inOutput {
		out.WriteString("----\n" + s.output())
	}
	return out.String(), nil
}

// script is one run of a transcript.
type script struct {
	lan   *LAN
	lines []string
	beats map[string]*beat // by router and instance
}

// command carries out one line.
func (s *script) command(line string) error {
	line, _, _ = strings.Cut(line, "#")
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	switch words[0] {
	case "run":
		d, err := time.ParseDuration(words[1])
		s.lan.Run(d)
		return err
	case "router":
		return s.router(words[1:])
	case "partition":
		s.partition(strings.Join(words[1:], " "))
		return nil
	case "heal":
		s.lan.Heal()
		return nil
	case "drop":
		s.lan.Cut(words[1], words[2], true)
		return nil
	}
	if len(words) < 2 {
		return fmt.Errorf("unknown command %q", words[0])
	}
	r := s.lan.Router(words[1])
	if r == nil {
		return fmt.Errorf("no router %q", words[1])
	}
	return s.act(r, words[0], words[2:])
}

// act carries out a command about one router.
func (s *script) act(r *Router, verb string, args []string) error {
	switch verb {
	case "start":
		r.Start()
	case "stop":
		r.Stop()
	case "crash":
		r.Crash()
	case "kill":
		r.Kill()
	case "pause":
		r.Pause()
	case "resume":
		r.Resume()
	case "detail":
		r.Detail = true
	case "lose":
		r.Lose(netip.MustParsePrefix(args[0]))
	case "link":
		return s.link(r, args)
	case "source":
		r.Source(0, args[0] == "present")
	case "fail":
		return fail(r, args)
	case "reload":
		return s.reload(r, args)
	case "instance":
		return s.instance(r, args)
	case "group":
		return s.group(r, args)
	case "send":
		return s.send(r, args)
	case "status":
		s.status(r)
	default:
		if kind, ok := trackKind(verb); ok {
			return tracked(r, kind, args)
		}
		return fmt.Errorf("unknown command %q", verb)
	}
	return nil
}

// router NAME PRIORITY ADDRESS [OPTION...]
func (s *script) router(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("want NAME PRIORITY ADDRESS")
	}
	r := s.lan.Add(args[0])
	r.Detail = true
	return s.instance(r, append([]string{"VI_1"}, args[1:]...))
}

// instance ROUTER NAME PRIORITY ADDRESS [OPTION...]
func (s *script) instance(r *Router, args []string) error {
	priority, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	inst := DefaultInstance(uint8(priority))
	inst.Name = args[0]
	for _, word := range args[3:] {
		if err := setOption(inst, word); err != nil {
			return err
		}
	}
	r.Configure(inst, netip.MustParseAddr(args[2]))
	return nil
}

// partition a b | c: only routers on the same side hear each other.
func (s *script) partition(sides string) {
	side := make(map[string]int)
	for i, names := range strings.Split(sides, "|") {
		for _, name := range strings.Fields(names) {
			side[name] = i
		}
	}
	for _, a := range s.lan.routers {
		for _, b := range s.lan.routers {
			s.lan.Cut(a.Name, b.Name, side[a.Name] != side[b.Name])
		}
	}
}

// link ROUTER [DEV] down|up|missing|noaddr|ADDRESS
func (s *script) link(r *Router, args []string) error {
	dev := "eth0"
	if len(args) > 1 {
		dev, args = args[0], args[1:]
	}
	l := r.Link(dev)
	switch args[0] {
	case "down":
		l.Up = false
	case "up":
		l.Up, l.Present = true, true
	case "missing":
		l.Up, l.Present = false, false
	case "noaddr":
		l.Addr4, l.Addr6 = netip.Addr{}, netip.Addr{}
	default:
		a, err := netip.ParseAddr(args[0])
		if err != nil {
			return err
		}
		l.Addr4 = a
	}
	r.SetLink(l)
	return nil
}

// fail ROUTER addaddrs|deladdrs|send [COUNT]
func fail(r *Router, args []string) error {
	kinds := map[string]vrouter.ActionKind{
		"addaddrs": vrouter.AddAddrs, "deladdrs": vrouter.DelAddrs, "send": vrouter.SendAdvert,
		"addroutes": vrouter.AddRoutes,
	}
	n := 1
	if len(args) > 1 {
		var err error
		if n, err = strconv.Atoi(args[1]); err != nil {
			return err
		}
	}
	r.Fail(kinds[args[0]], n)
	return nil
}

// reload ROUTER [INSTANCE:OPTION | OPTION | -INSTANCE ...]: options without an instance are for the first one.
func (s *script) reload(r *Router, args []string) error {
	next := &conf.Config{SyncGroups: r.cfg.SyncGroups}
	for _, old := range r.cfg.Instances {
		inst := *old
		next.Instances = append(next.Instances, &inst)
	}
	for _, word := range args {
		i := 0
		if name, option, ok := strings.Cut(word, ":"); ok && !strings.Contains(name, "=") {
			word = option
			i = indexOf(next.Instances, name)
		}
		if name, ok := strings.CutPrefix(word, "-"); ok {
			i = indexOf(next.Instances, name)
			next.Instances = append(next.Instances[:i], next.Instances[i+1:]...)
			continue
		}
		if err := setOption(next.Instances[i], word); err != nil {
			return err
		}
	}
	r.cfg = next
	r.Reload()
	return nil
}

func indexOf(insts []*conf.Instance, name string) int {
	for i, inst := range insts {
		if inst.Name == name {
			return i
		}
	}
	return 0
}
