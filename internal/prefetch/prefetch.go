//go:build amd64 || arm64

// Package prefetch asks for memory ahead of its use.
package prefetch

import "unsafe"

// Line asks for the cache line at p. It waits for nothing and changes nothing: whoever
// needs the line some hundred instructions later finds it at hand. A load would do the
// same but for the wait: a processor holds back what follows until a load has its value.
//
//go:noescape
func Line(p unsafe.Pointer)
