package snmp_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keepalived-go/keepalived/internal/conf/conftest"
	"github.com/keepalived-go/keepalived/internal/snmp"
)

var update = flag.Bool("update", false, "rewrite the objects in testdata")

// counted has other numbers for each server.
type counted struct{}

func stats(n uint64) snmp.Stats {
	return snmp.Stats{Conns: n, InPackets: n + 1<<32, OutPackets: n + 1, InBytes: n + 1<<40, OutBytes: n + 2, ConnRate: n + 3<<32, InPacketRate: n + 4,
		OutPacketRate: n + 5, InByteRate: n + 6<<32, OutByteRate: n + 7}
}

// Service returns the counters of a virtual server.
func (counted) Service(service int) snmp.Stats { return stats(uint64(service+1) * 100) }

// Server returns the counters of a real server.
func (counted) Server(service, server int) snmp.ServerStats {
	n := uint64(service+1)*100 + uint64(server+2)*10
	return snmp.ServerStats{Stats: stats(n), Active: uint32(n), Inactive: uint32(n) + 1, Persistent: uint32(n) + 2}
}

// checkers returns the state that a configuration begins with, but for the last server of each virtual server, which is dead.
func checkers(text string) *snmp.Checkers {
	c, _ := conftest.Load(text) // what is wrong is shown all the same
	out := &snmp.Checkers{General: snmp.General{Version: "Keepalived v1", Namespace: "blue", Global: &c.Global}, Groups: c.Groups, Counters: counted{}}
	for _, v := range c.VirtualServers {
		s := snmp.Service{Conf: v, Quorum: len(v.Servers) > 1}
		for i, r := range v.Servers {
			one := snmp.Server{Conf: r, Weight: r.Weight, Up: i < len(v.Servers)-1}
			if !one.Up {
				one.Failed = 1
			}
			s.Servers = append(s.Servers, one)
		}
		out.Services = append(out.Services, s)
	}
	return out
}

