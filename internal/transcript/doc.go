// Package transcript runs VRRP routers on a simulated network in virtual time, for tests: by a script that a human can
// read, or by a random walk.
//
// A script consists of stanzas: comments and commands, a line "----", and what the routers do, up to an empty line.
//
//	router NAME PRIORITY ADDRESS [OPTION...]           a router with VI_1 on eth0 (VRID 51, 10.0.0.100/24, version 2)
//	instance NAME INSTANCE PRIORITY ADDRESS [OPTION...] another instance of it; OPTION dev=, vrid=, vip= as needed
//	group NAME GROUP INSTANCE|OPTION...                a sync group of it, OPTION track_*, sync_group_tracking_weight,
//	                                                   notify_priority_changes
//	start|stop NAME                                    the process begins; it ends as by SIGTERM
//	crash|kill NAME                                    the power goes; the process ends as by SIGKILL
//	pause|resume NAME                                  SIGSTOP, SIGCONT
//	reload NAME [[INSTANCE:]OPTION | -INSTANCE]...     SIGHUP after these changes
//	link NAME [DEV] down|up|missing|noaddr|ADDRESS     its interface changes
//	source NAME missing|present                        the configured source address goes or comes
//	script|process|bfd NAME TARGET up|down              what is tracked changes; scripts are unknown at each start
//	file NAME TARGET VALUE                             the value in a tracked file changes
//	lose NAME PREFIX someone removes an address of it
//	fail NAME addaddrs|deladdrs|send [COUNT]           its next such actions fail
//	send NAME [OPTION...]                              a packet made by hand arrives; OPTION as in send.go
//	status NAME                                        what reports would tell
//	partition A B | C                                  only routers on the same side hear each other
//	drop FROM TO; heal                                 one direction fails; all is well again
//	run DURATION                                       time goes by
//
// The options of an instance are the keywords of keepalived.conf, as flags or key=value; "master" is "state MASTER",
// "peers=" the unicast peers, "pass=" and "ah" the authentication, "vip=" and "evip=" the addresses, each with "@DEV" when it
// belongs on another interface.
// "route=" and "rule=" give it a route and a rule by a text without blanks, "unrouted" takes them away.
// "track_script=NAME[:WEIGHT[r]],..." tracks scripts, r standing for reverse; so do track_interface, _file, _process, _bfd.
//
// In the output a router's adverts that only repeat those before are counted: "... 3 x SendAdvert{Priority:100}". Lines
// with --log-detail begin with "detail:", others with their level, "log:" for INFO.
package transcript
