package demo

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"time"
)

// Log returns the access log of the days, which are midnights in order of time:
// combined format, lines in order of time, made as they are read. The site's
// origin, such as "http://localhost:8083", stands in the referrers of its own
// pages; the lines name no host otherwise.
func Log(seed uint64, site string, days ...time.Time) io.Reader {
	return &log{seed: seed, site: site, days: days}
}

// A log holds the lines of one day at a time.
type log struct {
	seed  uint64
	site  string
	days  []time.Time // still to be written
	lines bytes.Buffer
}

func (l *log) Read(p []byte) (int, error) {
	for l.lines.Len() == 0 && len(l.days) > 0 {
		l.lines.Reset()
		for _, v := range ordered(Day(l.seed, l.days[0])) {
			l.write(v)
		}
		l.days = l.days[1:]
	}
	return l.lines.Read(p)
}

func (l *log) write(v timed) {
	fmt.Fprintf(&l.lines, "%s - - [%s] \"GET %s HTTP/1.1\" %d %d \"%s\" \"%s\"\n",
		v.Address, v.At.Format("02/Jan/2006:15:04:05 -0700"), v.Path+v.Link, v.Status, 5000+37*len(v.Path),
		cmp.Or(v.from(l.site), "-"), v.Agent)
}
