package supervisor

import (
	"errors"
	"strings"
	"time"
)

// errReloadTime means that a reload_time_file holds no time.
var errReloadTime = errors.New("not a time: HH:MM:SS, YY-MM-DD HH:MM:SS or YYYY-MM-DD HH:MM:SS, with Z for UTC")

// parseReloadTime reads the text of a reload_time_file: a time of day, which is for the next time that it comes, or a
// date and a time; local time unless Z follows. daily tells that there was no date. A date that has passed gives a time
// that has passed.
func parseReloadTime(text string, now time.Time) (at time.Time, daily bool, err error) {
	text = strings.TrimSpace(text)
	zone := now.Location()
	if rest, ok := strings.CutSuffix(text, "Z"); ok {
		text, zone = rest, time.UTC
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "06-01-02 15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, false, nil
		}
	}
	clock, err := time.ParseInLocation("15:04:05", text, zone)
	if err != nil {
		return time.Time{}, false, errReloadTime
	}
	today := now.In(zone)
	at = time.Date(today.Year(), today.Month(), today.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	return at, true, nil
}
