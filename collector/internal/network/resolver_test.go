package network_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"oboro/collector/hit"
	"oboro/collector/internal/network"
)

// No goroutine outlives the tests. Seen to fail when Close does nothing; where it
// does not wake the workers, the tests never end.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server is a DNS server on loopback that a test answers for.
type server struct {
	address string
	asked   atomic.Uint64
}

// serve begins a server whose answers, none or some, are made by answer.
func serve(t testing.TB, answer func(asked dnsmessage.Message) [][]byte) *server {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, done := &server{address: conn.LocalAddr().String()}, make(chan struct{})
	go func() {
		defer close(done)
		packet := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			var asked dnsmessage.Message
			if err := asked.Unpack(packet[:n]); err != nil || len(asked.Questions) != 1 || asked.Questions[0].Type != dnsmessage.TypePTR || !asked.RecursionDesired {
				t.Errorf("the server is asked %v, %v, want one question for a PTR", asked, err)
				continue
			}
			s.asked.Add(1)
			for _, reply := range answer(asked) {
				conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return s
}

// says answers a question with names.
func says(asked dnsmessage.Message, names ...string) dnsmessage.Message {
	asked.Response, asked.RecursionAvailable = true, true
	for _, name := range names {
		asked.Answers = append(asked.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: asked.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 60},
			Body:   &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(name)},
		})
	}
	return asked
}

func packed(t testing.TB, m dnsmessage.Message) []byte {
	t.Helper()
	packet, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return packet
}

