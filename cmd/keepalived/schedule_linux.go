package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// schedule applies the configured scheduling to every thread of this process; new threads inherit it.
func schedule(p *conf.Process) error {
	var errs []error
	if p.NoSwap {
		// ONFAULT: what the runtime has reserved and does not use is not to be filled with memory.
		if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
			errs = append(errs, fmt.Errorf("cannot lock memory: %w", err))
		}
	}
	if p.RTPriority > 0 && p.RTTimeLimit > 0 {
		us := uint64(p.RTTimeLimit.Microseconds())
		if err := unix.Setrlimit(unix.RLIMIT_RTTIME, &unix.Rlimit{Cur: us, Max: us}); err != nil {
			errs = append(errs, fmt.Errorf("cannot limit realtime CPU time: %w", err))
		}
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("cannot list threads: %w", err)
	}
	for _, t := range tasks {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := scheduleThread(tid, p); err != nil && !errors.Is(err, unix.ESRCH) {
			errs = append(errs, err)
			break // the others would fail alike
		}
	}
	return errors.Join(errs...)
}

func scheduleThread(tid int, p *conf.Process) error {
	if len(p.CPUAffinity) > 0 {
		var set unix.CPUSet
		for _, cpu := range p.CPUAffinity {
			set.Set(cpu)
		}
		if err := unix.SchedSetaffinity(tid, &set); err != nil {
			return fmt.Errorf("cannot set CPU affinity: %w", err)
		}
	}
	if p.RTPriority > 0 {
		attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: uint32(p.RTPriority)}
		if err := unix.SchedSetAttr(tid, &attr, 0); err != nil {
			return fmt.Errorf("cannot set realtime priority: %w", err)
		}
		return nil
	}
	if p.Nice != 0 {
		if err := unix.Setpriority(unix.PRIO_PROCESS, tid, p.Nice); err != nil {
			return fmt.Errorf("cannot set priority: %w", err)
		}
	}
	return nil
}
