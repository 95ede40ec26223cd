package ramlog

import (
	"bytes"
	"sync/atomic"
	"unsafe"
)

// The kinds of frame. None is 0, so the word of a frame is never 0.
const (
	whole uint32 = iota + 1
	part
	last
	life
)

const (
	version    = 1
	frameHead  = 8 // word and commit
	tagSize    = 16
	frameAlign = 8
	lengthBits = 28

	// A record of at most smallest bytes is never divided; it rather leaves the
	// end of a segment empty.
	smallest = 4096
	lifeSize = 8 // of the payload of a life frame
)

// wordOf returns the word of a frame. Since no payload has 1<<24 - 1 bytes, at
// least two bytes of its complement, the commit, differ from 0: one changed byte
// cannot make a frame that stands look like one that was being written.
func wordOf(kind uint32, length int) uint32 { return kind<<lengthBits | uint32(length) }

func kindOf(word uint32) uint32 { return word >> lengthBits }
func lengthOf(word uint32) int  { return int(word & (1<<lengthBits - 1)) }

// frameSize returns how many bytes a frame with this payload takes.
func frameSize(length int) int {
	return (frameHead + length + tagSize + frameAlign - 1) &^ (frameAlign - 1)
}

// store stores word at the beginning of mem, which is 4-byte aligned. No store
// before it in the program comes after it in memory, nor the other way round: what
// a killed process leaves behind is a state that the program was in.
func store(mem []byte, word uint32) {
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&mem[:4][0])), word)
}

func load(mem []byte) uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Pointer(&mem[:4][0])))
}

// zero reports whether all of mem is 0.
func zero(mem []byte) bool {
	return len(mem) == 0 || mem[0] == 0 && bytes.Equal(mem[1:], mem[:len(mem)-1])
}

// share returns how many of the n bytes that are left of a record go into room
// bytes of a segment: all, as many as fit, or -1 where a part is not worth it.
func share(n, room int) int {
	switch {
	case frameSize(n) <= room:
		return n
	case n > smallest && room >= frameSize(smallest):
		return room - frameHead - tagSize
	}
	return -1
}
