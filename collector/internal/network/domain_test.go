package network_test

import (
	"slices"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/network"
)

// Seen to fail when suffixes of companies count as those of registries do, when the
// last labels are cut to 2, when the name is not made small, when a top domain that
// nobody listed counts, and when names under .arpa do.
func TestRegistrable(t *testing.T) {
	for _, tt := range []struct{ name, host, want string }{
		{"ministry", "proxy.mlit.go.jp", "mlit.go.jp"},
		{"municipality", "gw.city.chiyoda.lg.jp", "chiyoda.lg.jp"},
		{"city of a geographic domain", "www.city.yokohama.jp", "city.yokohama.jp"},
		{"ward of Tokyo", "www.city.chiyoda.tokyo.jp", "city.chiyoda.tokyo.jp"},
		{"prefecture", "gw.pref.aichi.jp", "pref.aichi.jp"},
		{"geographic domain of anyone", "a.b.tokyo.jp", "b.tokyo.jp"},
		{"below a geographic suffix", "x.chuo.tokyo.jp", "x.chuo.tokyo.jp"},
		{"the registrable domain itself", "u-tokyo.ac.jp", "u-tokyo.ac.jp"},
		{"home connection", "p1234-ipad01aichi.aichi.ocn.ne.jp", "ocn.ne.jp"},
		{"home connection by its address", "123-48-16-240.area55c.commufa.jp", "commufa.jp"},
		{"home connection by its address, hexadecimal", "zaq31fa9922.rev.zaq.ne.jp", "zaq.ne.jp"},
		{"computer of a cloud", "ec2-203-0-113-9.ap-northeast-1.compute.amazonaws.com", "amazonaws.com"},
		{"under the suffix of a company", "someone.github.io", "github.io"},
		{"in capital letters, with a dot at its end", "PROXY.MLIT.GO.JP.", "mlit.go.jp"},
		{"many labels", strings.Repeat("a.", 100) + "example.ac.jp", "example.ac.jp"},
		{"under a suffix of four labels", "a.b.pvt.k12.ma.us", "b.pvt.k12.ma.us"},
		{"Punycode", "www.xn--wgv71a119e.jp", "xn--wgv71a119e.jp"},

		{"none", "", ""}, {"the root", ".", ""}, {"this computer", "localhost", ""},
		{"a bare suffix", "ac.jp", ""}, {"a geographic suffix", "chuo.tokyo.jp", ""}, {"a top domain", "jp", ""},
		{"of a network of one's own", "pc1.office.internal", ""}, {"under no top domain", "printer.lan", ""},
		{"an address", "203.0.113.9", ""}, {"an address of IPv6", "2001:db8::1", ""},
		{"a registrable domain that spells an address", "x.203-0-113-9.jp", ""},
		{"a registrable domain with a number", "a.20301139.jp", ""},
		{"a registrable domain of hexadecimal digits", "cb007109.jp", ""},
		{"a domain of reverse names", "9.113.0.203.in-addr.arpa", ""},
		{"a mailbox", "someone@example.jp", ""}, {"with a space", "exa mple.jp", ""}, {"not in ASCII", "日本.jp", ""},
		{"empty labels", "..jp", ""}, {"an empty first label", ".ac.jp", ""},
		{"too long", strings.Repeat("a", 300) + ".jp", ""},
	} {
		got, ok := network.Registrable(tt.host)
		if got.Name() != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: the registrable part of %.60q is %q, %v, want %q", tt.name, tt.host, got.Name(), ok, tt.want)
		}
	}
}

func country(t *testing.T, code string) hit.Country {
	t.Helper()
	if code == "" {
		return hit.Country{}
	}
	c, ok := hit.ParseCountry(code)
	if !ok {
		t.Fatalf("%s is no country", code)
	}
	return c
}

// Seen to fail when the country is asked before a name of Japan, when gr.jp and ad.jp
// have no class, when the first label alone makes an office (city.jp), and when a listed
// operator abroad is one of Japan.
func TestClassOf(t *testing.T) {
	for _, tt := range []struct{ name, domain, country, want string }{
		{"ministry", "mlit.go.jp", "JP", "go.jp"},
		{"ministry on a line abroad", "mofa.go.jp", "FR", "go.jp"},
		{"municipality", "chiyoda.lg.jp", "JP", "lg.jp"},
		{"metropolis", "metro.tokyo.jp", "JP", "lg.jp"},
		{"prefecture", "pref.aichi.jp", "JP", "lg.jp"},
		{"city", "city.yokohama.jp", "", "lg.jp"},
		{"ward", "city.chiyoda.tokyo.jp", "JP", "lg.jp"},
		{"town", "town.hayama.kanagawa.jp", "JP", "lg.jp"},
		{"village", "vill.hinoemata.fukushima.jp", "JP", "lg.jp"},
		{"university", "u-tokyo.ac.jp", "JP", "ac.jp"},
		{"network of research", "sinet.ad.jp", "JP", "ac.jp"},
		{"research with a general name", "kek.jp", "JP", "ac.jp"},
		{"school", "example.ed.jp", "JP", "ed.jp"},
		{"company", "example.co.jp", "JP", "co.jp"},
		{"organisation", "example.or.jp", "JP", "or.jp"},
		{"group", "example.gr.jp", "JP", "or.jp"},
		{"internet access", "ocn.ne.jp", "JP", "ne.jp"},
		{"operator", "iij.ad.jp", "JP", "operator"},
		{"operator with a general name", "commufa.jp", "JP", "operator"},
		{"operator with the name of a company", "rakuten.co.jp", "JP", "operator"},
		{"operator outside of .jp", "bbtec.net", "JP", "operator"},
		{"operator of Japan and others, in Japan", "starlinkisp.net", "JP", "operator"},
		{"operator of Japan and others, abroad", "starlinkisp.net", "US", "foreign"},
		{"operator, country unknown", "bbtec.net", "", "operator"},
		{"general name", "example.jp", "JP", "jp"},
		{"geographic name of anyone", "b.tokyo.jp", "JP", "jp"},
		{"a general name that reads like an office", "city.jp", "JP", "jp"},
		{"a general name that reads like a class", "go.jp", "JP", "jp"},
		{"name outside of .jp in Japan", "example.com", "JP", "jp"},
		{"name outside of .jp abroad", "example.com", "US", "foreign"},
		{"name outside of .jp, country unknown", "example.com", "", "foreign"},
		{"no name, in Japan", "", "JP", "unknown"},
		{"no name, abroad", "", "US", "foreign"},
		{"nothing known", "", "", "unknown"},
	} {
		domain, _ := hit.ParseHost(tt.domain)
		if got := network.ClassOf(domain, country(t, tt.country)).Code(); got != tt.want {
			t.Errorf("%s: the class of %q in %q is %s, want %s", tt.name, tt.domain, tt.country, got, tt.want)
		}
	}
}

