package conf

// Host answers what validation must ask of the machine.
type Host interface {
	// Link returns the interface of that name, and whether there is one.
	Link(name string) (Link, bool)
	// User returns the numeric ids of a user and group; an empty group means the user's own.
	User(user, group string) (uid, gid uint32, err error)
	// Program looks for the program that a script names and at what it may do, as the user would.
	Program(path string, uid, gid uint32) Program
	// Resolves tells whether a host name has an address.
	Resolves(name string) bool
	// Hostname returns the name of the machine.
	Hostname() string
	// Named returns the number that a file of iproute2 (rt_tables, rt_scopes, ...) gives a name. A file with a directory is
	// that one, another is looked for in the usual places.
	Named(file, name string) (uint32, bool)
	// CPUs returns the number of processors.
	CPUs() int
	// Exists tells whether a file exists.
	Exists(path string) bool
}

// Link is what validation must know of an interface.
type Link struct {
	Loopback  bool
	Multicast bool
	VRF       bool // a device for virtual routing and forwarding
	MTU       int  // bytes; 0: not known
}

// Program is what is known of the program of a script.
type Program struct {
	Found      bool
	Executable bool   // by the user that is to run it
	Insecure   bool   // someone other than root may change it, and root is to run it
	Why        string // it is insecure: which part of the path, and the command that mends it
}
