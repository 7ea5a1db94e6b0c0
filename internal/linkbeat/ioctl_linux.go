package linkbeat

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/keepalived-go/keepalived/internal/conf"
)

// machine is this machine, in the network namespace of the process.
type machine struct{}

var _ device = machine{}

// Link asks the driver.
func (machine) Link(name string, how conf.LinkPoll) (bool, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, fmt.Errorf("cannot ask for the link of %s: %w", name, err)
	}
	defer unix.Close(fd)
	up, err := running(fd, name)
	if err != nil {
		return false, err
	}
	link := true
	switch how {
	case conf.PollMII:
		link, err = mii(fd, name)
	case conf.PollEthtool:
		link, err = ethtool(fd, name)
	}
	return up && link, err
}

// running reads the flags of the interface.
func running(fd int, name string) (bool, error) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return false, errNoDevice
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, ifr); err != nil {
		return false, failure(err)
	}
	const up = unix.IFF_UP | unix.IFF_RUNNING
	return ifr.Uint16()&up == up, nil
}

// The status register of a transceiver (IEEE 802.3 section 22.2.4.2).
const (
	registerStatus = 1
	statusLink     = 1 << 2
)

// miiRequest is a struct ifreq with struct mii_ioctl_data of linux/mii.h.
type miiRequest struct {
	name     [unix.IFNAMSIZ]byte
	phy, reg uint16
	in, out  uint16
	_        [16]byte
}

func mii(fd int, name string) (bool, error) {
	r := miiRequest{}
	copy(r.name[:], name)
	if err := ioctl(fd, unix.SIOCGMIIPHY, unsafe.Pointer(&r)); err != nil {
		return false, err
	}
	// A link that was lost stays so in the register until it has been read: the second time it is as it is now.
	for range 2 {
		r.reg = registerStatus
		if err := ioctl(fd, unix.SIOCGMIIREG, unsafe.Pointer(&r)); err != nil {
			return false, err
		}
	}
	return r.out&statusLink != 0, nil
}

// ethtoolRequest is a struct ifreq that points to a struct ethtool_value of linux/ethtool.h.
type ethtoolRequest struct {
	name  [unix.IFNAMSIZ]byte
	value unsafe.Pointer
	_     [16]byte
}

func ethtool(fd int, name string) (bool, error) {
	value := [2]uint32{unix.ETHTOOL_GLINK, 0}
	r := ethtoolRequest{value: unsafe.Pointer(&value)}
	copy(r.name[:], name)
	err := ioctl(fd, unix.SIOCETHTOOL, unsafe.Pointer(&r))
	return value[1] != 0, err
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return failure(errno)
	}
	return nil
}

// failure tells an interface that is not there from a driver that does not know the question.
func failure(err error) error {
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) {
		return errNoDevice
	}
	return fmt.Errorf("%w: %w", errUnsupported, err)
}
