package conf

import "path"

// iprouteDirs are where iproute2 has its files, as the configuration says; empty: where they usually are.
type iprouteDirs struct{ etc, usr string }

// lookUp returns the number that a file of iproute2 gives a name. The administrator's file comes before the vendor's.
func (b *builder) lookUp(file, name string) (uint32, bool) {
	d := b.iproute
	if d == (iprouteDirs{}) {
		return b.host.Named(file, name)
	}
	etc, usr := []string{"/etc/iproute2"}, []string{"/usr/share/iproute2", "/usr/lib/iproute2"}
	if d.etc != "" {
		etc = []string{d.etc}
	}
	if d.usr != "" {
		usr = []string{d.usr}
	}
	for _, dir := range append(etc, usr...) {
		if n, ok := b.host.Named(path.Join(dir, file), name); ok {
			return n, true
		}
	}
	return 0, false
}
