package supervisor

import (
	"errors"
	"os"
	"testing"

	"github.com/keepalived-go/keepalived/internal/control"
)

// TestMain makes the test binary the child that a Starter starts: it waits until it is told to begin, or left.
func TestMain(m *testing.M) {
	if os.Getenv(ChildEnv) == "" {
		os.Exit(m.Run())
	}
	conn, err := control.FromFile(os.NewFile(ControlFD, "control"))
	for err == nil {
		var msg control.Message
		if msg, err = conn.Receive(); msg.Kind == control.Begin {
			_ = conn.Send(control.Started, -1)
		}
	}
	os.Exit(ExitOK)
}

func begins(t *testing.T, p *process) {
	t.Helper()
	if err := p.conn.Begin("vrrp", ""); err != nil {
		t.Fatal(err)
	}
	if m, err := p.conn.Receive(); err != nil || m.Kind != control.Started {
		t.Fatalf("got %+v, %v", m, err)
	}
}

func TestProcessThatWasStartedAheadIsTaken(t *testing.T) {
	s := NewStarter(true)
	defer s.Close()
	s.Ahead()
	s.Hand([]byte("tree"))
	want := s.spare
	p, err := s.take()
	if err != nil || p != want || !p.configured {
		t.Fatalf("got %+v, want %+v: %v", p, want, err)
	}
	defer p.end()
	begins(t, p)
	next, err := s.take()
	if err != nil || next == p || next.configured {
		t.Fatalf("got %+v, %v", next, err)
	}
	defer next.end()
	begins(t, next)
}

func TestProcessThatHasDiedAheadIsReplaced(t *testing.T) {
	s := NewStarter(true)
	defer s.Close()
	s.Ahead()
	dead := s.spare
	if err := dead.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := dead.conn.Receive(); !errors.Is(err, control.ErrClosed) { // waits until it is dead
		t.Fatal(err)
	}
	s.Hand([]byte("tree"))
	p, err := s.take()
	if err != nil || p == dead || p.configured {
		t.Fatalf("got %+v, %v", p, err)
	}
	defer p.end()
	begins(t, p)
}

func TestProcessWithoutUseIsEnded(t *testing.T) {
	s := NewStarter(true)
	defer s.Close()
	s.Ahead()
	p := s.spare
	s.EndSpare()
	if p.cmd.ProcessState == nil {
		t.Error("nobody has waited for it")
	}
	s.EndSpare() // there is none any more
}
