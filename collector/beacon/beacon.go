// Package beacon holds the script that sites embed, the pixel for pages whose visitors run
// no script, the script of a button by which visitors object, and the style sheet of the
// collector's own pages.
//
// The script reports a page when it is shown, and tells the page's address
// without fragment and query (three campaign names excepted), the origin of the
// referrer, the width of the window, the page's status, and seven answers of the browser
// to media queries: what the main pointer is, and whether less motion, more contrast,
// forced colours or a dark theme are asked for. When the page is hidden
// or left it tells in how many seconds the page could be seen and had the focus,
// and of what page. It sets no cookie, looks for one, the flag of an objection, reads and
// writes no storage, and asks the browser for nothing else; tests hold the list of what it
// may touch. Where the browser objects (Global Privacy Control), or the visitor has by the
// flag, it tells the objection, and neither the page nor the seconds.
package beacon

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
)

//go:embed oboro.js
var source []byte

//go:embed opt-out.js
var objection []byte

//go:embed oboro.css
var sheet []byte

var (
	script  = strip(source)
	gzipped = compress(script)
	etag    = tag(script)

	optOut = fileOf("text/javascript; charset=utf-8", strip(objection))
	style  = fileOf("text/css; charset=utf-8", sheet)
)

// A File is something that browsers load. Its bytes must not be changed.
type File struct {
	Type           string
	Plain, Gzipped []byte
	ETag           string
}

func fileOf(kind string, plain []byte) File {
	return File{kind, plain, compress(plain), tag(plain)}
}

// Beacon returns the script that sites embed.
func Beacon() File { return File{optOut.Type, script, gzipped, etag} }

// OptOut returns the script of a button by which a visitor objects, in a page of the site.
// On a click, and only then, it sets or unsets one cookie without an identifier.
func OptOut() File { return optOut }

// Style returns the style sheet of the collector's own pages.
func Style() File { return style }

// Script returns the script as it is served: oboro.js without its comment lines
// and its indentation, line by line. The bytes must not be changed.
func Script() []byte { return script }

// Gzipped returns [Script] compressed, for requests that accept gzip. The bytes
// must not be changed.
func Gzipped() []byte { return gzipped }

// ETag returns the entity tag of both forms of the script. It is a weak one,
// since it names what they say, not their bytes.
func ETag() string { return etag }

// GIF returns a transparent image of one pixel, 43 bytes: the answer to
// GET /hit.gif. The bytes must not be changed.
func GIF() []byte { return pixel }

var pixel = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00" + // one by one, two colours
	"!\xf9\x04\x01\x00\x00\x00\x00" + // the first of them is transparent
	",\x00\x00\x00\x00\x01\x00\x01\x00\x00" + // one image
	"\x02\x02D\x01\x00;")

// strip drops empty lines, lines that are comments, comments behind code, and
// indentation. It keeps line breaks, so that the script means the same; it knows
// no string that runs over lines, and none that holds " // ".
func strip(source []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(source) {
		line, _, _ = bytes.Cut(bytes.TrimSpace(line), []byte(" // "))
		line = bytes.TrimSpace(line)
		if len(line) == 0 || bytes.HasPrefix(line, []byte("//")) {
			continue
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// compress cannot fail: it writes to memory.
func compress(plain []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	w.Write(plain)
	w.Close()
	return out.Bytes()
}

func tag(plain []byte) string {
	sum := sha256.Sum256(plain)
	return `W/"` + hex.EncodeToString(sum[:8]) + `"`
}
