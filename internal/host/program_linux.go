package host

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// defaultPath is where programs are looked for when the environment does not say.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Program looks for the program that a script names, by the search path when it has no slash.
func (Machine) Program(name string, uid, gid uint32) conf.Program {
	path := find(name, uid, gid)
	if path == "" {
		return conf.Program{}
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return conf.Program{}
	}
	info, err := os.Stat(real)
	if err != nil || !info.Mode().IsRegular() {
		return conf.Program{}
	}
	p := conf.Program{Found: true, Executable: executable(info, uid, gid)}
	if p.Executable && (uid == 0 || gid == 0 || info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0) {
		p.Insecure = insecure(real)
	}
	return p
}

// find returns the path of a program, or nothing.
func find(name string, uid, gid uint32) string {
	if strings.Contains(name, "/") {
		return name
	}
	dirs := os.Getenv("PATH")
	if dirs == "" {
		dirs = defaultPath
	}
	for _, dir := range filepath.SplitList(dirs) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && executable(info, uid, gid) {
			return path
		}
	}
	return ""
}

// executable tells whether the user may execute the file; root may when anyone may.
func executable(info fs.FileInfo, uid, gid uint32) bool {
	mode := info.Mode()
	owner, group := owners(info)
	switch {
	case uid == 0:
		return mode&0o111 != 0
	case uid == owner:
		return mode&0o100 != 0
	case gid == group:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

func owners(info fs.FileInfo) (uid, gid uint32) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Uid, st.Gid
	}
	return 0, 0
}

// insecure tells whether someone other than root may change the file or a directory above it: it does not belong to root,
// its group that is not root's may write, or anybody may, save in a directory with the sticky bit.
func insecure(path string) bool {
	for {
		info, err := os.Lstat(path)
		if err != nil {
			return true
		}
		uid, gid := owners(info)
		mode := info.Mode()
		writable := gid != 0 && mode&0o020 != 0 || mode&0o002 != 0
		sticky := mode.IsDir() && mode&fs.ModeSticky != 0
		if uid != 0 || writable && !sticky {
			return true
		}
		if path == "/" || path == "." {
			return false
		}
		path = filepath.Dir(path)
	}
}
