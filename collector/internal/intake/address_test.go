package intake

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

func prefixes(list ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range list {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

var proxies = prefixes("127.0.0.0/8", "::1/128", "10.0.0.0/8", "2001:db8:1::/48")

// Seen to fail when the leftmost address is taken, when the peer's trust is not
// asked for, and when an unreadable entry is passed over.
func TestClient(t *testing.T) {
	const none = "invalid IP"
	for _, tt := range []struct{ name, peer, forwarded, want string }{
		{"no header", "203.0.113.5", "", "203.0.113.5"},
		{"no header from a proxy", "127.0.0.1", "", "127.0.0.1"},
		{"a forged header of an untrusted peer", "203.0.113.5", "198.51.100.1", "203.0.113.5"},
		{"one address", "127.0.0.1", "198.51.100.1", "198.51.100.1"},
		{"the rightmost, not the forged one", "127.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"},
		{"behind a second proxy", "127.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.9", "198.51.100.1"},
		{"all trusted", "127.0.0.1", "10.0.0.1,10.0.0.2", "10.0.0.1"},
		{"no spaces", "::1", "198.51.100.1,10.0.0.2", "198.51.100.1"},
		{"nonsense to the right", "127.0.0.1", "198.51.100.1, nonsense", none},
		{"nonsense behind a proxy", "127.0.0.1", "198.51.100.1, nonsense, 10.0.0.1", none},
		{"nonsense to the left", "127.0.0.1", "nonsense, 198.51.100.1", "198.51.100.1"},
		{"an empty entry is none", "127.0.0.1", "198.51.100.1, ,10.0.0.1,", "198.51.100.1"},
		{"an empty entry first", "127.0.0.1", ", 198.51.100.1", "198.51.100.1"},
		{"nothing but commas", "127.0.0.1", ", ,", "127.0.0.1"},
		{"unknown", "127.0.0.1", "unknown", none},
		{"IPv4 with port", "127.0.0.1", "198.51.100.1:4711", "198.51.100.1"},
		{"IPv6", "127.0.0.1", "2001:db8::7", "2001:db8::7"},
		{"IPv6 in brackets", "127.0.0.1", "[2001:db8::7]", "2001:db8::7"},
		{"IPv6 in brackets with port", "127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"},
		{"IPv6 in half of its brackets", "127.0.0.1", "[2001:db8::7", none},
		{"IPv6 with zone", "127.0.0.1", "fe80::1%eth0", "fe80::1"},
		{"IPv6 behind a proxy on IPv6", "::1", "2001:db8::7, 2001:db8:1::2", "2001:db8::7"},
		{"IPv4 in IPv6", "127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"},
		{"a proxy's IPv4 in IPv6", "::ffff:127.0.0.1", "198.51.100.1, ::ffff:10.1.2.3", "198.51.100.1"},
		{"an untrusted peer's IPv4 in IPv6", "::ffff:203.0.113.5", "198.51.100.1", "203.0.113.5"},
		{"Forwarded", "127.0.0.1", "for=198.51.100.1;proto=https;by=10.0.0.1", "198.51.100.1"},
		{"Forwarded in capitals, for last", "127.0.0.1", "proto=https; For=198.51.100.1", "198.51.100.1"},
		{"Forwarded quoted with port", "127.0.0.1", `for="198.51.100.1:4711"`, "198.51.100.1"},
		{"Forwarded IPv6", "127.0.0.1", `for=192.0.2.66, for="[2001:db8::7]:4711";proto=http`, "2001:db8::7"},
		{"Forwarded twice", "127.0.0.1", "for=198.51.100.1, for=10.0.0.3", "198.51.100.1"},
		{"Forwarded of someone unknown", "127.0.0.1", "for=unknown", none},
		{"Forwarded of someone hidden", "127.0.0.1", "for=192.0.2.66, for=_hidden", none},
		{"Forwarded without for", "127.0.0.1", "proto=https;by=10.0.0.1", none},
		{"a quote that a visitor left open", "127.0.0.1", `for="192.0.2.66, for=198.51.100.1`, "198.51.100.1"},
		{"an address with leading zeros", "127.0.0.1", "198.051.100.001", none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := client(netip.MustParseAddr(tt.peer), tt.forwarded, proxies)
			if got.String() != tt.want {
				t.Errorf("client(%s, %q) = %s, want %s", tt.peer, tt.forwarded, got, tt.want)
			}
		})
	}
}

// Several headers of one name are one list, in their order. Of X-Forwarded-For and
// Forwarded a proxy sets one, and the other may be the visitor's own: where both are
// there, they must name one client. Seen to fail when either goes before the other, and
// when of several headers a hit goes by the last one alone.
func TestClientOfHeaders(t *testing.T) {
	for _, tt := range []struct{ name, head, want string }{
		{"two headers are one list", "X-Forwarded-For: 192.0.2.66\r\nx-forwarded-for: 198.51.100.1, 10.0.0.1\r\n", "198.51.100.1"},
		{"the last header is the rightmost", "X-Forwarded-For: 192.0.2.66\r\nX-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
		{"Forwarded alone", "Forwarded: for=192.0.2.66\r\nForwarded: for=198.51.100.1\r\n", "198.51.100.1"},
		{"both of one client", "Forwarded: for=192.0.2.66, for=198.51.100.1\r\nX-Forwarded-For: 198.51.100.1, 10.0.0.1\r\n", "198.51.100.1"},
		{"both of different clients", "Forwarded: for=192.0.2.66\r\nX-Forwarded-For: 198.51.100.1\r\n", "invalid IP"},
		{"a forged X-Forwarded-For beside a proxy's Forwarded", "X-Forwarded-For: 192.0.2.66\r\nForwarded: for=198.51.100.1\r\n", "invalid IP"},
		{"both, one unreadable", "Forwarded: for=unknown\r\nX-Forwarded-For: 198.51.100.1\r\n", "invalid IP"},
		{"both, one without for", "Forwarded: proto=https\r\nX-Forwarded-For: 198.51.100.1\r\n", "invalid IP"},
		{"both, one empty", "Forwarded:\r\nX-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
		{"both, the second Forwarded alone not empty", "Forwarded:\r\nForwarded: for=192.0.2.66\r\nX-Forwarded-For: 198.51.100.1\r\n", "invalid IP"},
		{"an empty one", "X-Forwarded-For:\r\n", "127.0.0.1"},
		{"none, whatever else names an address", "X-Real-IP: 192.0.2.66\r\nTrue-Client-IP: 192.0.2.66\r\nCF-Connecting-IP: 192.0.2.66\r\n", "127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := New(nil)
			in.Trusted = proxies
			if got := in.clientOf(request(t, "GET / HTTP/1.1\r\nHost: x\r\n"+tt.head+"\r\n")); got.String() != tt.want {
				t.Errorf("clientOf = %s, want %s", got, tt.want)
			}
			in = everything()
			key := newTable(t, in.Plan).Key
			const body = `{"u":"https://a.example/"}`
			s, _, o := in.Body(request(t, fmt.Sprintf("POST /hit HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n%sContent-Length: %d\r\n\r\n%s",
				firefox, tt.head, len(body), body)), now, key)
			if want, err := netip.ParseAddr(tt.want); err != nil {
				if o != NoAddress {
					t.Errorf("a hit of no client is %s", o.Word())
				}
			} else if o != Kept || s.Visitor != key.Visitor(0, want, key.Agent(firefox)) {
				t.Errorf("a hit of %s is %s, and not of that client", want, o.Word())
			}
		})
	}
}

// request returns a request as the server has read it, sent from 127.0.0.1.
func request(t testing.TB, text string) *fasthttp.RequestCtx {
	t.Helper()
	var read fasthttp.Request
	if err := read.Read(bufio.NewReader(strings.NewReader(text))); err != nil {
		t.Fatalf("read the request: %v", err)
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&read, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil)
	return ctx
}

func FuzzClient(f *testing.F) {
	for _, seed := range []string{"", "198.51.100.1", `for="[2001:db8::7]:1";by=x, 10.0.0.1`, "a,,b", "[", "%", "for=", "::ffff:127.0.0.1"} {
		f.Add(seed)
	}
	peer, stranger := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.5")
	f.Fuzz(func(t *testing.T, forwarded string) {
		if got := client(stranger, forwarded, proxies); got != stranger {
			t.Fatalf("an untrusted peer is taken for %s", got)
		}
		got := client(peer, forwarded, proxies)
		if got.Zone() != "" || got.Is4In6() {
			t.Fatalf("client = %s, which is not in its plain form", got)
		}
		// What stands to the left of an address of a visitor changes nothing.
		if got.IsValid() && !within(got, proxies) {
			if again := client(peer, "192.0.2.66, "+forwarded, proxies); again != got {
				t.Fatalf("a forged entry to the left turns %s into %s", got, again)
			}
		}
		if strings.Trim(forwarded, " \t,") == "" && got != peer {
			t.Fatalf("client = %s of an empty list, want the peer", got)
		}
	})
}
