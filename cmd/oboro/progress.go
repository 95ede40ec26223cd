package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// progress draws a bar on a terminal, and nothing elsewhere.
type progress struct {
	w           io.Writer
	total, read int64
	drawn       time.Time
}

// newProgress returns a bar over total bytes. Where w is no terminal, or total is
// 0, it stays silent.
func newProgress(w io.Writer, total int64) *progress {
	f, ok := w.(*os.File)
	if !ok || total == 0 {
		return &progress{}
	}
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err != nil {
		return &progress{}
	}
	return &progress{w: w, total: total}
}

func (p *progress) add(n int) {
	p.read += int64(n)
	if p.w == nil || time.Since(p.drawn) < 100*time.Millisecond {
		return
	}
	p.drawn = time.Now()
	p.draw()
}

func (p *progress) draw() {
	const width = 40
	filled := int(width * min(p.read, p.total) / p.total)
	fmt.Fprintf(p.w, "\r[%s%s] %3d %%", strings.Repeat("#", filled), strings.Repeat(".", width-filled),
		100*min(p.read, p.total)/p.total)
}

func (p *progress) done() {
	if p.w == nil {
		return
	}
	p.read = p.total
	p.draw()
	fmt.Fprintln(p.w)
}
