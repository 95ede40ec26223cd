package collector

import (
	"bytes"
	"fmt"
	"net"

	"github.com/valyala/fasthttp"

	"oboro/collector/internal/intake"
)

// A Server's connections answer hits themselves, where one read of a connection gives one
// whole request, written as browsers and proxies write theirs: reading it by fasthttp
// takes about as long as all the rest that a hit needs. fasthttp waits for a read
// meanwhile, and gets whatever else comes. See [watched.Read].

// plain takes a hit from what a read gave, and returns its answer; or nothing, where the
// request is not read yet.
func (c *Collector) plain(conn net.Conn, request []byte) (answer []byte) {
	defer func() {
		if recover() != nil { // the value may hold what the client sent
			c.panics.Add(1)
			answer = failed
		}
	}()
	at, ok := c.enter()
	if !ok {
		return nil
	}
	defer c.mu.RUnlock()
	if c.dayOf(at) < c.day {
		return nil
	}
	sighting, site, outcome := c.intake.Plain(conn, request, at, c.table.Key)
	if outcome == intake.Foreign {
		return nil
	}
	return answers[c.settle(sighting, site, outcome)]
}

// failed and answers are what say writes, by outcome.
var (
	failed  = written(fasthttp.StatusInternalServerError, "error", false)
	answers = func() (list [intake.Outcomes][]byte) {
		for i := range list {
			o := intake.Outcome(i)
			list[i] = written(o.Code(), wordOf(o), o.Again())
		}
		return list
	}()
)

// written returns an answer as fasthttp writes it.
func written(code int, word string, again bool) []byte {
	text := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\n", code, fasthttp.StatusMessage(code))
	if word != "" {
		word += "\n"
		text = append(text, "Content-Type: text/plain; charset=utf-8\r\n"...)
	}
	if code != fasthttp.StatusNoContent {
		text = fmt.Appendf(text, "Content-Length: %d\r\n", len(word))
	}
	if again {
		text = append(text, "Retry-After: 5\r\n"...)
	}
	text = append(text, "Cache-Control: no-store\r\n\r\n"...)
	return append(text, word...)
}

// whole reports whether what is handed to fasthttp begins with a line that ends as it
// should, so that [intake.Length] tells how long its request is.
func whole(request []byte) bool {
	end := bytes.IndexByte(request, '\n')
	return end > 1 && request[end-1] == '\r' && request[0] != '\r'
}
