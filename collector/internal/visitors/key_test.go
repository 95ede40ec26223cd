package visitors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// bytesOf returns a source of bytes that a test can repeat.
func bytesOf(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func newKey(t *testing.T, seed byte) *visitors.Key {
	t.Helper()
	k, err := visitors.NewKey(bytesOf(seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestVisitorTellsBrowsersApart holds what makes two requests one browser. Seen to
// fail when site, address, agent or the secret is left out of the mark.
func TestVisitorTellsBrowsersApart(t *testing.T) {
	key, again, tomorrow := newKey(t, 1), newKey(t, 1), newKey(t, 2)
	address := netip.MustParseAddr("192.0.2.7")
	first := key.Visitor(3, address, key.Agent("agent"))
	for _, tt := range []struct {
		name string
		same bool
		mark visitors.Mark
	}{
		{"same browser again", true, key.Visitor(3, address, key.Agent("agent"))},
		{"same key in another value", true, again.Visitor(3, address, again.Agent("agent"))},
		{"address mapped to IPv6", true, key.Visitor(3, netip.MustParseAddr("::ffff:192.0.2.7"), key.Agent("agent"))},
		{"other site", false, key.Visitor(4, address, key.Agent("agent"))},
		{"other address of the network", false, key.Visitor(3, netip.MustParseAddr("192.0.2.8"), key.Agent("agent"))},
		{"other address with the same last bytes", false, key.Visitor(3, netip.MustParseAddr("2001:db8::192.0.2.7"), key.Agent("agent"))},
		{"other agent", false, key.Visitor(3, address, key.Agent("agenT"))},
		{"no agent", false, key.Visitor(3, address, key.Agent(""))},
		{"long agent", false, key.Visitor(3, address, key.Agent(strings.Repeat("agent", 1000)))},
		{"other day", false, tomorrow.Visitor(3, address, tomorrow.Agent("agent"))},
		{"its network", false, key.Network(address)},
	} {
		if (tt.mark == first) != tt.same {
			t.Errorf("%s: the marks are the same: %v, want %v", tt.name, tt.mark == first, tt.same)
		}
	}
}

// TestMarksAreSipHash holds marks to SipHash-2-4-128 of the length-prefixed fields, by
// the slow one of this test: visitors and agents under the first half of the secret, each
// behind a word of its own, networks under the second. Seen to fail when the length of the
// agent is left out, when agents begin as visitors do, when a visitor's mark leaves the
// agent's out, when all are under the first half, and when the text behind the last whole
// word is cut.
func TestMarksAreSipHash(t *testing.T) {
	key := newKey(t, 1)
	secret := visitors.Secret(key)
	address := netip.MustParseAddr("2001:db8::5")
	for _, agent := range []string{"", "ab", "8 bytes.", strings.Repeat("x", 900), strings.Repeat("y", 935), strings.Repeat("z", 20_001)} {
		message := binary.LittleEndian.AppendUint64(nil, uint64(len(agent))<<8|1)
		mark := key.Agent(agent)
		if mark != visitors.Mark(slowSip(secret[:16], append(message, agent...))) {
			t.Errorf("the mark of an agent of %d bytes is not SipHash-2-4-128 of its fields", len(agent))
		}
		field := address.As16()
		message = append(binary.LittleEndian.AppendUint64(nil, 0x0102<<8|2), field[:]...)
		if got := key.Visitor(0x0102, address, mark); got != visitors.Mark(slowSip(secret[:16], append(message, mark[:]...))) {
			t.Errorf("the mark of a visitor with an agent of %d bytes is not SipHash-2-4-128 of its fields", len(agent))
		}
	}
	for address, network := range map[string]string{"2001:db8:1:2::5": "2001:db8:1::", "192.0.2.7": "::ffff:192.0.2.0"} {
		field := netip.MustParseAddr(network).As16()
		if got := key.Network(netip.MustParseAddr(address)); got != visitors.Mark(slowSip(secret[16:], field[:])) {
			t.Errorf("the mark of the network of %s is not SipHash-2-4-128 of %s", address, network)
		}
	}
}

// TestNetworkIsTruncated holds that networks are /24 and /48. Seen to fail at /23,
// /25, /47 and /49, and when a mapped address is taken as IPv6.
func TestNetworkIsTruncated(t *testing.T) {
	key := newKey(t, 1)
	for _, tt := range []struct {
		name, a, b string
		same       bool
	}{
		{"one /24", "192.0.2.0", "192.0.2.255", true},
		{"one /24 mapped to IPv6", "192.0.2.1", "::ffff:192.0.2.2", true},
		{"neighbouring /24", "192.0.2.255", "192.0.3.0", false},
		{"one /48", "2001:db8:1::1", "2001:db8:1:ffff::2", true},
		{"neighbouring /48", "2001:db8:0:ffff::", "2001:db8:1::", false},
		{"IPv4 in IPv6 of the same bits", "0.0.0.0", "::", false},
	} {
		a, b := key.Network(netip.MustParseAddr(tt.a)), key.Network(netip.MustParseAddr(tt.b))
		if (a == b) != tt.same {
			t.Errorf("%s: %s and %s are one network: %v, want %v", tt.name, tt.a, tt.b, a == b, tt.same)
		}
	}
	if newKey(t, 2).Network(netip.MustParseAddr("192.0.2.1")) == key.Network(netip.MustParseAddr("192.0.2.1")) {
		t.Error("a network has the same mark on two days")
	}
	key.Network(netip.Addr{}) // is of no network, and no panic
}

// TestDestroyOverwritesTheKey looks at the memory that held the key. Seen to fail
// when Destroy does nothing, when it leaves the last byte, and when the
// key keeps something else that was made of its bytes.
func TestDestroyOverwritesTheKey(t *testing.T) {
	key := newKey(t, 1)
	if visitors.Secret(key) == [32]byte{} {
		t.Fatal("the key has no bytes")
	}
	address := netip.MustParseAddr("192.0.2.7")
	mark, network := key.Visitor(0, address, key.Agent("agent")), key.Network(address)
	key.Destroy()
	if bytes.ContainsFunc(visitors.Memory(key), func(r rune) bool { return r != 0 }) {
		t.Error("bytes of the key are in memory after Destroy")
	}
	if key.Visitor(0, address, key.Agent("agent")) == mark || key.Network(address) == network {
		t.Error("a mark made after Destroy equals one made before")
	}
}

// TestTableDestroyForgets is the same of the table that holds the key. Seen to fail
// when Table.Destroy leaves the key, and when it leaves the states.
func TestTableDestroyForgets(t *testing.T) {
	table := newTable(t, hit.Plan{})
	add(table, &visitors.Sighting{})
	key := table.Key
	table.Destroy()
	if bytes.ContainsFunc(visitors.Memory(key), func(r rune) bool { return r != 0 }) {
		t.Error("bytes of the key are in memory after Destroy")
	}
	if table.Len() != 0 {
		t.Errorf("%d visitor-days are in the table after Destroy", table.Len())
	}
}

// TestMarksLeaveNothingBehind holds that making a mark allocates nothing: what is
// on the heap outlives the function, and here it would be an address or a
// User-Agent. Seen to fail with package hmac.
func TestMarksLeaveNothingBehind(t *testing.T) {
	key := newKey(t, 1)
	address := netip.MustParseAddr("192.0.2.7")
	agent := strings.Repeat("agent", 40)
	if n := testing.AllocsPerRun(100, func() {
		key.Visitor(1, address, key.Agent(agent))
		key.Network(address)
	}); n != 0 {
		t.Errorf("three marks allocate %v times, want none", n)
	}
}

// Seen to fail when ReadFull is Read, and when the error is that of the reader.
func TestNewKeyNeedsAllBytes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		random io.Reader
	}{
		{"no bytes", bytes.NewReader(nil)},
		{"31 bytes", bytes.NewReader(make([]byte, 31))},
		{"failing source", failing{}},
	} {
		if k, err := visitors.NewKey(tt.random); err == nil || k != nil || strings.Contains(err.Error(), "secret text") {
			t.Errorf("%s: NewKey = %v, %v, want no key and an error without the reader's text", tt.name, k, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("secret text") }
