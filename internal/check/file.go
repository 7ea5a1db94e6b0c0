package check

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// fileCheck reads a number from a file and multiplies it by a weight: with the weight 0 anything but 0 is a failure, else
// a product of -254 or less; what is above adds to the weight of the server.
type fileCheck struct {
	path   string
	weight int
}

// leastProduct is the product that is a failure.
const leastProduct = -254

func newFile(c *conf.Check, o Options) (Checker, error) {
	path, ok := o.Files[c.Name]
	if !ok {
		return nil, fmt.Errorf("track_file %s is not known", c.Name)
	}
	w := 1
	if c.WeightSet {
		w = c.Weight
	}
	if c.Reverse {
		w = -w
	}
	return fileCheck{path, w}, nil
}

// Check reads the file. One that is not there, or holds no number, counts as 0.
func (f fileCheck) Check(context.Context) (int, error) {
	n := readNumber(f.path)
	if f.weight == 0 {
		if n != 0 {
			return 0, fmt.Errorf("%w: %s holds %d", ErrAnswer, f.path, n)
		}
		return 0, nil
	}
	product := n * f.weight
	if product <= leastProduct {
		return 0, fmt.Errorf("%w: %s holds %d", ErrAnswer, f.path, n)
	}
	return product, nil
}

func readNumber(path string) int {
	b, err := os.ReadFile(path)
	if err != nil || len(b) > 4096 {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}
