package vrrp

import "errors"

// The reasons for which a message is refused.
var (
	// ErrShort: the message ends before its header, its addresses or its authentication data do.
	ErrShort = errors.New("vrrp: message too short")
	// ErrVersion: the version is neither 2 nor 3, or it is 2 over IPv6.
	ErrVersion = errors.New("vrrp: unknown version")
	// ErrType: the message is no ADVERTISEMENT.
	ErrType = errors.New("vrrp: unknown packet type")
	// ErrChecksum: the checksum is wrong.
	ErrChecksum = errors.New("vrrp: wrong checksum")
	// ErrInterval: the interval is out of range, or finer than the version can express.
	ErrInterval = errors.New("vrrp: advertisement interval cannot be expressed")
	// ErrAddrs: there are more than 255 addresses, or addresses of a family that does not belong there.
	ErrAddrs = errors.New("vrrp: addresses cannot be expressed")
)
