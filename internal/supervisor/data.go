package supervisor

import (
	"bytes"
	"fmt"
	"os"

	"github.com/keepalived-go/keepalived/internal/control"
	"github.com/keepalived-go/keepalived/internal/log"
	"github.com/keepalived-go/keepalived/internal/report"
)

// configName is how a configuration in memory is called in /proc.
const configName = "keepalived_config"

// configFile returns a copy of the configuration for a child: a file in memory, or one without a name in the directory that
// the configuration named at the start. Where that cannot be, memory will do.
func (s *Supervisor) configFile() (*os.File, error) {
	if dir := s.First.Config.Global.TmpConfigDir; dir != "" {
		f, err := control.UnnamedFile(dir, s.current.Tree)
		if err == nil {
			return f, nil
		}
		s.Log.Log(log.Err, err.Error())
	}
	return control.SealedFile(configName, s.current.Tree)
}

// writeData writes what the parent knows. The file is left to a goroutine: a slow disk holds up no restart.
func (s *Supervisor) writeData() {
	s.Log.Info(fmt.Sprintf("Printing parent data for process(%d) on signal", os.Getpid()))
	g := &s.current.Config.Global
	path := report.StateFile(&g.Dump, report.Parent, s.Label)
	var b bytes.Buffer
	if err := report.WriteGlobal(&b, g); err != nil {
		s.Log.Log(log.Err, err.Error())
		return
	}
	s.reports.Add(1)
	go func() {
		defer s.reports.Done()
		if err := report.Replace(path, b.Bytes()); err != nil {
			s.Log.Log(log.Err, err.Error())
		}
	}()
}
