package supervisor

// watchdog counts the signs of life that a child owes. The parent raises the counter each tick; the child's own event
// loop resets it.
type watchdog struct {
	owed      int
	threshold int // at least 1
}

// tick raises the counter and tells whether the child hangs.
func (w *watchdog) tick() bool {
	w.owed++
	return w.owed > w.threshold
}

func (w *watchdog) reset() { w.owed = 0 }
