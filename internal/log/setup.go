package log

import (
	"fmt"
	"io"
	"log/syslog"
	"os"
	"strings"
	"time"
)

// Options say where lines go.
type Options struct {
	Ident    string          // of this process in syslog
	Facility syslog.Priority // syslog.LOG_DAEMON when 0 would mean kernel
	Syslog   bool
	Console  io.Writer // nil: not to the console
	File     string    // empty: not to a file
	Detail   bool      // --log-detail
}

// Setup opens the places that lines go to. A file that cannot be opened is the first thing that the others hear of; a
// syslog that is away is tried again.
func Setup(o Options) *Logger {
	var ws []writer
	var failed error
	if o.Console != nil {
		ws = append(ws, textWriter{o.Console, nil})
	}
	if o.File != "" {
		f, err := os.OpenFile(o.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			ws = append(ws, textWriter{f, f})
		} else {
			failed = fmt.Errorf("cannot open log file: %w", err)
		}
	}
	if o.Syslog {
		ws = append(ws, &syslogWriter{priority: o.Facility | syslog.LOG_INFO, ident: o.Ident})
	}
	l := newLogger(newSink(ws), o.Detail)
	if failed != nil {
		l.Log(Err, failed.Error())
	}
	return l
}

// FileFor returns the log file of a child: suffix goes before the last dot of the file name.
func FileFor(file, suffix string) string {
	dot := strings.LastIndexByte(file, '.')
	if dot <= strings.LastIndexByte(file, '/') {
		return file + suffix
	}
	return file[:dot] + suffix + file[dot:]
}

// textWriter writes lines as keepalived shows them on a console.
type textWriter struct {
	w io.Writer
	c io.Closer
}

func (t textWriter) write(l line) error {
	_, err := fmt.Fprintf(t.w, "%s: %s\n", l.at.Format(time.ANSIC), l.text)
	return err
}

func (t textWriter) close() {
	if t.c != nil {
		t.c.Close()
	}
}

// syslogWriter writes to the local syslog daemon, whenever that is there.
type syslogWriter struct {
	priority syslog.Priority
	ident    string
	conn     *syslog.Writer
	tried    time.Time
}

// redial is how often a syslog that is away is looked for.
const redial = time.Second

func (s *syslogWriter) write(l line) error {
	if s.conn == nil {
		if time.Since(s.tried) < redial {
			return nil
		}
		s.tried = time.Now()
		conn, err := syslog.New(s.priority, s.ident)
		if err != nil {
			return err
		}
		s.conn = conn
	}
	switch l.sev {
	case Alert:
		return s.conn.Alert(l.text)
	case Err:
		return s.conn.Err(l.text)
	case Warning:
		return s.conn.Warning(l.text)
	case Notice:
		return s.conn.Notice(l.text)
	case Debug:
		return s.conn.Debug(l.text)
	}
	return s.conn.Info(l.text)
}

func (s *syslogWriter) close() {
	if s.conn != nil {
		s.conn.Close()
	}
}
