package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"log/slog"
)

// plain lists the keys whose values may be text. Every such value is a constant
// of ours, a word of the configuration, or an address we listen on; text from
// outside has no key to travel under.
var plain = map[string]bool{
	slog.LevelKey: true, slog.MessageKey: true,
	"statistic": true, "site": true, "day": true, "version": true, "class": true, "zone": true,
	"collect": true, "dashboards": true, "operators": true, "collector": true, "demo": true, "error": true,
}

// newLogger returns a logger that can print numbers, times and our own words. It
// is the last line of defence, not the first: nothing from outside is given to it.
func newLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			v := a.Value.Resolve()
			if k := v.Kind(); plain[a.Key] || k != slog.KindString && k != slog.KindAny {
				return a
			}
			return slog.String(a.Key, fmt.Sprintf("withheld %T", v.Any()))
		},
	}))
}

// classes keeps of the messages of net/http, which name clients, only what kind
// they are.
type classes struct{ log *slog.Logger }

func (c classes) Write(message []byte) (int, error) {
	class := "other"
	for _, known := range []string{"panic", "TLS handshake", "Accept error", "superfluous"} {
		if bytes.Contains(message, []byte(known)) {
			class = known
			break
		}
	}
	c.log.Warn("http server", "class", class)
	return len(message), nil
}

// httpErrors returns the ErrorLog of an http.Server.
func httpErrors(l *slog.Logger) *log.Logger { return log.New(classes{l}, "", 0) }