// The list of operators holds what is written in it, and names that other sources come
// to as well. Seen to fail on a line with a host name for a domain, and on a number twice.
func TestOperators(t *testing.T) {
	all := network.Operators()
	if len(all) < 120 {
		t.Errorf("the list has %d numbers, want at least 120", len(all))
	}
	for number, want := range map[uint32]string{
		4713: "ocn.ne.jp", 2516: "au-net.ne.jp", 17676: "bbtec.net", 9605: "spmode.ne.jp", 2497: "iij.ad.jp",
		2907: "sinet.ad.jp", 2500: "wide.ad.jp", 2527: "so-net.ne.jp", 2518: "mesh.ad.jp", 17511: "eonet.ne.jp",
		4685: "asahi-net.or.jp", 18126: "commufa.jp", 9370: "sakura.ne.jp", 138384: "rakuten.co.jp", 9824: "home.ne.jp",
		2510: "infoweb.ne.jp", 7679: "bbiq.jp", 18144: "megaegg.ne.jp", 7522: "pikara.ne.jp", 10010: "t-com.ne.jp",
		14593: "starlinkisp.net", 15169: "",
	} {
		if all[number] != want {
			t.Errorf("the domain of AS%d is %q, want %q", number, all[number], want)
		}
	}
	var classes []string
	for _, domain := range all {
		host, ok := hit.ParseHost(domain)
		if class := network.ClassOf(host, country(t, "JP")); !ok || class == hit.UnknownNetwork || class == hit.ForeignNetworks {
			t.Errorf("%s is %s, want a class of Japan", domain, class.Code())
		} else {
			classes = append(classes, class.Code())
		}
	}
	for _, want := range []string{"operator", "ne.jp", "ac.jp", "go.jp"} {
		if !slices.Contains(classes, want) {
			t.Errorf("no network of the list is %s", want)
		}
	}
}

// Seen to fail when a line with a word too much, a number that is none, a host name, a
// second line of one number and a class that is none were each let through.
func TestOperatorsRefuse(t *testing.T) {
	const good = "# words\n1 example.ne.jp # words\n2 example.co.jp operator\n- example.or.jp operator\n\n"
	if bad := network.BadLine(good); bad != "" {
		t.Fatalf("what is right is refused: %q", bad)
	}
	for _, line := range []string{
		"3", "3 example.ne.jp operator more", "x example.ne.jp", "-1 example.ne.jp", "0 example.ne.jp", "4294967296 example.ne.jp",
		"3 www.example.ne.jp", "3 ne.jp", "3 203.0.113.9", "1 example.ad.jp", "3 example.ne.jp carrier", "3 Example.ne.jp",
	} {
		if bad := network.BadLine(good + line + "\n"); bad != line+"\n" {
			t.Errorf("%q: the line found wrong is %q", line, bad)
		}
	}
}

// Whatever comes in, a domain is no longer than a host, holds no number of four digits,
// and is the registrable part of itself.
func FuzzRegistrable(f *testing.F) {
	for _, seed := range []string{"proxy.mlit.go.jp", "ec2-203-0-113-9.compute-1.amazonaws.com", "..jp", "a.b.chuo.tokyo.jp.", "\x00.jp", "日本.jp"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		domain, ok := network.Registrable(name)
		if !ok {
			if domain != (hit.Host{}) {
				t.Fatalf("a domain %q beside a refusal", domain.Name())
			}
			return
		}
		again, ok := network.Registrable(domain.Name())
		if !ok || again != domain {
			t.Fatalf("the registrable part of %q is %q, want itself", domain.Name(), again.Name())
		}
		if _, ok := hit.ParseHost(domain.Name()); !ok || strings.ContainsAny(domain.Name(), "@/: ") {
			t.Fatalf("%q is no host", domain.Name())
		}
		if code := network.ClassOf(domain, hit.Country{}).Code(); code == "unknown" {
			t.Fatalf("%q has no class", domain.Name())
		}
	})
}
