// Package assets holds the style sheet of the pages. It is written by hand, loads
// nothing, and has one name for one content, so that it may be kept for ever.
package assets

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
)

//go:embed oboro.css
var style []byte

// Path is where the assets live.
const Path = "/assets/"

// Style returns the style sheet.
func Style() []byte { return append([]byte(nil), style...) }

// StyleName returns the file name of the style sheet; it changes with the content.
func StyleName() string {
	sum := sha256.Sum256(style)
	return "oboro-" + hex.EncodeToString(sum[:6]) + ".css"
}

// StyleURL returns the address of the style sheet.
func StyleURL() string { return Path + StyleName() }

// Handler serves the assets under [Path].
func Handler() http.Handler {
	url := StyleURL()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != url {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(style) // the reader has gone; there is nobody to tell
	})
}
