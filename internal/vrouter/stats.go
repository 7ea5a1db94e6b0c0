package vrouter

// Stats are the counters of one instance since it was started.
type Stats struct {
	AdvertsReceived, AdvertsSent uint64
	BecameMaster, ReleasedMaster uint64

	// Packet errors. LengthErrors counts packets whose length does not fit what they contain; AddressErrors those accepted in spite
	// of a list of addresses that is not ours.
	LengthErrors, TTLErrors, TypeErrors, IntervalErrors, AddressErrors uint64
	// Authentication errors.
	UnknownAuth, AuthMismatch, AuthFailures uint64
	// Errors of the authentication trailer.
	TrailerMissing, TrailerMalformed, TrailerUnknownKey, TrailerWrongHMAC, TrailerStale, TrailerReplayed uint64

	PriorityZeroReceived, PriorityZeroSent uint64
}

// refuse counts a refused packet. There is no counter for what is no error of the packet, nor for a wrong version, VRID
// or checksum: those belong to the router as a whole.
func (s *Stats) refuse(r Reject) {
	switch r {
	case TooShort, TooLong, IPLength:
		s.LengthErrors++
	case WrongTTL, PeerTTL:
		s.TTLErrors++
	case WrongType:
		s.TypeErrors++
	case IntervalMismatch:
		s.IntervalErrors++
	case AddressCount, AddressMissing:
		s.AddressErrors++
	case UnknownAuth:
		s.UnknownAuth++
	case AuthMismatch, UnexpectedAH, MissingAH:
		s.AuthMismatch++
	case WrongPassword:
		s.AuthFailures++
	}
}
