package conf

import "testing"

func TestNearestKeywordIsTheSameEveryTime(t *testing.T) {
	for range 20 { // the tables are maps: their order changes
		for word, want := range map[string]string{
			"virtual_ipadress": "virtual_ipaddress",
			"prioritiy":        "priority",
			"advert_init":      "advert_int",
			"frobnicate":       "",
		} {
			if got := nearest(newTable(instanceKeywords()), word); got != want {
				t.Fatalf("%s: %q, want %q", word, got, want)
			}
		}
	}
}