func resolver(t testing.TB, config network.Reverse) *network.Resolver {
	t.Helper()
	r, err := network.NewResolver(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// until waits for a condition that a resolver comes to by itself.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for range 20_000 {
		if holds() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("in 20 seconds, %s did not come", what)
}

// settled asks for an address and waits for what comes of it.
func settled(t testing.TB, r *network.Resolver, address string) (string, network.State) {
	t.Helper()
	domain, state, ticket := r.Ask(netip.MustParseAddr(address))
	until(t, "the answer for "+address, func() bool {
		if ticket != 0 {
			domain, state = r.Answer(ticket)
		}
		return state != network.Waiting
	})
	return domain.Name(), state
}

// What the server says becomes a domain or nothing. Seen to fail when the name of the
// answer is not cut to its domain, when NXDOMAIN is silence, when the first record alone
// is looked at, when a compressed name is not followed, and when packets of another
// number or question are taken.
func TestAnswersBecomeDomains(t *testing.T) {
	alias := func(m dnsmessage.Message) dnsmessage.Message {
		whole, zone := m.Questions[0].Name, dnsmessage.MustNewName("1.0/25."+strings.SplitN(m.Questions[0].Name.String(), ".", 2)[1])
		m = says(m, "gw.example.ac.jp.")
		m.Answers[0].Header.Name = zone
		return dnsmessage.Message{Header: m.Header, Questions: m.Questions, Answers: append([]dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: whole, Class: dnsmessage.ClassINET}, Body: &dnsmessage.CNAMEResource{CNAME: zone},
		}}, m.Answers...)}
	}
	for _, tt := range []struct {
		name   string
		answer func(asked dnsmessage.Message) [][]byte
		domain string
		state  network.State
	}{
		{"a ministry", func(m dnsmessage.Message) [][]byte { return [][]byte{packed(t, says(m, "proxy.mlit.go.jp."))} }, "mlit.go.jp", network.Named},
		{"a home connection, with its address", func(m dnsmessage.Message) [][]byte {
			return [][]byte{packed(t, says(m, "p9-203-0-113-9.aichi.ocn.ne.jp."))}
		}, "ocn.ne.jp", network.Named},
		{"in capital letters", func(m dnsmessage.Message) [][]byte {
			return [][]byte{packed(t, says(m, "KD203000113009.AU-NET.NE.JP."))}
		}, "au-net.ne.jp", network.Named},
		{"a domain that spells the address", func(m dnsmessage.Message) [][]byte { return [][]byte{packed(t, says(m, "203-0-113-9.jp."))} }, "", network.Nameless},
		{"a name of no use before one of use", func(m dnsmessage.Message) [][]byte {
			return [][]byte{packed(t, says(m, "localhost.", "gw.example.ac.jp."))}
		}, "example.ac.jp", network.Named},
		{"compressed", func(m dnsmessage.Message) [][]byte {
			return [][]byte{packed(t, says(m, "ac.jp.", "gw.example.ac.jp."))}
		}, "example.ac.jp", network.Named},
		{"by an alias", func(m dnsmessage.Message) [][]byte { return [][]byte{packed(t, alias(m))} }, "example.ac.jp", network.Named},
		{"the longest name", func(m dnsmessage.Message) [][]byte {
			return [][]byte{packed(t, says(m, strings.Repeat("a.", 118)+"example.ac.jp."))}
		}, "example.ac.jp", network.Named},
		{"no such name", func(m dnsmessage.Message) [][]byte {
			m = says(m)
			m.RCode = dnsmessage.RCodeNameError
			return [][]byte{packed(t, m)}
		}, "", network.Nameless},
		{"no name", func(m dnsmessage.Message) [][]byte { return [][]byte{packed(t, says(m))} }, "", network.Nameless},
		{"the root", func(m dnsmessage.Message) [][]byte { return [][]byte{packed(t, says(m, "."))} }, "", network.Nameless},
		{"a failure", func(m dnsmessage.Message) [][]byte {
			m = says(m)
			m.RCode = dnsmessage.RCodeServerFailure
			return [][]byte{packed(t, m)}
		}, "", network.Nameless},
		{"cut off", func(m dnsmessage.Message) [][]byte {
			m = says(m, "gw.example.ac.jp.")
			m.Truncated = true
			return [][]byte{packed(t, m)}
		}, "", network.Nameless},
		{"other numbers and questions before the answer", func(m dnsmessage.Message) [][]byte {
			wrong, other, question := says(m, "gw.wrong.ac.jp."), says(m, "gw.other.ac.jp."), m
			wrong.ID++
			other.Questions = []dnsmessage.Question{{Name: dnsmessage.MustNewName("8.113.0.203.in-addr.arpa."), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET}}
			return [][]byte{nil, []byte("x"), packed(t, wrong), packed(t, other), packed(t, question), packed(t, says(m, "gw.example.ac.jp."))}
		}, "example.ac.jp", network.Named},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := resolver(t, network.Reverse{Server: serve(t, tt.answer).address})
			if domain, state := settled(t, r, "203.0.113.9"); domain != tt.domain || state != tt.state {
				t.Errorf("the address is %q, state %d, want %q, state %d", domain, state, tt.domain, tt.state)
			}
		})
	}
}

// The questions are those of the standard. Seen to fail when the parts of an address are
// not turned round, and when zeros are left out of one of IPv6.
func TestQuestions(t *testing.T) {
	var p network.Packet
	for address, want := range map[string]string{
		"203.0.113.9": "9.113.0.203.in-addr.arpa.",
		"8.80.255.10": "10.255.80.8.in-addr.arpa.",
		"2001:db8::f": "f" + strings.Repeat(".0", 23) + ".8.b.d.0.1.0.0.2.ip6.arpa.",
	} {
		var m dnsmessage.Message
		if err := m.Unpack(p.Question(netip.MustParseAddr(address).As16())); err != nil || m.Questions[0].Name.String() != want {
			t.Errorf("for %s the server is asked for %v, %v, want %s", address, m.Questions, err, want)
		}
	}
}

