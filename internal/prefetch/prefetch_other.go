//go:build !amd64 && !arm64

// Package prefetch asks for memory ahead of its use.
package prefetch

import "unsafe"

// Line does nothing on this processor.
func Line(unsafe.Pointer) {}
