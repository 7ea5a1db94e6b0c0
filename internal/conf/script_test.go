package conf

import "testing"

func TestScripts(t *testing.T) {
	const instance = "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\n"
	const script = "vrrp_script s {\nscript \"/bin/true x\"\n"
	const track = "track_script {\ns\n}\n}\n"
	secure := "global_defs {\nenable_script_security\nscript_user root\n}\n"
	for _, c := range []struct {
		name, text, report string
		code               int
	}{
		{"without script security", script + "}\n" + instance + track, "SECURITY VIOLATION - scripts are being executed but script_security not enabled.", 6},
		{"with it", secure + script + "}\n" + instance + track, "", 0},
		{"notify only", instance + "notify /bin/true\n}\n", "SECURITY VIOLATION - scripts are being executed but script_security not enabled.", 6},
		{"notify that does not exist", instance + "notify /no/such\n}\n", "", 0},
		{"no instance", script + "}\n", "", 0},
		{"by name only", "vrrp_script s {\nscript \"killall -0 x\"\n}\n" + instance + track, "SECURITY VIOLATION - scripts are being executed but script_security not enabled.", 6},
		{"does not exist", "vrrp_script s {\nscript /no/such\n}\n" + instance + track, "Disabling track script s since not found/accessible", 5},
		{"no command", "vrrp_script s {\ninterval 1\n}\n" + instance + track, "No script set for vrrp_script s - removing\n(A) track script s not found, ignoring...", 5},
		{"no default user", "global_defs {\nenable_script_security\n}\n" + script + "}\n" + instance + track,
			"Unable to set default user keepalived_script for script\nUnable to set default user for vrrp script s - removing\n(A) track script s not found, ignoring...", 5},
		{"unknown user", secure + script + "user nosuch\n}\n" + instance + track, "Unable to set uid/gid for script '/bin/true' 'x'\n(A) track script s not found, ignoring...", 5},
		{"unknown user of a notify", secure + instance + "notify \"/bin/true\" nosuch\n}\n", "", 0},
		{"missing quote", secure + instance + "notify '/bin/true\n}\n", "String 'notify '/bin/true': missing terminating '", 5},
		{"start script", "global_defs {\nstartup_script /bin/true\n}\n", "SECURITY VIOLATION - start/shutdown scripts are being executed but script_security not enabled.", 6},
		{"check script", "virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_algo rr\nlb_kind NAT\nreal_server 192.0.2.2 80 {\nMISC_CHECK {\nmisc_path \"/bin/true\"\n}\n}\n}\n",
			"SECURITY VIOLATION - check scripts are being executed but script_security not enabled.", 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, ds := build(c.text, newMachine("eth0"))
			if got := texts(ds); got != c.report || ds.ExitCode() != c.code {
				t.Errorf("exit code %d, want %d; reports\n%s\nwant\n%s", ds.ExitCode(), c.code, got, c.report)
			}
		})
	}
}

func TestInsecureScripts(t *testing.T) {
	text := "vrrp_script s {\nscript /bin/true\n}\nvrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1\n}\nnotify /bin/true\ntrack_script {\ns\n}\n}\n"
	m := newMachine("eth0")
	m.insecure = true
	c, ds := build(text, m)
	if got := texts(ds); got != "SECURITY VIOLATION - scripts are being executed but script_security not enabled. There are insecure scripts." || c.Instances[0].Notify.Any == nil {
		t.Errorf("got %s", got)
	}
	c, ds = build("global_defs {\nscript_user root\nenable_script_security\n}\n"+text, m)
	if got := texts(ds); got != "Disabling track script s due to insecure" || c.Instances[0].Notify.Any != nil {
		t.Errorf("got %s", got)
	}
}
