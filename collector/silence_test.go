package collector_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/collector"
	"oboro/collector/hit"
)

// A wire is a connection in memory: the client's bytes, then nothing more.
type wire struct {
	in     *bytes.Reader
	out    bytes.Buffer
	closed chan struct{} // closed when the connection is; may be nil
}

func (w *wire) Read(b []byte) (int, error)  { return w.in.Read(b) }
func (w *wire) Write(b []byte) (int, error) { return w.out.Write(b) }
func (w *wire) LocalAddr() net.Addr         { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }
func (w *wire) RemoteAddr() net.Addr        { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9} }

func (w *wire) Close() error {
	if w.closed != nil {
		close(w.closed)
	}
	return nil
}

func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// feed has the server read the bytes without a network, and returns its answers.
func (w *world) feed(request []byte) ([]answer, error) {
	conn := &wire{in: bytes.NewReader(request)}
	w.server.ServeConn(conn) // its error is about the bytes; the answers are what counts
	return read(conn.out.Bytes())
}

// shouting is a request that holds a word wherever a request can hold one.
func shouting(method, target, word string) string {
	body := `{"u":"https://` + word + `.example/` + word + `?q=` + word + `#` + word + `","r":"https://` + word +
		`.example/","e":"` + word + `","n":"` + word + `","p":{"` + word + `":"` + word + `"}}`
	return method + " " + target + " HTTP/1.1\r\nHost: " + word + ".example\r\nUser-Agent: " + word +
		"\r\nX-Forwarded-For: " + word + "\r\nForwarded: for=" + word + "\r\nReferer: https://" + word + ".example/\r\nCookie: " +
		word + "=" + word + "\r\nOrigin: https://" + word + ".example\r\nAccept-Language: " + word + "\r\nIf-None-Match: " + word +
		"\r\nAccept-Encoding: " + word + "\r\nSec-CH-UA: " + word + "\r\nSec-CH-UA-Mobile: " + word + "\r\nSec-CH-UA-Platform: " + word + "\r\n" + word + ": " + word + "\r\nContent-Type: " + word +
		"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// Nothing of a request is in any answer but that of the page which shows it, nor in what
// the sink is told. Seen to
// fail when an answer of 404 holds the path, and when the content type of an
// answer is that of the request.
func TestAnswersEchoNothing(t *testing.T) {
	const word = "Zx9qCanary7"
	w := newWorld(t, everything)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "CONNECT", word} {
		for _, target := range []string{
			"/hit", "/hit.gif", "/oboro.js", "/" + word, "*", word, "/hit?" + word + "=" + word, "/hit.gif?u=" + word,
			"/hit.gif?u=https://a.example/" + word + "&e=" + word, "http://" + word + ".example/hit",
			"/../" + word, "/%00" + word, "/oboro.js?" + word, "/opt-out", "/opt-out?lang=" + word, "/opt-out.js?" + word, "/oboro.css",
			"/.well-known/oboro.json", "/.well-known/oboro.json?" + word, "/transparency/" + word, "/transparency.json",
		} {
			answers, err := w.feed([]byte(shouting(method, target, word)))
			if err != nil || len(answers) == 0 {
				t.Errorf("%s %s: answers = %+v, %v", method, target, answers, err)
			}
			for _, a := range answers {
				if strings.Contains(strings.ToLower(a.body), strings.ToLower(word)) {
					t.Errorf("%s %s: the answer holds the word", method, target)
				}
			}
		}
	}
	_, meters := w.drain()
	for key := range meters {
		if strings.Contains(key, word) {
			t.Errorf("a meter holds the word: %s", key)
		}
	}
}

// An ear hears what this process writes to its standard outputs, past all packages.
type ear struct {
	file *os.File
	kept [2]int // the outputs themselves
}

func newEar(t testing.TB) *ear {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "outputs"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	e := &ear{file: file}
	for i := range e.kept {
		if e.kept[i], err = syscall.Dup(i + 1); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Close(e.kept[i]) })
	}
	// A crash is told all the same.
	if err := debug.SetCrashOutput(os.Stderr, debug.CrashOptions{}); err != nil { // it takes a descriptor of its own
		t.Fatal(err)
	}
	return e
}

// hear runs f and returns what was written meanwhile.
func (e *ear) hear(f func()) string {
	for i := range e.kept {
		syscall.Dup3(int(e.file.Fd()), i+1, 0)
	}
	f()
	for i, kept := range e.kept {
		syscall.Dup3(kept, i+1, 0)
	}
	info, err := e.file.Stat()
	if err != nil || info.Size() == 0 {
		return ""
	}
	text := make([]byte, info.Size())
	e.file.ReadAt(text, 0)
	e.file.Truncate(0)
	e.file.Seek(0, 0)
	return string(text)
}