// No other computer is shown an address by the program. Seen to fail when the server is
// not looked at.
func TestOnlyLoopbackIsAsked(t *testing.T) {
	for _, address := range []string{"192.0.2.1:53", "[2001:db8::1]:53", "0.0.0.0:53", "10.0.0.1:53", "[::ffff:192.0.2.1]:53",
		"localhost:53", "127.0.0.1", "127.0.0.1:0", "", "resolver.example:53"} {
		r, err := network.NewResolver(network.Reverse{Server: address})
		if err == nil {
			r.Close()
			t.Errorf("%q is taken for a resolver", address)
		}
	}
	for _, address := range []string{"127.0.0.1:5353", "127.0.0.53:53", "[::1]:53", "[::ffff:127.0.0.1]:53"} {
		r, err := network.NewResolver(network.Reverse{Server: address})
		if err != nil {
			t.Errorf("%q is refused: %v", address, err)
			continue
		}
		r.Close()
	}
}

// The site's own networks are nobody's business, and have no names that the world knows.
// Seen to fail when every valid address is asked for.
func TestAddressesOfNobodyAreNotAsked(t *testing.T) {
	s := serve(t, func(m dnsmessage.Message) [][]byte { return [][]byte{packed(t, says(m, "gw.example.ac.jp."))} })
	r := resolver(t, network.Reverse{Server: s.address})
	for _, address := range []string{"10.1.2.3", "172.16.0.1", "192.168.0.1", "127.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "100.64.0.1",
		"100.127.255.255", "169.254.1.1", "224.0.0.1", "255.255.255.255", "0.0.0.0", "::", "::ffff:10.0.0.1"} {
		if _, state, ticket := r.Ask(netip.MustParseAddr(address)); state != network.Unasked || ticket != 0 {
			t.Errorf("%s is asked for", address)
		}
	}
	if _, state, _ := r.Ask(netip.Addr{}); state != network.Unasked {
		t.Error("no address is asked for")
	}
	for _, address := range []string{"100.63.255.255", "100.128.0.0", "203.0.113.9", "2001:db8::1"} {
		if domain, _ := settled(t, r, address); domain != "example.ac.jp" {
			t.Errorf("%s is not asked for", address)
		}
	}
	if n := s.asked.Load(); n != 4 {
		t.Errorf("the server was asked %d times, want 4", n)
	}
}

// One address is asked for once a day, whether it has a name or not; where nobody
// answered, once more. Seen to fail when Forget keeps the answers, when a negative answer
// is not kept, and when silence is asked again without end.
func TestAnswersAreKeptForTheDay(t *testing.T) {
	s := serve(t, func(m dnsmessage.Message) [][]byte {
		switch m.Questions[0].Name.String() {
		case "1.113.0.203.in-addr.arpa.":
			return [][]byte{packed(t, says(m, "gw.example.ac.jp."))}
		case "2.113.0.203.in-addr.arpa.":
			m = says(m)
			m.RCode = dnsmessage.RCodeNameError
			return [][]byte{packed(t, m)}
		}
		return nil
	})
	r := resolver(t, network.Reverse{Server: s.address, Timeout: 30 * time.Millisecond})
	for range 5 {
		for address, want := range map[string]string{"203.0.113.1": "example.ac.jp", "::ffff:203.0.113.1": "example.ac.jp", "203.0.113.2": "", "203.0.113.3": ""} {
			if domain, _ := settled(t, r, address); domain != want {
				t.Errorf("%s is %q, want %q", address, domain, want)
			}
		}
	}
	if n, counts := s.asked.Load(), r.Counts(); n != 4 || counts != (network.Counts{Asked: 4, Named: 1, Nameless: 1, Silent: 2}) {
		t.Errorf("the server was asked %d times, want 4: once, once, and twice in vain; counted is %+v", n, counts)
	}
	_, _, ticket := r.Ask(netip.MustParseAddr("203.0.113.1"))
	r.Forget()
	if domain, state := r.Answer(ticket); state != network.Unasked || domain != (hit.Host{}) {
		t.Errorf("a ticket of yesterday finds %q", domain.Name())
	}
	if _, kept := r.Waits(); kept != 0 {
		t.Errorf("%d answers are kept over the end of the day", kept)
	}
	_, _, tomorrow := r.Ask(netip.MustParseAddr("203.0.113.1"))
	if tomorrow == ticket {
		t.Error("an address has one ticket on two days")
	}
	settled(t, r, "203.0.113.1")
	if n := s.asked.Load(); n != 5 {
		t.Errorf("after the day the server was asked %d times, want once more, 5", n)
	}
}