// TestObjects walks through all objects of testdata/*.conf. The last part of the MIB's own name is left out.
func TestObjects(t *testing.T) {
	files, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no configurations: %v", err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			view := checkers(string(text)).View()
			for at := snmp.Root(); ; {
				b, ok := view.Next(at, false, nil)
				if !ok {
					break
				}
				if b.Name.Compare(at) <= 0 {
					t.Fatalf("%s comes after %s", b.Name, at)
				}
				if v := view.Get(b.Name); v.String() != b.Value.String() {
					t.Errorf("%s: Get says %s, Next %s", b.Name, v, b.Value)
				}
				got.WriteString(strings.TrimPrefix(b.Name.String(), snmp.Root().String()) + " = " + b.Value.String() + "\n")
				at = b.Name
			}
			golden := strings.TrimSuffix(name, ".conf") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const two = `virtual_server 10.0.0.1 80 {
protocol TCP
lb_algo rr
lb_kind NAT
sorry_server 127.0.0.9 80
real_server 127.0.0.2 80 {
}
real_server 127.0.0.3 80 {
}
}
virtual_server fwmark 9 {
lb_algo rr
lb_kind NAT
real_server 127.0.0.2 {
}
}
`

func TestWeigh(t *testing.T) {
	c := checkers(two)
	column := snmp.CheckOID().With(4, 1, 7)
	for _, k := range []struct {
		name   snmp.OID
		value  snmp.Value
		want   snmp.Weighing
		status snmp.Status
	}{
		{column.With(1, 2), snmp.Int(5), snmp.Weighing{Service: 0, Server: 0, Weight: 5}, snmp.NoError},
		{column.With(1, 3), snmp.Int(0), snmp.Weighing{Service: 0, Server: 1, Weight: 0}, snmp.NoError},
		{column.With(2, 1), snmp.Int(1 << 30), snmp.Weighing{Service: 1, Server: 0, Weight: 1 << 30}, snmp.NoError},
		{column.With(1, 1), snmp.Int(5), snmp.Weighing{}, snmp.NotWritable}, // the sorry server
		{column.With(1, 4), snmp.Int(5), snmp.Weighing{}, snmp.NotWritable},
		{column.With(1), snmp.Int(5), snmp.Weighing{}, snmp.NotWritable},
		{column.With(2, 1, 0), snmp.Int(5), snmp.Weighing{}, snmp.NotWritable},
		{column, snmp.Int(5), snmp.Weighing{}, snmp.NotWritable},
		{snmp.CheckOID().With(4, 1, 8, 1, 2), snmp.Gauge(5), snmp.Weighing{}, snmp.NotWritable},
		{column.With(1, 2), snmp.Gauge(5), snmp.Weighing{}, snmp.WrongType},
		{column.With(1, 2), snmp.Text("5"), snmp.Weighing{}, snmp.WrongType},
		{column.With(1, 2), snmp.Int(-1), snmp.Weighing{}, snmp.WrongValue},
	} {
		got, status := c.Weigh(snmp.VarBind{Name: k.name, Value: k.value})
		if got != k.want || status != k.status {
			t.Errorf("%s = %s: %+v, %d; want %+v, %d", k.name, k.value, got, status, k.want, k.status)
		}
	}
}

// The objects of a notification have no indexes, and which there are depends on the kind of virtual server.
func TestNotifications(t *testing.T) {
	c := checkers(two + "virtual_server_group G {\n10.0.0.5 80\n}\nvirtual_server group G {\nprotocol SCTP\nlb_algo rr\nlb_kind NAT\nreal_server 127.0.0.2 80 {\n}\n}\n")
	change := func(service int) snmp.Change {
		return snmp.Change{Service: c.Services[service].Conf, Up: 1, RouterID: "r"}
	}
	for _, k := range []struct {
		name string
		got  snmp.Notification
		want string
	}{
		{"server", snmp.ServerChange(change(0), c.Services[0].Servers[1].Conf, false),
			`.3.5.0.1: .3.4.1.3=INTEGER: 1 .3.4.1.4=STRING: "\x7f\x00\x00\x03" .3.4.1.5=Gauge32: 80 .3.4.1.6=INTEGER: 2 .3.3.1.2=INTEGER: 2 .3.3.1.5=INTEGER: 1 ` +
				`.3.3.1.6=STRING: "\n\x00\x00\x01" .3.3.1.7=Gauge32: 80 .3.3.1.8=INTEGER: 1 .3.3.1.21=Gauge32: 1 .3.3.1.20=Gauge32: 2 .1.2.0=STRING: "r"`},
		{"mark", snmp.QuorumChange(change(1), snmp.QuorumNotMet),
			`.3.5.0.2: .3.3.1.2=INTEGER: 1 .3.3.1.4=Gauge32: 9 .3.3.1.8=INTEGER: 4 .3.3.1.23=INTEGER: 2 .3.3.1.22=Gauge32: 1 .3.3.1.21=Gauge32: 1 .3.3.1.20=Gauge32: 1 .1.2.0=STRING: "r"`},
		{"group", snmp.QuorumChange(change(2), snmp.QuorumShutdown),
			`.3.5.0.2: .3.3.1.2=INTEGER: 3 .3.3.1.3=STRING: "G" .3.3.1.8=INTEGER: 3 .3.3.1.23=INTEGER: 3 .3.3.1.22=Gauge32: 1 .3.3.1.21=Gauge32: 1 .3.3.1.20=Gauge32: 1 .1.2.0=STRING: "r"`},
	} {
		short := func(o snmp.OID) string { return strings.TrimPrefix(o.String(), snmp.Root().String()) }
		text := short(k.got.Name) + ":"
		for _, b := range k.got.Binds {
			text += " " + short(b.Name) + "=" + b.Value.String()
		}
		if diff := cmp.Diff(k.want, text); diff != "" {
			t.Errorf("%s: %s", k.name, diff)
		}
	}
}
