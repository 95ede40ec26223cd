package bots_test

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"oboro/collector/internal/bots"
)

// A sample is a public list of headers that are all of programs, or all of people's
// browsers.
type sample struct {
	name     string
	headers  []string
	programs bool
}

// The aims, in hundredths of a percent of a sample.
const (
	recall = 9900 // of programs, at least so many are found
	wrong  = 60   // of browsers, at most so many are taken for programs
)

// uapCore is where Debian's package of that name keeps its tests.
const uapCore = "/usr/share/uap-core/tests/"

// TestScores holds the aims on the lists that are committed or installed. Matomo's
// device-detector, whose licence forbids to commit its lists here, is scored where
// OBORO_TEST_DEVICE_DETECTOR names a clone; its scores are in docs/bots.md. Seen to
// fail without "http" in the table (recall), and without the exceptions of patterns
// and the edges of "bot" (browsers).
func TestScores(t *testing.T) {
	samples := []sample{
		{"crawler-user-agents", headersOf(t, "testdata/crawlers.txt.gz"), true},
		{"isbot's crawlers", headersOf(t, "testdata/isbot-crawlers.txt.gz"), true},
		{"isbot's browsers", headersOf(t, "testdata/isbot-browsers.txt.gz"), false},
	}
	if _, err := os.Stat(uapCore); err != nil {
		t.Run("uap-core", func(t *testing.T) { t.Skip("Debian's package uap-core is not installed") })
	} else {
		people, programs := uap(t)
		samples = append(samples, sample{"uap-core's browsers", people, false}, sample{"uap-core's spiders", programs, true})
	}
	if clone := os.Getenv("OBORO_TEST_DEVICE_DETECTOR"); clone != "" {
		people, programs := deviceDetector(t, clone)
		samples = append(samples, sample{"device-detector's browsers", people, false}, sample{"device-detector's bots", programs, true})
	}
	for _, s := range samples {
		if len(s.headers) < 50 {
			t.Fatalf("%s: only %d headers", s.name, len(s.headers))
		}
		found := 0
		for _, h := range s.headers {
			if bots.Is(h) {
				found++
			}
			if bots.Is(h) != s.programs && testing.Verbose() {
				t.Logf("%s: Is(%q) = %v", s.name, h, !s.programs)
			}
		}
		share := found * 10000 / len(s.headers)
		t.Logf("%s: %d of %d headers are taken for programs', %d.%02d %%", s.name, found, len(s.headers), share/100, share%100)
		if s.programs && found*10000 < recall*len(s.headers) || !s.programs && found*10000 > wrong*len(s.headers) {
			t.Errorf("%s: %d of %d headers are taken for programs': the aim is missed", s.name, found, len(s.headers))
		}
	}
}

// headersOf returns the headers of a file of test data.
func headersOf(t testing.TB, name string) []string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for s := bufio.NewScanner(unpacked); s.Scan(); {
		line := s.Text()
		if !strings.HasPrefix(line, "# ") {
			all = append(all, line[strings.IndexByte(line, '\t')+1:])
		}
	}
	return all
}

// uapFamilies are the families of uap-core that are browsers of people.
var uapFamilies = " Amazon Silk, Android, Baidu Browser, BlackBerry WebKit, Brave, Chrome, Chrome Mobile, Chrome Mobile WebView, " +
	"Chrome Mobile iOS, Chromium, Coc Coc, Dolphin, DuckDuckGo Mobile, Edge, Edge Mobile, Facebook, Firefox, Firefox Mobile, Firefox iOS, " +
	"Google, IE, IE Mobile, Instagram, Iron, Konqueror, LINE, Maxthon, Midori, MiuiBrowser, Mobile Safari, Mobile Safari UI/WKWebView, " +
	"Nokia Browser, Opera, Opera Mini, Opera Mobile, Otter, Ovi Browser, Pale Moon, Puffin, QQ Browser, QQ Browser Mobile, " +
	"QupZilla, Rekonq, Safari, Sailfish Browser, Samsung Internet, SeaMonkey, Seznam prohlížeč, Sleipnir, Twitter, UC Browser, " +
	"Vivaldi, Whale, Yandex Browser, webOS Browser, "

// uap returns the headers of people and of programs in uap-core's tests. Of those of
// browsers the family decides. Of those of devices "Spider" is a program, and a
// browser begins with its bracket and ends with Safari or Firefox.
func uap(t *testing.T) (people, programs []string) {
	header := ""
	for _, file := range []string{"test_ua.yaml", "test_device.yaml"} {
		for _, line := range fileLines(t, uapCore+file) {
			key, value, _ := strings.Cut(strings.TrimLeft(line, " -"), ": ")
			value = unquoted(strings.TrimSpace(value))
			_, last, _ := strings.Cut(header[strings.LastIndexByte(header, ' ')+1:], "/")
			switch {
			case key == "user_agent_string":
				header = value
			case key != "family":
			case file == "test_ua.yaml":
				if strings.Contains(uapFamilies, " "+value+", ") {
					people = append(people, header)
				}
			case value == "Spider":
				programs = append(programs, header)
			case strings.HasPrefix(header, "Mozilla/5.0 (") && last != "" &&
				(strings.HasSuffix(header, " Safari/"+last) || strings.HasSuffix(header, " Firefox/"+last)):
				people = append(people, header)
			}
		}
	}
	return people, programs
}

// deviceDetector returns the headers of a clone's fixtures whose client is a
// browser, and those of bots.
func deviceDetector(t *testing.T, clone string) (people, programs []string) {
	files, err := filepath.Glob(filepath.Join(clone, "Tests/fixtures/*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		header := ""
		for _, line := range fileLines(t, file) {
			switch {
			case strings.HasPrefix(line, "  user_agent: "):
				header = unquoted(strings.TrimPrefix(line, "  user_agent: "))
			case line == "  bot:":
				programs = append(programs, header)
			case line == "    type: browser" && filepath.Base(file) != "unknown.yml":
				people = append(people, header)
			}
		}
	}
	return people, programs
}

func fileLines(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

// unquoted returns a text of YAML that stands on one line.
func unquoted(value string) string {
	if s, err := strconv.Unquote(value); err == nil {
		return s
	}
	if strings.HasPrefix(value, "'") {
		return strings.ReplaceAll(strings.Trim(value, "'"), "''", "'")
	}
	return value
}
