package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf/syntax"
	"github.com/keepalived-go/keepalived/internal/log"
)

// mark makes the file that tells others that a reload is under way and returns what removes it again (reload_file).
func (s *Supervisor) mark() (unmark func()) {
	r := s.current.Config.Global.Reload
	if !r.MarkFile {
		return func() {}
	}
	path := r.File
	if path == "" {
		path = s.ReloadFile
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		s.Log.Log(log.Err, "cannot make reload file: "+err.Error())
		return func() {}
	}
	_ = f.Chmod(0o644) // whatever the umask: it is for others to see
	f.Close()
	return func() { _ = os.Remove(path) }
}

// save keeps a copy of the configuration that comes into force (config_save_dir).
func (s *Supervisor) save() {
	dir := s.current.Config.Global.Reload.SaveDir
	if dir == "" {
		return
	}
	s.saved++
	path := filepath.Join(dir, fmt.Sprintf("keepalived.conf.%d.%d", os.Getpid(), s.saved))
	tree, err := syntax.Decode(s.current.Tree)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, tree.Format(), 0o600)
	}
	if err != nil {
		s.Log.Log(log.Err, "cannot save a copy of the configuration: "+err.Error())
	}
}

// explain writes why a configuration was refused to the file that reload_check_config names.
func (s *Supervisor) explain(ds syntax.Diagnostics) {
	path := s.current.Config.Global.Reload.CheckLog
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		s.Log.Log(log.Err, "cannot write the result of the check: "+err.Error())
		return
	}
	defer f.Close()
	if err := ds.Counted().Write(f, true); err != nil {
		s.Log.Log(log.Err, err.Error())
		return
	}
	s.Log.Info(fmt.Sprintf("New config failed validation, see %s for details", path))
}

// fixed logs the settings that a reload cannot change; the old ones stay.
func (s *Supervisor) fixed(fresh *Loaded) {
	was, now := &s.current.Config.Global, &fresh.Config.Global
	for _, f := range []struct {
		what     string
		was, now string
	}{
		{"network namespace", was.NetNamespace, now.NetNamespace},
		{"instance name", was.InstanceName, now.InstanceName},
		{"config_directory", was.TmpConfigDir, now.TmpConfigDir},
		{"disable_local_igmp", strconv.FormatBool(was.DisableLocalIGMP), strconv.FormatBool(now.DisableLocalIGMP)},
		{"IPVS nftables table name", was.LVS.Marks.Table, now.LVS.Marks.Table},
	} {
		if f.was != f.now {
			s.Log.Info(fmt.Sprintf("Cannot change %s at a reload - please restart keepalived", f.what))
		}
	}
}
