package track

// verdict turns the results of a script into up and down: it takes rise successes in a row to come up and fall failures in
// a row to go down. The first result decides at once, unless the script is to be taken for failed until then.
type verdict struct {
	rise, fall int
	count      int // 0..rise+fall-1; up from rise on
	known      bool
}

func newVerdict(rise, fall int, initFail bool) verdict {
	v := verdict{rise: rise, fall: fall}
	if !initFail {
		v.count = rise - 1
	}
	return v
}

func (v *verdict) isUp() bool { return v.count >= v.rise }

// result takes one result in. It tells whether the verdict has changed, or is the first.
func (v *verdict) result(ok bool) (changed bool) {
	was := v.isUp()
	if ok {
		v.succeed()
	} else {
		v.fail()
	}
	changed = !v.known || was != v.isUp()
	v.known = true
	return changed
}

func (v *verdict) succeed() {
	if v.count++; v.count >= v.rise {
		v.count = v.rise + v.fall - 1 // it takes all failures to go down again
	}
}

func (v *verdict) fail() {
	if v.count--; v.count < v.rise {
		v.count = 0 // it takes all successes to come up again
	}
}
