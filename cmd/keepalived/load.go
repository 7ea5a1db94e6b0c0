package main

import (
	"fmt"
	"hash/maphash"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/host"
	"github.com/keepalived-go/keepalived/internal/supervisor"
)

// load reads the configuration files and gives them their meaning. What is read is handed on before that.
func load(o *options, hand func(tree []byte)) supervisor.Loaded {
	file, diags := syntax.Load(host.Files{}, o.configFile, syntax.Options{
		ConfigID: o.id(), Env: os.Getenv, AllStrict: o.strictIncludes, Seed: new(maphash.Hash).Sum64(),
		Block: conf.IsBlock(),
	})
	tree := make(chan []byte, 1)
	go func() { // both only read it
		t := file.Encode()
		hand(t)
		tree <- t
	}()
	config, more := conf.Build(file, host.Machine{})
	diags = append(diags, more...)
	diags.Sort(file.Names)
	return supervisor.Loaded{Config: config, Tree: <-tree, Diags: diags, Missing: len(file.Names) == 0}
}

func toNobody([]byte) {}

// id returns the identity that @ID lines are compared with.
func (o *options) id() string {
	if o.configID != "" {
		return o.configID
	}
	name, _ := os.Hostname()
	name, _, _ = strings.Cut(name, ".")
	return name
}

// testConfig is --config-test: it prints what is wrong with the configuration and returns the exit code for it.
func testConfig(o *options) int {
	// The process ends before its garbage is worth collecting, unless the configuration is enormous.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(1 << 30)
	out := os.Stderr
	if o.testLog != "" {
		f, err := os.OpenFile(o.testLog, os.O_APPEND|os.O_CREATE|os.O_WRONLY|unix.O_NOFOLLOW, 0o644)
		if err != nil {
			fmt.Fprintf(os.Stderr, "cannot open config-test log file %s: %v\n", o.testLog, err)
			return supervisor.ExitFatal
		}
		defer f.Close()
		out = f
	}
	loaded := load(o, toNobody)
	counted := loaded.Diags.Counted()
	if err := counted.Write(out, isTerminal(out)); err != nil {
		return supervisor.ExitFatal
	}
	return loaded.Diags.ExitCode()
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