// An answer that comes when its day is over is let fall. Seen to fail when note does not
// look at the day.
func TestLateAnswerIsOfNoDay(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s := serve(t, func(m dnsmessage.Message) [][]byte {
		close(arrived)
		<-release
		return [][]byte{packed(t, says(m, "gw.example.ac.jp."))}
	})
	r := resolver(t, network.Reverse{Server: s.address, Timeout: 10 * time.Second})
	r.Ask(netip.MustParseAddr("203.0.113.9"))
	<-arrived
	r.Forget()
	close(release)
	until(t, "the end of the question", func() bool { return r.Answered() == 1 })
	if _, kept := r.Waits(); kept != 0 {
		t.Errorf("%d answers of yesterday are kept", kept)
	}
}

// Of ten thousand addresses that nobody answers for, no more than the queue holds are
// kept, the rest is refused at once and counted, and all memory that held one is
// overwritten. Seen to fail when Ask looks at no bound, when next leaves the question's
// place as it is, and when work does not wipe the packet.
func TestManyAreBoundedAndLeaveNothing(t *testing.T) {
	s := serve(t, func(dnsmessage.Message) [][]byte { return nil })
	r := resolver(t, network.Reverse{Server: s.address, Timeout: 20 * time.Millisecond, Queue: 64, Workers: 8})
	refused := 0
	for i := range 10_000 {
		var v4 [4]byte
		binary.BigEndian.PutUint32(v4[:], 0xcb007100+uint32(i))
		if _, state, _ := r.Ask(netip.AddrFrom4(v4)); state == network.Unasked {
			refused++
		}
		if waiting, kept := r.Waits(); waiting > 64 || kept > i-refused+1 {
			t.Fatalf("%d questions wait and %d are kept, want at most 64, and %d", waiting, kept, i-refused+1)
		}
	}
	counts := r.Counts()
	if refused < 5000 || counts.Refused != uint64(refused) {
		t.Errorf("%d of 10,000 are refused, counted %d, want most of them", refused, counts.Refused)
	}
	until(t, "the end of all questions", func() bool { return r.Answered() == uint64(10_000-refused) })
	if left := bytes.Trim(r.Memory(), "\x00"); len(left) > 0 {
		t.Errorf("%d bytes of addresses and packets are left", len(left))
	}
}

// Seen to fail when Forget leaves the queue as it is.
func TestForgetOverwritesWhatWaits(t *testing.T) {
	s := serve(t, func(dnsmessage.Message) [][]byte { return nil })
	r := resolver(t, network.Reverse{Server: s.address, Timeout: 10 * time.Millisecond, Queue: 64, Workers: 1})
	for i := range 40 {
		r.Ask(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}))
	}
	if waiting, _ := r.Waits(); waiting == 0 || len(bytes.Trim(r.Queue(), "\x00")) == 0 {
		t.Fatal("nothing waits, so that nothing can be seen")
	}
	r.Forget()
	if waiting, _ := r.Waits(); waiting != 0 {
		t.Errorf("%d questions wait after the day", waiting)
	}
	if left := bytes.Trim(r.Queue(), "\x00"); len(left) > 0 {
		t.Errorf("%d bytes of addresses wait after the day", len(left))
	}
	until(t, "the end of what was under way", func() bool { return r.Answered() == r.Counts().Asked })
	if left := bytes.Trim(r.Memory(), "\x00"); len(left) > 0 {
		t.Errorf("%d bytes of packets are left", len(left))
	}
}

