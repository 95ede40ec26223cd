// Package prefetch asks for memory ahead of its use. It waits for nothing and changes
// nothing: whoever needs the memory some hundred instructions later finds it at hand. A load
// would do the same but for the wait: a processor holds back what follows until a load has
// its value.
package prefetch

import "unsafe"

// line is how many bytes of memory come together.
const line = 64

// Start asks for the memory where a value begins.
func Start[T any](value *T) { ask(unsafe.Pointer(value), 1) }

// Whole asks for all memory of a value.
func Whole[T any](value *T) { ask(unsafe.Pointer(value), int(unsafe.Sizeof(*value)+line-1)/line) }

// List asks for all memory of a list.
func List[T any](list []T) {
	var one T
	ask(unsafe.Pointer(unsafe.SliceData(list)), (len(list)*int(unsafe.Sizeof(one))+line-1)/line)
}
