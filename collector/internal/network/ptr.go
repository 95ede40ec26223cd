package network

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"oboro/collector/hit"
)

// A worker puts one question at a time to the server, by a packet (RFC 1035). What the
// library's resolver would do is done here in the few lines that it takes, since that
// one makes texts of the address that nobody can overwrite, quotes it in its errors,
// reads this computer's list of hosts, and asks as often as resolv.conf says.
type worker struct {
	query  [128]byte  // the packet that is sent: an address in it
	length int        // of it
	reply  [1232]byte // the latest packet that came: the address in it, and the name
	name   [256]byte  // the name in it
}

// An outcome is what came of a question.
type outcome uint8

const (
	silence  outcome = iota // no answer in time, or a failure
	nameless                // an answer that names nothing of use
	named
)

// Parts of a packet.
const (
	header      = 12 // bytes
	typePTR     = 12
	classIN     = 1
	recursive   = 1 << 8 // flags: the server is asked to find out
	isReply     = 1 << 15
	isTruncated = 1 << 9
	errorMask   = 15
	noSuchName  = 3
)

// strays is how many packets are read that answer something else, and records how many
// of an answer are looked at, and jumps how many of a name are followed.
const strays, records, jumps = 16, 32, 32

// write makes the packet that asks for the name of an address: of the address as text,
// the last part first, under a domain for each version.
func (w *worker) write(address *[16]byte) {
	w.wipe()
	b := w.query[:header]
	_, _ = rand.Read(b[:2]) // it does not fail: crypto/rand ends the program before
	binary.BigEndian.PutUint16(b[2:], recursive)
	b[5] = 1 // one question
	if mapped := [12]byte{10: 0xff, 11: 0xff}; [12]byte(address[:12]) == mapped {
		for i := 15; i >= 12; i-- {
			b = appendDecimal(b, address[i])
		}
		b = append(b, "\x07in-addr\x04arpa\x00"...)
	} else {
		const digits = "0123456789abcdef"
		for i := 15; i >= 0; i-- {
			b = append(b, 1, digits[address[i]&15], 1, digits[address[i]>>4])
		}
		b = append(b, "\x03ip6\x04arpa\x00"...)
	}
	b = append(b, 0, typePTR, 0, classIN)
	w.length = len(b)
}

// appendDecimal appends a label that is a number.
func appendDecimal(b []byte, n byte) []byte {
	switch {
	case n >= 100:
		return append(b, 3, '0'+n/100, '0'+n/10%10, '0'+n%10)
	case n >= 10:
		return append(b, 2, '0'+n/10, '0'+n%10)
	}
	return append(b, 1, '0'+n)
}

func (w *worker) wipe() {
	clear(w.query[:])
	clear(w.reply[:])
	clear(w.name[:])
}

// ask sends the packet, from a port of its own, and waits for the answer. The errors of
// the network are not looked at: each is silence.
func (w *worker) ask(server netip.AddrPort, timeout time.Duration) (hit.Host, outcome) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		return hit.Host{}, silence
	}
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(timeout)) != nil {
		return hit.Host{}, silence
	}
	if _, err := conn.Write(w.query[:w.length]); err != nil {
		return hit.Host{}, silence
	}
	for range strays {
		n, err := conn.Read(w.reply[:])
		if err != nil {
			break
		}
		if domain, outcome, ok := w.read(w.reply[:n]); ok {
			return domain, outcome
		}
	}
	return hit.Host{}, silence
}

// read returns what a packet answers. It is not ok unless it is an answer to the
// question: with its number, and repeating it byte for byte.
func (w *worker) read(packet []byte) (domain hit.Host, _ outcome, ok bool) {
	if len(packet) < w.length || !bytes.Equal(packet[:2], w.query[:2]) ||
		!bytes.Equal(packet[header:w.length], w.query[header:w.length]) || !bytes.Equal(packet[4:6], w.query[4:6]) {
		return hit.Host{}, silence, false
	}
	flags, count := binary.BigEndian.Uint16(packet[2:]), binary.BigEndian.Uint16(packet[6:])
	switch {
	case flags&isReply == 0:
		return hit.Host{}, silence, false
	case flags&errorMask == noSuchName, flags&isTruncated != 0:
		return hit.Host{}, nameless, true
	case flags&errorMask != 0:
		return hit.Host{}, silence, true
	}
	at := w.length
	for range min(int(count), records) {
		data, next, isPTR, fits := record(packet, at)
		if !fits {
			break
		}
		if name, isName := w.expand(packet, data); isPTR && isName {
			if domain, ok := Registrable(name); ok {
				return domain, named, true
			}
		}
		at = next
	}
	return hit.Host{}, nameless, true
}

// record returns where the data of the record at a place of a packet begin, where the
// next record does, and whether it is a name of an address. Records of other types, as
// CNAME of zones that are shared (RFC 2317), are passed over.
func record(packet []byte, at int) (data, next int, isPTR, fits bool) {
	for ; at < len(packet); at += 1 + int(packet[at]) { // the owner's name
		if packet[at] == 0 {
			at++
			break
		}
		if packet[at] >= 0xc0 {
			at += 2
			break
		}
	}
	const fixed = 10 // type, class, time to live, length of the data
	if at+fixed > len(packet) {
		return 0, 0, false, false
	}
	isPTR = binary.BigEndian.Uint16(packet[at:]) == typePTR && binary.BigEndian.Uint16(packet[at+2:]) == classIN
	data = at + fixed
	next = data + int(binary.BigEndian.Uint16(packet[at+8:]))
	return data, next, isPTR, next <= len(packet)
}

// expand returns the last labels of the name at a place of a packet, which may go on
// elsewhere in it. A name with anything else than letters, digits, hyphens and
// underscores is none.
func (w *worker) expand(packet []byte, at int) (string, bool) {
	name := w.name[:0]
	for range jumps + len(w.name) {
		if at >= len(packet) {
			return "", false
		}
		n := int(packet[at])
		switch {
		case n == 0 && len(name) == 0: // the root
			return "", false
		case n == 0:
			return string(lastOf(name)), true
		case n >= 0xc0 && at+1 < len(packet):
			at = (n&0x3f)<<8 | int(packet[at+1])
			continue
		case n >= 0x40 || at+1+n > len(packet) || len(name)+n+1 > longestName:
			return "", false
		}
		label := packet[at+1 : at+1+n]
		if bytes.ContainsFunc(label, func(r rune) bool { return !inName(r) }) {
			return "", false
		}
		name = append(append(name, label...), '.')
		at += 1 + n
	}
	return "", false
}

// lastOf returns the labels of a name, with the dot at its end, that are looked at. The
// others, which tell computers apart, are not made a text.
func lastOf(name []byte) []byte {
	at := len(name) - 1
	for range labels {
		if at = bytes.LastIndexByte(name[:at], '.'); at < 0 {
			return name
		}
	}
	return name[at+1:]
}

func inName(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
}
