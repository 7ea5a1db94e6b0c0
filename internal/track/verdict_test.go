package track

import "testing"

// TestVerdictCountsInARow reads results as s (success) and f (failure) and the verdict after each as U, D, or lower case
// when it has not changed.
func TestVerdictCountsInARow(t *testing.T) {
	for _, c := range []struct {
		name       string
		rise, fall int
		initFail   bool
		in, want   string
	}{
		{"one each", 1, 1, false, "sfsff", "UDUDd"},
		{"the first success is enough", 3, 1, false, "ss", "Uu"},
		{"the first failure is enough", 1, 3, false, "f", "D"},
		{"fall counts", 1, 3, false, "sffsfff", "UuuuuuD"},
		{"rise counts after a fall", 3, 1, false, "sfssfsss", "UDddddd" + "U"},
		{"init_fail", 2, 1, true, "ssf", "DUD"},
	} {
		v, got := newVerdict(c.rise, c.fall, c.initFail), ""
		for _, r := range c.in {
			changed := v.result(r == 's')
			letter := "d"
			if v.isUp() {
				letter = "u"
			}
			if changed {
				letter = map[string]string{"d": "D", "u": "U"}[letter]
			}
			got += letter
		}
		if got != c.want {
			t.Errorf("%s: %s gives %s, want %s", c.name, c.in, got, c.want)
		}
	}
}
