//go:build amd64 || arm64

package prefetch

import "unsafe"

// ask asks for the memory at p.
//
//go:noescape
func ask(p unsafe.Pointer)
