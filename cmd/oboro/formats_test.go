package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
)

var combined = regexp.MustCompile(`^(\S+) - - \[([^]]+)\] "GET (\S+) HTTP/1.1" (\d+) \d+ "([^"]*)" "([^"]*)"`)

// tellings write the fields of a line in combined format in others: address, time, path, status,
// referrer, User-Agent.
var tellings = map[string]func(at time.Time, f []string) string{
	"json": func(at time.Time, f []string) string {
		return fmt.Sprintf(`{"time":%q,"remote_addr":%q,"request":%q,"status":%s,"referer":%q,"user_agent":%q}`,
			at.Format(time.RFC3339), f[0], "GET "+f[2]+" HTTP/1.1", f[3], f[4], f[5])
	},
	"w3c": func(at time.Time, f []string) string {
		return at.UTC().Format("2006-01-02 15:04:05 ") + f[0] + " GET " + f[2] + " - " + f[3] + " " + f[4] + " " + strings.ReplaceAll(f[5], " ", "+")
	},
	"own": func(at time.Time, f []string) string {
		return fmt.Sprintf(`%d localhost %s "GET %s" %s "%s" "%s"`, at.UnixMilli(), f[0], f[2], f[3], f[4], f[5])
	},
	"elsewhere": func(at time.Time, f []string) string {
		return fmt.Sprintf(`elsewhere.example:443 %s - - [%s] "GET %s HTTP/1.1" %s 1 "%s" "%s"`, f[0], f[1], f[2], f[3], f[4], f[5])
	},
}

// retell writes a log in combined format in another: retell FORMAT FROM TO.
func retell(ts *testscript.TestScript, _ bool, args []string) {
	var out strings.Builder
	if args[0] == "w3c" {
		out.WriteString("#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(Referer) cs(User-Agent)\n")
	}
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		m := combined.FindStringSubmatch(line)
		if m == nil {
			ts.Fatalf("%s has a line in another format", args[1])
		}
		at, err := time.Parse("02/Jan/2006:15:04:05 -0700", m[2])
		ts.Check(err)
		out.WriteString(tellings[args[0]](at, m[1:]) + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(out.String()), 0o600))
}

// pack writes a file in another way: pack gzip, zstd, unhex or cut, FROM TO. A file that is
// cut ends in its middle.
func pack(ts *testscript.TestScript, _ bool, args []string) {
	text := []byte(ts.ReadFile(args[1]))
	var out bytes.Buffer
	switch args[0] {
	case "gzip": // in two members, as two files put together are
		for _, half := range [][]byte{text[:len(text)/2], text[len(text)/2:]} {
			z := gzip.NewWriter(&out)
			z.Write(half)
			ts.Check(z.Close())
		}
	case "zstd":
		z, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
		ts.Check(err)
		z.Write(text)
		ts.Check(z.Close())
	case "unhex":
		packed, err := hex.DecodeString(strings.TrimSpace(string(text)))
		ts.Check(err)
		out.Write(packed)
	case "cut":
		out.Write(text[:len(text)/2])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), out.Bytes(), 0o600))
}

// until runs a command again and again until what it prints has a line that matches:
// until PATTERN COMMAND ARGS...
func until(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[0])
	for range 300 {
		if ts.Exec(args[1], args[2:]...) == nil && want.MatchString(ts.ReadFile("stdout")) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("it never printed %q; last:\n%s%s", args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
}
