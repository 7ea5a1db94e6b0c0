package lvs

import (
	"fmt"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// leastProduct is the product of number and weight that is a failure, as anything below it is.
const leastProduct = -254

// watches tells whether the checker looks at a file: nothing has to be probed, it follows the File events.
func (c *checker) watches() bool { return c.conf.Kind == "FILE_CHECK" }

// fileVerdict returns what a FILE_CHECK says of a number: with the weight 0 anything but 0 is a failure, else the product
// adds to the weight of the server.
func fileVerdict(c *conf.Check, number int) (up bool, adjust int) {
	if c.Weight == 0 {
		return number == 0, 0
	}
	product := number * c.Weight
	if c.Reverse {
		product = -product
	}
	if product <= leastProduct {
		return false, 0
	}
	return true, product
}

// file notes the number in a file and hands it to the checkers that look at it.
func (t *Table) file(name string, number int) {
	t.files[name] = number
	if !t.running {
		return
	}
	for _, s := range t.services {
		for _, r := range s.servers {
			for _, c := range r.checks {
				if c.watches() && c.conf.Name == name {
					t.follow(c, number)
				}
			}
		}
	}
}

func (t *Table) follow(c *checker, number int) {
	r, was := c.server, c.up
	c.up, c.adjust = fileVerdict(c.conf, number)
	if c.up != was {
		word := "now"
		if c.up {
			word = "leaving"
		}
		t.log(fmt.Sprintf("(%s): tracked file %s %s FAULT state", r.title(), c.conf.Name, word))
	}
	t.reweigh(r)
	if up := r.well(); up != r.up {
		t.turn(r, up, "")
	}
}
