// Package vrrp encodes and decodes the advertisements of the Virtual Router Redundancy Protocol:
// version 2 (RFC 2338, RFC 3768) and version 3 (RFC 5798, RFC 9568), for IPv4 and IPv6.
package vrrp

import (
	"net/netip"
	"time"
)

// Version is a version of the protocol.
type Version uint8

// The versions that this package knows.
const (
	V2 Version = 2
	V3 Version = 3
)

// Protocol is the IP protocol number of VRRP (RFC 9568 section 5.1.1.4).
const Protocol = 112

// TypeAdvertisement is the only packet type there is (RFC 9568 section 5.2.2).
const TypeAdvertisement = 1

// AuthType is the authentication type of a version 2 message (RFC 2338 section 5.3.6).
type AuthType uint8

// The authentication types. RFC 3768 section 5.3.6 reserves all but AuthNone; they are still in use.
// A message with AuthHMAC is accompanied by an IP authentication header, which is not handled here.
const (
	AuthNone AuthType = 0
	AuthPass AuthType = 1
	AuthHMAC AuthType = 2
)

// Priorities with a meaning of their own (RFC 9568 section 5.2.4).
const (
	// PriorityResign says that the active router stops taking part.
	PriorityResign = 0
	// PriorityOwner is the priority of the router that owns the addresses.
	PriorityOwner = 255
)

// Advert is one ADVERTISEMENT message.
type Advert struct {
	Version  Version
	VRID     uint8 // 1 to 255
	Priority uint8 // 0 to 255; see PriorityResign and PriorityOwner

	// Interval is the time between two advertisements of the sender:
	// whole seconds from 1 s to 255 s in V2, multiples of 10 ms from 10 ms to 40.95 s in V3.
	Interval time.Duration

	Auth     AuthType // V2 only
	Password [8]byte  // V2 only; the authentication data, zero unless AuthPass

	// Addrs are the addresses of the virtual router, at most 255, all of one family; V2 knows IPv4 only.
	Addrs []netip.Addr
}

// Header is the fixed part of a message, taken as it stands, whatever the rest looks like.
type Header struct {
	Version  Version
	Type     uint8
	VRID     uint8
	Priority uint8
	Count    uint8         // of addresses that follow
	Auth     AuthType      // zero unless V2
	Interval time.Duration // in the unit of the version; that of V3 when the version is unknown
	Checksum uint16
}

// GroupV4 returns 224.0.0.18, the destination of advertisements over IPv4 (RFC 9568 section 5.1.1.2).
func GroupV4() netip.Addr { return netip.AddrFrom4([4]byte{224, 0, 0, 18}) }

// GroupV6 returns ff02::12, the destination of advertisements over IPv6 (RFC 9568 section 5.1.2.2).
func GroupV6() netip.Addr { return netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 0x12}) }

// MAC returns the virtual router's MAC address (RFC 9568 section 7.3): 00-00-5E-00-01-{VRID} for IPv4 and
// 00-00-5E-00-02-{VRID} for IPv6.
func MAC(vrid uint8, v6 bool) [6]byte {
	if v6 {
		return [6]byte{0x00, 0x00, 0x5e, 0x00, 0x02, vrid}
	}
	return [6]byte{0x00, 0x00, 0x5e, 0x00, 0x01, vrid}
}
