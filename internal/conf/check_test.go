package conf

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// What TCP_CHECK and PING_CHECK share stays empty, whatever they are given, and whatever they are compared with.
func TestNothingIsWrittenToWhatCheckersShare(t *testing.T) {
	keywords := "connect_ip 192.0.2.7\nconnect_port 8\nbindto 192.0.2.8\nbind_port 9\nfwmark 3\nconnect_timeout 2\nretry 2\n" +
		"delay_loop 3\ndelay_before_retry 2\nwarmup 1\nalpha\nlog_all_failures\n"
	c, _ := build("virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 80 {\nTCP_CHECK {\n"+keywords+"}\nPING_CHECK {\n"+keywords+
		"}\nMISC_CHECK {\nmisc_path /bin/true\nmisc_timeout 4\n}\n}\n}\n", newMachine())
	checks := c.VirtualServers[0].Servers[0].Checks
	if len(checks) != 3 {
		t.Fatalf("%d checkers", len(checks))
	}
	for _, a := range checks {
		for _, b := range checks {
			if a.Same(b) != (a == b) || a.SameProbe(b) != (a == b) {
				t.Errorf("%s and %s", a.Kind, b.Kind)
			}
		}
	}
	if !reflect.ValueOf(noSpecifics).IsZero() {
		t.Errorf("%+v", noSpecifics)
	}
}

// Servers that are asked the same share what they are asked; nothing that differs is shared.
func TestSharedSpecifics(t *testing.T) {
	const url = "HTTP_GET {\nurl {\npath /\nstatus_code 200\n}\n}\n"
	server := func(n int, check string) string { return fmt.Sprintf("real_server 192.0.2.%d 80 {\n%s}\n", n, check) }
	c, _ := build("virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\n"+server(2, url)+server(3, url)+
		server(4, strings.Replace(url, "200", "201", 1))+"}\n", newMachine())
	var got []*Specifics
	for _, s := range c.VirtualServers[0].Servers {
		got = append(got, s.Checks[0].Specifics)
	}
	if got[0] != got[1] || got[1] == got[2] {
		t.Errorf("%p", got)
	}
	fresh := func() Specifics { return Specifics{URLs: []*URL{{}}, Script: &Script{}} }
	plain := fresh()
	if other := fresh(); !plain.same(&other) {
		t.Error("two that are the same differ")
	}
	for _, v := range []reflect.Value{reflect.ValueOf(&plain).Elem(), reflect.ValueOf(plain.URLs[0]).Elem(), reflect.ValueOf(plain.Script).Elem()} {
		for i := range v.NumField() {
			f, name := v.Field(i), v.Type().Field(i).Name
			if name == "Pos" || name == "regexPos" {
				continue
			}
			other := fresh()
			was := reflect.ValueOf(f.Interface())
			switch f.Kind() {
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Int, reflect.Int64:
				f.SetInt(1)
			case reflect.Uint16:
				f.SetUint(1)
			case reflect.String:
				f.SetString("x")
			case reflect.Slice:
				f.Set(reflect.Append(f, reflect.New(f.Type().Elem()).Elem()))
			case reflect.Pointer:
				f.SetZero()
			case reflect.Struct: // User
				f.Field(0).SetString("x")
			default:
				t.Fatalf("%s is a %s", name, f.Kind())
			}
			if plain.same(&other) || other.same(&plain) {
				t.Errorf("%s does not count", name)
			}
			f.Set(was)
		}
	}
}
