package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/keepalived-go/keepalived/internal/check"
	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/supervisor"
)

// genhashOptions are what genhash is asked: the digest of a page, for HTTP_GET and SSL_GET.
type genhashOptions struct {
	check   conf.Check
	url     conf.URL
	secure  bool
	verbose bool
	help    bool
}

// genhashArgs returns the arguments of genhash when that is what is to run: by the name of the program, or after -T.
func genhashArgs(args []string) (rest []string, ok bool) {
	if filepath.Base(args[0]) == "genhash" {
		return args[1:], true
	}
	if len(args) > 1 && (args[1] == "-T" || args[1] == "--genhash") {
		return args[2:], true
	}
	return nil, false
}

// genhashAfter returns what follows -T or --genhash in arguments that do not begin with it.
func genhashAfter(args []string) []string {
	i := slices.IndexFunc(args, func(s string) bool { return s == "-T" || s == "--genhash" })
	return args[i+1:]
}

// genhash prints the digest of a page and returns the exit code.
func genhash(args []string, out, errOut io.Writer) int {
	g := &genhashOptions{check: conf.Check{Kind: "HTTP_GET", Timing: &conf.Timing{Connect: 5 * time.Second}, Specifics: &conf.Specifics{HTTPVersion: "1.0"}}}
	table := genhashTable(g)
	_, err := getopt(table, args, newOptions())
	if err != nil {
		fmt.Fprintln(errOut, err)
	}
	if err != nil || g.help || !g.check.Target.IsValid() || g.check.Port == 0 || g.url.Path == "" {
		fmt.Fprintln(errOut, "Usage: genhash [-S] -s ADDRESS -p PORT -u PATH [OPTION...]")
		for _, o := range table {
			fmt.Fprintf(errOut, "  -%c, --%-16s %-8s %s\n", o.short, o.long, o.value, o.help)
		}
		return supervisor.ExitFatal
	}
	return g.run(out, errOut)
}

func (g *genhashOptions) run(out, errOut io.Writer) int {
	if g.secure {
		g.check.Kind = "SSL_GET"
	}
	g.check.URLs = []*conf.URL{&g.url}
	begin := time.Now()
	p, err := check.Get(context.Background(), &g.check, check.Options{})
	if errors.Is(err, check.ErrRefused) || errors.Is(err, check.ErrTimeout) && len(p.Header) == 0 {
		fmt.Fprintln(out, "Connection failed")
		return supervisor.ExitOK // as keepalived has it
	}
	if err != nil {
		fmt.Fprintln(errOut, err)
		return supervisor.ExitFatal
	}
	if g.verbose {
		title := func(s string) { fmt.Fprintln(out, "-----------------------["+s+"]-----------------------") }
		title("    HTTP Header Buffer    ")
		io.WriteString(out, hex.Dump(p.Header))
		title(" HTTP Header Ascii Buffer ")
		out.Write(p.Header)
		title("        HTML Buffer        ")
		io.WriteString(out, hex.Dump(p.Body))
		title("    HTML hash resulting    ")
		io.WriteString(out, hex.Dump(p.Digest[:]))
		title(" HTML hash final resulting ")
	}
	fmt.Fprintln(out, hex.EncodeToString(p.Digest[:]))
	if g.verbose {
		fmt.Fprintf(out, "\nGlobal response time for [%s] = %d usecs\n", g.url.Path, time.Since(begin).Microseconds())
	}
	return supervisor.ExitOK
}

// genhashTable are the options of genhash.
func genhashTable(g *genhashOptions) []option {
	on := func(at *bool) func(*options, string) error {
		return func(*options, string) error { *at = true; return nil }
	}
	number := func(most uint64, set func(n uint64)) func(*options, string) error {
		return func(_ *options, s string) error {
			n, err := strconv.ParseUint(s, 10, 32)
			if err != nil || n > most {
				return usageError("invalid number " + s)
			}
			set(n)
			return nil
		}
	}
	return []option{
		{'S', "use-ssl", none, "", "Fetch by TLS.", false, on(&g.secure)},
		{'I', "use-sni", none, "", "Name the virtual host in the TLS handshake.", false, on(&g.check.SNI)},
		{'s', "server", required, "ADDRESS", "The server's address.", false, func(_ *options, s string) (err error) {
			if g.check.Target, err = netip.ParseAddr(s); err != nil {
				return usageError("server should be an IP, not " + s)
			}
			return nil
		}},
		{'p', "port", required, "PORT", "The server's port.", false, number(65535, func(n uint64) { g.check.Port = uint16(n) })},
		{'u', "url", required, "PATH", "The path to get.", false, func(_ *options, s string) error { g.url.Path = s; return nil }},
		{'V', "use-virtualhost", required, "HOST", "The virtual host to ask for.", false, func(_ *options, s string) error { g.url.VirtualHost = s; return nil }},
		{'v', "verbose", none, "", "Show what was received as well.", false, on(&g.verbose)},
		{'h', "help", none, "", "Show this.", false, on(&g.help)},
		{'m', "fwmark", required, "MARK", "The mark of the socket.", false, number(1<<32-1, func(n uint64) { g.check.Mark = uint32(n) })},
		{'P', "protocol", required, "VERSION", "Version of HTTP: 1.0, 1.0c (with Connection: close) or 1.1.", false, func(_ *options, s string) error {
			switch g.check.HTTPVersion = strings.ToUpper(s); g.check.HTTPVersion {
			case "1.0", "1.0C", "1.1":
				return nil
			}
			return usageError("invalid version of HTTP " + s)
		}},
		{'t', "timeout", required, "SECONDS", "How long to wait for the server.", false,
			number(4294, func(n uint64) { g.check.Timing.Connect = time.Duration(max(n, 1)) * time.Second })},
	}
}

// runGenhash is genhash as the whole program.
func runGenhash(args []string) int { return genhash(args, os.Stdout, os.Stderr) }
