package vrrp_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/keepalived-go/keepalived/pkg/vrrp"
)

// TestTsharkAgrees has tshark decode what we encode, and check the checksum.
func TestTsharkAgrees(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("tshark is missing")
		}
		t.Skip("tshark is missing: install it to have the encoding checked (apt-get install tshark)")
	}
	var rows []message
	file := bytes.NewBuffer(pcapHeader())
	for _, m := range messages() {
		if !m.src.IsValid() {
			continue // tshark knows only the checksum of the standard
		}
		b, err := m.advert.Append(nil, m.src, m.dst)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, m)
		file.Write(pcapRecord(packet(m.src, m.dst, b)))
	}
	lines := decode(t, tshark, file.Bytes())
	if len(lines) != len(rows) {
		t.Fatalf("%d lines for %d packets", len(lines), len(rows))
	}
	for i, line := range lines {
		if got, want := line, expect(rows[i]); got != want {
			t.Errorf("%s:\ngot  %q\nwant %q", rows[i].name, got, want)
		}
	}
}

// decode returns one line for each packet: version, VRID, priority, seconds or centiseconds, password, whether the
// checksum is good (1), addresses.
func decode(t *testing.T, tshark string, pcap []byte) []string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "adverts.pcap")
	if err := os.WriteFile(name, pcap, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-r", name, "-T", "fields", "-E", "separator=|"}
	for _, field := range []string{
		"version", "virt_rtr_id", "prio", "adver_int", "short_adver_int", "auth_type", "checksum.status", "ip_addr", "ipv6_addr",
	} {
		args = append(args, "-e", "vrrp."+field)
	}
	cmd := exec.Command(tshark, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, stderr.String())
	}
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n")
}

func expect(m message) string {
	a := m.advert
	fields := make([]string, 9)
	fields[0] = strconv.Itoa(int(a.Version))
	fields[1], fields[2] = strconv.Itoa(int(a.VRID)), strconv.Itoa(int(a.Priority))
	if a.Version == vrrp.V2 {
		fields[3], fields[5] = strconv.Itoa(int(a.Interval/time.Second)), strconv.Itoa(int(a.Auth))
	} else {
		fields[4] = strconv.Itoa(int(a.Interval / (10 * time.Millisecond)))
	}
	fields[6] = "1" // good
	i := 7
	if m.src.Is6() {
		i = 8
	}
	var list []string
	for _, addr := range a.Addrs {
		list = append(list, addr.String())
	}
	fields[i] = strings.Join(list, ",")
	return strings.Join(fields, "|")
}

// packet puts an IP header before a message.
func packet(src, dst netip.Addr, b []byte) []byte {
	if src.Is6() {
		h := []byte{0x60, 0, 0, 0, 0, byte(len(b)), vrrp.Protocol, 255}
		h = append(h, src.AsSlice()...)
		return append(append(h, dst.AsSlice()...), b...)
	}
	h := []byte{0x45, 0xc0, 0, byte(20 + len(b)), 0, 0, 0, 0, 255, vrrp.Protocol, 0, 0}
	h = append(h, src.AsSlice()...)
	return append(append(h, dst.AsSlice()...), b...)
}

// pcapHeader is that of a file of bare IP packets (LINKTYPE_RAW).
func pcapHeader() []byte {
	h := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	h = append(h, 2, 0, 4, 0)
	h = append(h, make([]byte, 8)...)
	h = binary.LittleEndian.AppendUint32(h, 65535)
	return binary.LittleEndian.AppendUint32(h, 101)
}

func pcapRecord(b []byte) []byte {
	h := make([]byte, 8) // the time does not matter
	h = binary.LittleEndian.AppendUint32(h, uint32(len(b)))
	h = binary.LittleEndian.AppendUint32(h, uint32(len(b)))
	return append(h, b...)
}