// Only so many addresses are asked for in a day. Seen to fail when Most is not looked at.
func TestDayIsBounded(t *testing.T) {
	s := serve(t, func(m dnsmessage.Message) [][]byte { return [][]byte{packed(t, says(m))} })
	r := resolver(t, network.Reverse{Server: s.address, Most: 10})
	asked := 0
	for i := range 30 {
		if _, state := settled(t, r, fmt.Sprintf("203.0.113.%d", i)); state != network.Unasked {
			asked++
		}
	}
	if asked != 10 || s.asked.Load() != 10 || r.Counts().Refused != 20 {
		t.Errorf("%d addresses are asked for, by %d questions, and %d are refused, want 10, 10 and 20", asked, s.asked.Load(), r.Counts().Refused)
	}
	r.Forget()
	if _, state := settled(t, r, "203.0.113.99"); state != network.Nameless {
		t.Error("on the next day nothing is asked")
	}
}

// A closed resolver asks nothing, and one without a server behind its address comes to
// an end too. Seen to fail when Ask does not look whether it is closed.
func TestClosed(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := conn.LocalAddr().String()
	conn.Close()
	r := resolver(t, network.Reverse{Server: address})
	if domain, state := settled(t, r, "203.0.113.9"); domain != "" || state != network.Nameless {
		t.Errorf("with nobody there the address is %q, %d, want nameless", domain, state)
	}
	r.Close()
	if _, state, _ := r.Ask(netip.MustParseAddr("203.0.113.1")); state != network.Unasked {
		t.Error("a closed resolver asks")
	}
}

// What is known costs nothing on the heap. Seen to fail when Ask makes a text of the
// address.
func TestAskingAgainAllocatesNothing(t *testing.T) {
	s := serve(t, func(m dnsmessage.Message) [][]byte { return [][]byte{packed(t, says(m, "gw.example.ac.jp."))} })
	r := resolver(t, network.Reverse{Server: s.address})
	settled(t, r, "203.0.113.9")
	address := netip.MustParseAddr("203.0.113.9")
	if n := testing.AllocsPerRun(100, func() { r.Ask(address) }); n != 0 {
		t.Errorf("asking for what is known allocates %v times, want none", n)
	}
}

// Whatever a server sends, reading it ends, and gives a host or nothing.
func FuzzAnswer(f *testing.F) {
	var p network.Packet
	question := p.Question(netip.MustParseAddr("203.0.113.9").As16())
	var asked dnsmessage.Message
	if err := asked.Unpack(question); err != nil {
		f.Fatal(err)
	}
	good := packed(f, says(asked, "gw.example.ac.jp.", "localhost."))
	f.Add(good[len(question):], uint16(2), uint16(0x8180))
	f.Add([]byte("\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x00\x00\x02\xc0\x26"), uint16(1), uint16(0x8180)) // a name that leads to itself
	f.Add([]byte("\x00\x00\x0c\x00\x01\x00\x00\x00\x00\xff\xff"), uint16(65535), uint16(0x8180))
	f.Add([]byte(nil), uint16(0), uint16(0x8183))
	f.Fuzz(func(t *testing.T, records []byte, count, flags uint16) {
		packet := append(bytes.Clone(question), records...)
		binary.BigEndian.PutUint16(packet[2:], flags)
		binary.BigEndian.PutUint16(packet[6:], count)
		domain, isNamed, _ := p.Read(packet)
		if isNamed != (domain != "") {
			t.Fatalf("named %v by %q", isNamed, domain)
		}
		if again, ok := network.Registrable(domain); isNamed && (!ok || again.Name() != domain) {
			t.Fatalf("%q is no registrable domain", domain)
		}
	})
}

func BenchmarkAsk(b *testing.B) {
	s := serve(b, func(m dnsmessage.Message) [][]byte { return [][]byte{packed(b, says(m, "gw.example.ac.jp."))} })
	r := resolver(b, network.Reverse{Server: s.address})
	settled(b, r, "203.0.113.9")
	address := netip.MustParseAddr("203.0.113.9")
	b.ReportAllocs()
	for b.Loop() {
		r.Ask(address)
	}
}
