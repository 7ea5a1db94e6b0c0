package supervisor

import (
	"testing"
	"time"
)

func TestReloadTimeIsTheNextOneThatComes(t *testing.T) {
	zone := time.FixedZone("UTC+2", 2*3600)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, zone)
	for text, want := range map[string]string{
		"12:00:01\n":            "2026-11-20 12:00:01 +0200 daily",
		"12:00:00":              "2026-11-21 12:00:00 +0200 daily",
		"11:59:59":              "2026-11-21 11:59:59 +0200 daily",
		"11:00:00Z":             "2026-11-20 11:00:00 +0000 daily",
		"09:00:00Z":             "2026-11-21 09:00:00 +0000 daily",
		"26-12-31 23:59:59":     "2026-12-31 23:59:59 +0200 once",
		"2026-12-31 23:59:59Z ": "2026-12-31 23:59:59 +0000 once",
		"2020-01-01 00:00:00":   "2020-01-01 00:00:00 +0200 once",
	} {
		at, daily, err := parseReloadTime(text, now)
		got := at.Format("2006-01-02 15:04:05 -0700") + map[bool]string{true: " daily", false: " once"}[daily]
		if err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "25:00:00", "12:00", "tomorrow", "2026-13-01 00:00:00"} {
		if _, _, err := parseReloadTime(text, now); err != errReloadTime {
			t.Errorf("%q: %v", text, err)
		}
	}
}
