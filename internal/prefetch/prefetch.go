// Package prefetch asks for memory ahead of its use. It waits for nothing and changes
// nothing: whoever needs the memory some hundred instructions later finds it at hand. A load
// would do the same but for the wait: a processor holds back what follows until a load has
// its value.
package prefetch

import "unsafe"

// line is how many bytes of memory come together.
const line = 64

// Start asks for the memory where a value begins.
func Start[T any](value *T) { ask(unsafe.Pointer(value)) }

// Whole asks for all memory of a value.
func Whole[T any](value *T) {
	for at := uintptr(0); at < unsafe.Sizeof(*value); at += line {
		ask(unsafe.Add(unsafe.Pointer(value), at))
	}
}