// FuzzSilence holds that whatever bytes come in, no handler panics, every byte that goes
// out is one of ours, no meter has a word that is not, and nothing at all is written to
// the process's outputs, by whatever logger. Seen to fail when fasthttp has its own
// logger, and when a handler prints.
func FuzzSilence(f *testing.F) {
	for _, seed := range []string{
		visitor.view("/"), visitor.view("/") + visitor.get("/oboro.js"), visitor.get("/hit.gif?u=https%3A%2F%2Fa.example%2F&st=404"),
		visitor.post(`{"u":"https://a.example/\u3042","e":"objection"}`), visitor.post(`{"u":"https://a.example/","e":"engaged","s":30,"n":"x","p":{"a":"b"}}`), shouting("GET", "/hit.gif", "x"),
		"POST /hit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"POST /hit HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\nExpect: 100-continue\r\n\r\n",
		visitor.get("/transparency"), visitor.get("/transparency?format=json&lang=ja"), shouting("GET", "/transparency", "<x>"),
		visitor.get("/opt-out") + visitor.get("/.well-known/oboro.json"), "HEAD /transparency HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /opt-out HTTP/1.1\r\nHost: a.example\r\nOrigin: https://a.example\r\nContent-Length: 11\r\n\r\nobjection=1",
		"HEAD /oboro.js HTTP/1.0\r\n\r\n", "\x16\x03\x01\x02\x00", "GET / HTTP/1.1\r\nA\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	for _, of := range hostile {
		f.Add([]byte(of.request + visitor.view("/after")))
	}
	w := newWorld(f, everything)
	ear := newEar(f)
	listener := make(single)
	ended := make(chan error)
	go func() { ended <- w.server.Serve(listener) }()
	f.Cleanup(func() { close(listener); <-ended })
	f.Fuzz(func(t *testing.T, request []byte) {
		conn := &wire{in: bytes.NewReader(request), closed: make(chan struct{})}
		if said := ear.hear(func() { listener <- conn; <-conn.closed }); said != "" {
			t.Fatalf("the process wrote %q", said)
		}
		if _, err := read(conn.out.Bytes()); err != nil {
			t.Fatalf("the collector wrote what is not its own: %v", err)
		}
		if n := w.collector.Panics(); n != 0 {
			t.Fatalf("%d requests ended in a panic", n)
		}
		hits, meters := w.drain()
		for _, h := range hits {
			if h.Day != hit.DayOf(noon) || h.Hour != 12 {
				t.Fatalf("a hit of %v %v, want one of the clock's day and hour", h.Day, h.Hour)
			}
		}
		for key := range meters {
			if _, word, _ := strings.Cut(strings.TrimPrefix(key, day+" "), " "); !contains(meterWords, word) {
				t.Fatalf("a meter has the name %q", key)
			}
		}
	})
}

// meterWords are all that a meter of a request may be named.
var meterWords = []string{
	"kept", "objection", "bot", "prefetch", "undeclared", "unknown-site", "address", "page", "body", "url", "event",
	"too-large", "over-cap", "late", "shed", "rate", "backlog", "no-view",
	"scanner", "referrer-spam",
	"bot-other", "bot-search", "bot-ai", "bot-monitor", "bot-scanner", "bot-preview", "bot-feed", "bot-seo", "bot-ads", "bot-archive", "bot-tool",
}

// Lines of every format, whole, cut short and with a word wherever one could stand, make no
// sound, end in no panic, and come to words of ours. Seen to fail when a reader prints a line
// that it refuses.
func TestLogsTellNothing(t *testing.T) {
	const word = "Zx9qCanary7"
	files, err := filepath.Glob("internal/logline/testdata/*.*")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d logs, %v", len(files), err)
	}
	ear := newEar(t)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		w, l := newLog(t)
		format := l.Guess(text, true).Format
		outcomes := map[string]int{}
		take := func(line []byte) {
			var parsed collector.Line
			o := l.Parse(format, line, &parsed)
			if o == collector.Kept {
				o, err = l.Take(line, &parsed)
			}
			outcomes[o.Word()]++
		}
		said := ear.hear(func() {
			for line := range bytes.Lines(text) {
				take(line)
				for at := 0; at < len(line); at += 3 {
					take(line[:at])
					take(slices.Concat(line[:at], []byte(word), line[at:]))
					take(slices.Concat(line[:at], []byte(word), line[min(at+len(word), len(line)):]))
				}
			}
		})
		if said != "" || err != nil {
			t.Errorf("%s: the process wrote %q, %v", name, said, err)
		}
		_, meters := w.drain()
		for key := range meters {
			if strings.Contains(key, word) {
				t.Errorf("%s: a meter holds the word: %s", name, key)
			}
		}
		if outcomes["format"] < 10 {
			t.Errorf("%s: only %v", name, outcomes)
		}
	}
}
