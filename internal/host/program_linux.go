package host

import (
	"errors"
	"fmt"
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
		if err := Unsafe(real); err != nil {
			p.Insecure, p.Why = true, err.Error()
		}
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

// Unsafe tells what lets someone other than root change a program or put another in its place: the program or a directory
// above it does not belong to root, its group that is not root's may write, or anybody may, save in a directory with the
// sticky bit. The error names the part of the path, and the command that mends it; nil: there is nothing.
func Unsafe(path string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	for {
		info, err := os.Lstat(real)
		if err != nil {
			return err
		}
		if why := unsafe(info, real); why != "" {
			return errors.New(why)
		}
		if real == "/" || real == "." {
			return nil
		}
		real = filepath.Dir(real)
	}
}

// unsafe returns what is wrong with one part of a path.
func unsafe(info fs.FileInfo, path string) string {
	uid, gid := owners(info)
	mode := info.Mode()
	sticky := mode.IsDir() && mode&fs.ModeSticky != 0
	switch {
	case uid != 0:
		return fmt.Sprintf("%s belongs to user %d, not to root: chown root %s", path, uid, path)
	case gid != 0 && mode&0o020 != 0 && !sticky:
		return fmt.Sprintf("group %d may write to %s, mode %04o: chmod g-w %s", gid, path, mode.Perm(), path)
	case mode&0o002 != 0 && !sticky:
		return fmt.Sprintf("anyone may write to %s, mode %04o: chmod o-w %s", path, mode.Perm(), path)
	}
	return ""
}
