package conf

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
)

// manyServers is a configuration of n virtual servers with m real servers each; 2000 and 10 make 132,000 lines.
func manyServers(n, m int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "virtual_server 10.%d.%d.1 80 {\n    delay_loop 6\n    lb_algo rr\n    lb_kind DR\n    protocol TCP\n\n", i/256, i%256)
		for k := range m {
			fmt.Fprintf(&b, "    real_server 10.%d.%d.%d 80 {\n        weight 1\n        TCP_CHECK {\n            connect_timeout 3\n        }\n    }\n", i/256, i%256, k+2)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// BenchmarkConfigTest is what -t does with 132,000 lines.
func BenchmarkConfigTest(b *testing.B) {
	text := manyServers(2000, 10)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ds := build(text, newMachine()); ds.ExitCode() != 0 {
			b.Fatal(ds[0])
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	f, _ := syntax.Load(memory{"a": manyServers(2000, 10)}, "a", syntax.Options{})
	b.ReportAllocs()
	for b.Loop() {
		Build(f, newMachine())
	}
}

// BenchmarkKeywords is what every process pays for the tables.
func BenchmarkKeywords(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		build("vrrp_instance A {\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {\n 10.0.0.1\n }\n}\n", newMachine("eth0"))
	}
}
