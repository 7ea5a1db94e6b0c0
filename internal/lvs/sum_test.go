package lvs_test

import (
	"hash/maphash"
	"net/netip"
	"reflect"
	"testing"

	"github.com/keepalived-go/keepalived/internal/conf"
	"github.com/keepalived-go/keepalived/internal/lvs"
)

// The order of a table does not matter to its sum; every field of a service, of its key and of a destination does.
func TestSums(t *testing.T) {
	seed := maphash.MakeSeed()
	sum := func(table ...lvs.Programmed) uint64 {
		s := lvs.NewSum(seed)
		for _, p := range table {
			s.Add(p)
		}
		return s.Value()
	}
	a, b := lvs.Dest{Key: netip.MustParseAddrPort("127.0.0.2:80")}, lvs.Dest{Key: netip.MustParseAddrPort("[::2]:80")}
	one := lvs.Programmed{Service: lvs.Service{Key: lvs.ServiceKey{Mark: 9}}, Dests: []lvs.Dest{a, b}}
	two := lvs.Programmed{Service: lvs.Service{Key: lvs.ServiceKey{Mark: 8}}}
	if sum(one, two) != sum(two, lvs.Programmed{Service: one.Service, Dests: []lvs.Dest{b, a}}) {
		t.Error("the order matters")
	}
	moved := two
	moved.Dests = []lvs.Dest{b}
	if sum(one, two) == sum(lvs.Programmed{Service: one.Service, Dests: []lvs.Dest{a}}, moved) {
		t.Error("it does not matter to which service a destination belongs")
	}
	plain := lvs.Programmed{Dests: []lvs.Dest{{}}}
	seen := map[uint64]string{sum(): "nothing", sum(plain): "plain", sum(lvs.Programmed{}): "no destination"}
	each := func(name string, v reflect.Value) {
		for i := range v.NumField() {
			f, name := v.Field(i), name+"."+v.Type().Field(i).Name
			was := reflect.ValueOf(f.Interface())
			switch f.Interface().(type) {
			case netip.Addr:
				f.Set(reflect.ValueOf(a.Key.Addr()))
			case netip.AddrPort:
				f.Set(reflect.ValueOf(a.Key))
			case lvs.ServiceKey, conf.Tunnel:
				continue // field by field
			default:
				switch {
				case f.CanInt():
					f.SetInt(1)
				case f.CanUint():
					f.SetUint(1)
				case f.Kind() == reflect.Bool:
					f.SetBool(true)
				case f.Kind() == reflect.String:
					f.SetString("x")
				default:
					t.Fatalf("%s is a %s", name, f.Kind())
				}
			}
			n := sum(plain)
			if other, there := seen[n]; there {
				t.Errorf("%s and %s have the same sum", name, other)
			}
			seen[n] = name
			f.Set(was)
		}
	}
	each("service", reflect.ValueOf(&plain.Service).Elem())
	each("key", reflect.ValueOf(&plain.Service.Key).Elem())
	each("dest", reflect.ValueOf(&plain.Dests[0]).Elem())
	each("tunnel", reflect.ValueOf(&plain.Dests[0].Tunnel).Elem())
}
