//go:build amd64 || arm64

package prefetch

import "unsafe"

// ask asks for so many lines of memory from that of p on; at least one.
//
//go:noescape
func ask(p unsafe.Pointer, lines int)
