// Package log sets up logging to syslog, console and file over logrus.
//
// Whoever logs never waits for a reader: lines go through a bounded queue, and what does not fit is counted and said.
package log

import (
	"io"
	"time"

	"github.com/sirupsen/logrus"
)

// Severity is a syslog severity (RFC 5424 section 6.2.1).
type Severity uint8

// The severities that are used.
const (
	Alert   Severity = 1
	Err     Severity = 3
	Warning Severity = 4
	Notice  Severity = 5
	Info    Severity = 6
	Debug   Severity = 7
)

const severityField = "severity"

// Logger writes lines. Its methods may be called from any goroutine and never block.
type Logger struct {
	log    *logrus.Logger
	sink   *sink
	detail bool
}

// Log writes text at a severity.
func (l *Logger) Log(sev Severity, text string) {
	l.log.WithField(severityField, sev).Log(level(sev), text)
}

// Info writes a line at INFO, as most lines of keepalived are.
func (l *Logger) Info(text string) { l.Log(Info, text) }

// Detailed tells whether --log-detail was given.
func (l *Logger) Detailed() bool { return l.detail }

// Close writes what waits, for two seconds at most, and ends the writer.
func (l *Logger) Close() { l.sink.close(2 * time.Second) }

func level(sev Severity) logrus.Level {
	switch {
	case sev <= Err:
		return logrus.ErrorLevel
	case sev == Warning:
		return logrus.WarnLevel
	case sev == Debug:
		return logrus.DebugLevel
	}
	return logrus.InfoLevel
}

func newLogger(s *sink, detail bool) *Logger {
	l := logrus.New()
	l.SetLevel(logrus.DebugLevel)
	l.SetOutput(io.Discard) // the hook hands each entry to the sink
	l.SetFormatter(nothing{})
	l.AddHook(hook{s})
	return &Logger{log: l, sink: s, detail: detail}
}

// hook hands entries to the sink.
type hook struct{ sink *sink }

// Levels says that the hook wants every entry.
func (hook) Levels() []logrus.Level { return logrus.AllLevels }

// Fire queues the entry.
func (h hook) Fire(e *logrus.Entry) error {
	sev, ok := e.Data[severityField].(Severity)
	if !ok {
		sev = Info
	}
	h.sink.add(line{e.Time, sev, e.Message})
	return nil
}

// nothing formats nothing.
type nothing struct{}

// Format returns no bytes.
func (nothing) Format(*logrus.Entry) ([]byte, error) { return nil, nil }
