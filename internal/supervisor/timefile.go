package supervisor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/keepalived-go/keepalived/internal/log"
)

// timeFile follows the reload_time_file: it looks every second, which is as exact as its times are.
type timeFile struct {
	text  string // as it was read last
	at    time.Time
	daily bool
}

const timeShown = "2006-01-02 15:04:05"

// lookAtTimeFile reads the file and reloads when its time has come.
func (s *Supervisor) lookAtTimeFile(now time.Time) {
	path := s.current.Config.Global.Reload.TimeFile
	if path == "" {
		s.reloadTime = timeFile{}
		return
	}
	s.readTimeFile(path, now)
	if s.reloadTime.at.IsZero() || now.Before(s.reloadTime.at) {
		return
	}
	again := s.reloadTime.daily && s.current.Config.Global.Reload.Repeat
	s.reloadTime = timeFile{} // a file that stays is read anew, for tomorrow
	if !again {
		if err := os.Remove(path); err != nil {
			s.Log.Log(log.Err, "cannot remove reload time file: "+err.Error())
		}
	}
	s.reload()
}

func (s *Supervisor) readTimeFile(path string, now time.Time) {
	was := s.reloadTime
	b, err := os.ReadFile(path)
	if err != nil {
		if !was.at.IsZero() {
			s.Log.Info("Cancelling reload scheduled for " + was.at.Format(timeShown))
		}
		if !errors.Is(err, fs.ErrNotExist) && was.text != err.Error() {
			s.Log.Log(log.Err, err.Error())
		}
		s.reloadTime = timeFile{text: err.Error()}
		return
	}
	if string(b) == was.text {
		return
	}
	s.reloadTime = timeFile{text: string(b)}
	at, daily, err := parseReloadTime(string(b), now)
	switch {
	case err != nil:
		s.Log.Log(log.Err, fmt.Sprintf("reload time file %s: %v", path, err))
		return
	case !daily && !at.After(now):
		s.Log.Log(log.Err, fmt.Sprintf("reload time file %s: %s has passed", path, at.Format(timeShown)))
		return
	case was.at.IsZero():
		s.Log.Info("Scheduling reload for " + at.Format(timeShown))
	case !was.at.Equal(at):
		s.Log.Info(fmt.Sprintf("Reload time updated from %s to %s", was.at.Format(timeShown), at.Format(timeShown)))
	}
	s.reloadTime.at, s.reloadTime.daily = at, daily
}
