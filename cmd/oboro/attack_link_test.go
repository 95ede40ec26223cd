package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A stateDump is what somebody has who copied the state directory: the keys, and the sealed
// bytes of all frames.
type stateDump struct {
	keys   [][]byte
	sealed [][]byte
	fixed  int // bytes of the frame that each file has, which are told by no hit
}

// dump reads the files of the RAM log as package ramlog says that they are written. Of a segment
// it leaves out the header (32 bytes), of each frame its length and the complement of that (8
// bytes), the frames that tell in clear which life they are of, and the zeros behind the last;
// of a key file all but the key. A file of another kind fails the test.
func (r *rig) dump() (d stateDump) {
	r.t.Helper()
	log := filepath.Join(r.app.options.State, "log")
	for name, content := range filesOf(r.t, log) {
		switch base := filepath.Base(name); {
		case name == "lock" && len(content) == 0:
		case base == "key" && len(content) == 64:
			if !bytes.Equal(content[:32], make([]byte, 32)) {
				d.keys = append(d.keys, content[:32])
			}
			d.fixed += 32
			if !bytes.Equal(content[36:], make([]byte, 28)) {
				r.t.Errorf("%s holds more than a key and the number of its life", name)
			}
		case strings.HasPrefix(base, "segment-") && string(content[:8]) == "oboroRAM":
			d.frames(r.t, name, content)
		default:
			r.t.Errorf("%s is a file of the state that nobody knows", name)
		}
	}
	return d
}

func (d *stateDump) frames(t *testing.T, name string, content []byte) {
	t.Helper()
	at := 32
	for at+8 <= len(content) {
		word := binary.LittleEndian.Uint32(content[at:])
		if word == 0 {
			break
		}
		length := int(word & (1<<28 - 1))
		if binary.LittleEndian.Uint32(content[at+4:]) != ^word {
			t.Fatalf("%s: a frame that is none at byte %d", name, at)
		}
		payload := content[at+8 : at+8+length+16]
		if word>>28 != 4 { // the life is told in clear
			d.sealed = append(d.sealed, payload)
		}
		end := (at + 8 + length + 16 + 7) &^ 7
		if len(bytes.Trim(content[at+8+length+16:end], "\x00")) > 0 {
			t.Errorf("%s: bytes behind the frame at %d", name, at)
		}
		d.fixed += 8
		at = end
	}
	if len(bytes.Trim(content[at:], "\x00")) > 0 {
		t.Errorf("%s: bytes behind the last frame", name)
	}
}

// shared returns how many places of 8 bytes the dumps have in common.
func (d stateDump) shared(other stateDump) (n int) {
	known := map[[8]byte]bool{}
	for _, part := range append(d.sealed, d.keys...) {
		for i := 0; i+8 <= len(part); i++ {
			known[[8]byte(part[i:])] = true
		}
	}
	for _, part := range append(other.sealed, other.keys...) {
		for i := 0; i+8 <= len(part); i++ {
			if known[[8]byte(part[i:])] {
				n++
			}
		}
	}
	return n
}

// foretold reports whether a key of the second dump follows from one of the first by hashing it,
// once or some hundred times: then who has one day has all that come.
func (d stateDump) foretold(other stateDump) bool {
	for _, key := range d.keys {
		next := [32]byte(key)
		for range 500 {
			next = sha256.Sum256(next[:])
			for _, k := range other.keys {
				if bytes.Equal(next[:], k) {
					return true
				}
			}
		}
	}
	return false
}

// twoDays sends the same hits at the same times of two days, and dumps the state in the evening of
// each.
func twoDays(t *testing.T, rest io.Reader) (first, second stateDump) {
	t.Helper()
	r := newRig(t, may(2, 0, 0), map[string]string{"oboro.yaml": "state_limit: 64MB\n"})
	r.app.process.random.(*sources).rest = rest
	r.serve()
	for i, into := range []*stateDump{&first, &second} {
		for visit := range 3 {
			r.set(may(2+i, 10, 0).Add(time.Duration(visit) * time.Hour))
			requests, n := crowd(visit)
			if statuses := r.send(requests, n); statuses[202] != n {
				t.Fatalf("the crowd is answered %v", statuses)
			}
		}
		*into = r.dump()
		r.set(may(3+i, 0, 0).Add(time.Second))
		r.close()
	}
	return first, second
}

// TestAttackTwoDaysShareNothing: the state directories of two days on which the same visitors sent
// the same hits have not 8 bytes in common but for the frame of the files, and the keys of one day do not
// follow from those of the day before. That a closed day's key is in no memory of the process is
// held by collector.TestKeyIsGoneFromMemory, and that without fresh bytes nothing is counted by
// collector.TestNoRandomBytesShed.
//
// The mutants are sources of keys: one that gives the same bytes on each day, and one whose next bytes
// are the hash of those before. Seen to fail when records are written to the log as they are.
func TestAttackTwoDaysShareNothing(t *testing.T) {
	first, second := twoDays(t, &stream{seed: "keys"})
	sealed := 0
	for _, part := range second.sealed {
		sealed += len(part)
	}
	if len(first.sealed) < 500 || len(first.keys) == 0 || sealed < 20_000 {
		t.Fatalf("%d frames and %d keys are in the state, of %d bytes: too few to say anything", len(first.sealed), len(first.keys), sealed)
	}
	if n := first.shared(second); n > 0 {
		t.Errorf("the states of two days have 8 bytes in common, %d times", n)
	}
	if first.foretold(second) {
		t.Error("the key of the second day follows from that of the first")
	}
	if most := 8*len(second.sealed) + 1024; second.fixed > most {
		t.Errorf("%d bytes are taken for the frame of the files, want at most %d", second.fixed, most)
	}
	if first, second := twoDays(t, &again{}); first.shared(second) == 0 {
		t.Error("with the same keys on both days nothing is found: this test looks at something else")
	}
	if first, second := twoDays(t, &ratchet{}); !first.foretold(second) {
		t.Error("with keys that are hashes of those before nothing is found: this test looks at something else")
	}
}

// again gives the same bytes each time.
type again struct{}

func (again) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte("the same bytes"), len(p)))
	return len(p), nil
}

// A ratchet gives the hash of what it gave before.
type ratchet struct{ state [32]byte }

func (r *ratchet) Read(p []byte) (int, error) {
	for i := 0; i < len(p); i += copy(p[i:], r.state[:]) {
		r.state = sha256.Sum256(r.state[:])
	}
	return len(p), nil
}
