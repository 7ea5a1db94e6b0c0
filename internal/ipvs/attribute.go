package ipvs

// Commands and attributes of the generic netlink family IPVS, version 1 (linux/ip_vs.h).
const (
	familyVersion = 1

	cmdNewService = 1
	cmdSetService = 2
	cmdDelService = 3
	cmdGetService = 4
	cmdNewDest    = 5
	cmdSetDest    = 6
	cmdDelDest    = 7
	cmdGetDest    = 8
	cmdNewDaemon  = 9
	cmdDelDaemon  = 10
	cmdSetConfig  = 12
	cmdGetConfig  = 13
	cmdFlush      = 17

	attrService       = 1
	attrDest          = 2
	attrDaemon        = 3
	attrTimeoutTCP    = 4
	attrTimeoutTCPFin = 5
	attrTimeoutUDP    = 6

	svcFamily   = 1
	svcProtocol = 2
	svcAddr     = 3
	svcPort     = 4
	svcMark     = 5
	svcSched    = 6
	svcFlags    = 7
	svcTimeout  = 8
	svcNetmask  = 9
	svcEngine   = 11
	svcStats64  = 12

	destAddr       = 1
	destPort       = 2
	destMethod     = 3
	destWeight     = 4
	destUpper      = 5
	destLower      = 6
	destActive     = 7
	destInactive   = 8
	destPersistent = 9
	destFamily     = 11
	destStats64    = 12
	destTunType    = 13
	destTunPort    = 14
	destTunFlags   = 15

	statsConns         = 1
	statsInPackets     = 2
	statsOutPackets    = 3
	statsInBytes       = 4
	statsOutBytes      = 5
	statsConnRate      = 6
	statsInPacketRate  = 7
	statsOutPacketRate = 8
	statsInByteRate    = 9
	statsOutByteRate   = 10

	daemonState  = 1
	daemonIface  = 2
	daemonSyncID = 3
	daemonMaxLen = 4
	daemonGroup  = 5
	daemonGroup6 = 6
	daemonPort   = 7
	daemonTTL    = 8

	daemonMaster = 1
	daemonBackup = 2

	flagPersistent = 0x01
	flagOnePacket  = 0x04
	flagsSched     = 0x38

	methodNAT = 0
	methodTUN = 2
	methodDR  = 3
	// methodMask is the part of the connection flags that says how packets are forwarded.
	methodMask = 7
)
